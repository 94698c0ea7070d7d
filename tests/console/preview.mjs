// Serves the pages that the Rust tests wrote, with the server's own headers, and pictures drawn here.
import { createServer } from "node:http";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const folder = process.env.ROUNDS_PREVIEW ?? join(root, "target/console-preview");

const types = { html: "text/html; charset=utf-8", css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8", svg: "image/svg+xml" };

/** The names of the written pages: `board.en`, `order.zh`, … */
export async function pageNames() {
  const files = await readdir(folder).catch(() => []);
  const names = files.filter((file) => file.endsWith(".html")).map((file) => file.slice(0, -5)).sort();
  if (names.length === 0) {
    throw new Error(`no pages in ${folder}; write them with: cargo test --release -p rounds-server console::preview`);
  }
  return names;
}

/** Starts the server; answers its address, the forms it was sent, and how to stop it. */
export async function servePreview(pictures) {
  const headers = JSON.parse(await readFile(join(folder, "headers.json"), "utf8"));
  const sent = [];
  const server = createServer(async (request, reply) => {
    const path = new URL(request.url, "http://preview").pathname;
    try {
      if (request.method === "POST") {
        let body = "";
        for await (const part of request) body += part;
        sent.push({ path, fields: Object.fromEntries(new URLSearchParams(body)) });
        reply.writeHead(303, { ...headers, location: request.headers.referer ?? "/board.en.html" }).end();
      } else if (path.startsWith("/files/")) {
        const [, , evidence] = path.split("/");
        reply.writeHead(200, { ...headers, "content-type": "image/jpeg" }).end(pictures(evidence));
      } else {
        const name = path === "/" ? "/board.en.html" : path;
        const body = await readFile(join(folder, name));
        reply.writeHead(200, { ...headers, "content-type": types[name.split(".").pop()] ?? "application/octet-stream" }).end(body);
      }
    } catch {
      reply.writeHead(404, { ...headers, "content-type": "text/plain" }).end(`no ${path}`);
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    sent,
    stop: () => new Promise((done) => { server.close(done); server.closeAllConnections(); }),
  };
}
