// Every page, both languages, three widths, light and dark: no complaint, no overflow, no barrier.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { drawPictures, openPage, startBrowser } from "./browser.mjs";
import { pageNames, root, servePreview } from "./preview.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = process.env.ROUNDS_SHOTS ?? join(root, "target/console-shots");
const names = await pageNames();
const widths = [360, 1024, 1440];

let browser, server;
before(async () => {
  await mkdir(shots, { recursive: true });
  browser = await startBrowser();
  server = await servePreview(await drawPictures(browser));
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Elements whose box reaches beyond the window, and text cut off sideways. */
const overflow = () => {
  const wide = document.documentElement.scrollWidth;
  const found = wide > innerWidth ? [`the page is ${wide} px wide`] : [];
  for (const element of document.querySelectorAll("main *, header *")) {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const hidden = !element.checkVisibility() || element.closest(".away, .skip, [hidden], dialog, thead, .slider, svg") || style.clipPath !== "none";
    if (!hidden && box.width > 0 && box.right > innerWidth + 0.5) found.push(`<${element.tagName} class="${element.className}"> ends at ${box.right}`);
  }
  return found;
};

/** Controls smaller than a finger needs on a phone (WCAG 2.5.8 asks for 24 px; buttons here reach 32). */
const small = () => [...document.querySelectorAll("button, summary.button, select, input:not([type=hidden], [type=range], [type=checkbox])")]
  .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 32)
  .map((element) => element.outerHTML.slice(0, 80));

for (const name of names) {
  for (const colorScheme of ["light", "dark"]) {
    test(`${name}, ${colorScheme}`, async () => {
      const page = await openPage(browser, { colorScheme });
      try {
        for (const width of widths) {
          await page.setViewportSize({ width, height: 900 });
          await page.goto(`${server.address}/${name}.html`);
          await page.screenshot({ path: join(shots, `${name}.${width}.${colorScheme}.png`), fullPage: true });
          assert.deepEqual(page.complaints, [], `the browser complains at ${width} px`);
          assert.deepEqual(await page.evaluate(overflow), [], `something is wider than ${width} px`);
          assert.deepEqual(await page.evaluate(small), [], `a control is too small at ${width} px`);
          // What is evaluated from here is not bound by the page's policy; the page itself stays without inline script.
          await page.evaluate(axe);
          const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
          assert.ok(found.passes.length > 10, "axe looked at the page");
          const told = found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(" | ")}`);
          assert.deepEqual(told, [], `axe finds barriers at ${width} px`);
          await page.evaluate(() => document.querySelectorAll("details").forEach((fold) => { fold.open = true; }));
          assert.deepEqual(await page.evaluate(overflow), [], `something unfolds wider than ${width} px`);
          assert.deepEqual(await page.evaluate(small), [], `a control that is unfolded is too small at ${width} px`);
        }
      } finally {
        await page.context().close();
      }
    });
  }
}

test("paper holds the order with both pictures and without buttons", async () => {
  const page = await openPage(browser, { viewport: { width: 800, height: 1100 } });
  try {
    await page.goto(`${server.address}/order.en.html`, { waitUntil: "networkidle" });
    await page.emulateMedia({ media: "print" });
    await page.screenshot({ path: join(shots, "order.print.png"), fullPage: true });
    const seen = await page.evaluate(() => ({
      buttons: [...document.querySelectorAll("button, .button, .tool")].filter((e) => e.checkVisibility()).length,
      pictures: [...document.querySelectorAll("#item-flange-pump-2 img")].filter((e) => e.checkVisibility()).length,
    }));
    assert.deepEqual(seen, { buttons: 0, pictures: 2 });
  } finally {
    await page.context().close();
  }
});
