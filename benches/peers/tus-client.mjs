// tus-js-client sending the files of a folder one after the other; what it began is remembered in a file, so that a
// killed client goes on. Usage: node tus-client.mjs FOLDER URL MEMORY; says `done` when all are there.
import { readdirSync, createReadStream, statSync, existsSync, readFileSync, appendFileSync } from 'node:fs';
import { Upload } from 'tus-js-client';
import { FileUrlStorage } from 'tus-js-client';

const [folder, url, memory] = process.argv.slice(2);
const done = new Set(existsSync(`${memory}.done`) ? readFileSync(`${memory}.done`, 'utf8').split('\n') : []);
const storage = new FileUrlStorage(memory);
for (const name of readdirSync(folder).sort()) {
  if (done.has(name)) continue;
  const path = `${folder}/${name}`;
  await new Promise((resolve, reject) => {
    const upload = new Upload(createReadStream(path), {
      endpoint: `${url}/files`,
      chunkSize: 256 * 1024,
      uploadSize: statSync(path).size,
      retryDelays: Array.from({ length: 200 }, () => 100),
      urlStorage: storage,
      storeFingerprintForResuming: true,
      fingerprint: async () => path,
      metadata: { name },
      onError: reject,
      onSuccess: resolve,
    });
    upload.findPreviousUploads().then((previous) => {
      if (previous.length) upload.resumeFromPreviousUpload(previous[previous.length - 1]);
      upload.start();
    });
  });
  appendFileSync(`${memory}.done`, `${name}\n`);
}
console.log(JSON.stringify({ done: true }));
