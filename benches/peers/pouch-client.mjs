// A PouchDB client over LevelDB. Usage: node pouch-client.mjs VERB FOLDER [URL] [JSON]; says one line of JSON.
import PouchDB from 'pouchdb';

const [verb, folder, url, json] = process.argv.slice(2);
const wish = json ? JSON.parse(json) : {};
const local = new PouchDB(folder);
const since = (start) => Number(process.hrtime.bigint() - start) / 1e6;
const now = () => process.hrtime.bigint();
const say = (value) => console.log(JSON.stringify(value));
const batches = { batch_size: wish.batch ?? 1000, batches_limit: 10 };

const comment = (n, orders) => ({
  _id: `op-${String(n).padStart(7, '0')}`,
  type: 'comment.add',
  order: `order-${n % orders}`,
  actor: '0198c0de-0000-7000-8000-000000000001',
  wall: 1760000000000 + n,
  text: `${n} ${'bearing warm at the drive end, greased, noise gone; check again after the next shift. '.repeat(2)}`.slice(0, 150),
});
const asset = (n) => ({
  _id: `asset-${String(n).padStart(7, '0')}`,
  kind: 'asset',
  site: '0198c0de-0000-7000-8000-000000000002',
  code: `P-${n}`,
  name: { zh: `水泵 ${n}`, en: `Pump ${n}` },
  class: 'pump',
  make: 'KSB',
  model: `Etanorm ${n % 40}`,
  serial: `SN${n * 7919}`,
});
const put = async (make, from, to, step = 1000) => {
  for (let n = from; n < to; n += step) {
    const docs = [];
    for (let i = n; i < Math.min(to, n + step); i++) docs.push(make(i));
    await local.bulkDocs(docs);
  }
};

switch (verb) {
  // Fills a database with ops, or with the equipment and open orders of a site.
  case 'fill-ops':
    await put((n) => comment(n, wish.orders), 0, wish.ops);
    say({ docs: (await local.info()).doc_count });
    break;
  case 'fill-site':
    await put(asset, 0, wish.assets);
    await put((n) => ({ ...comment(n, wish.orders), _id: `order-${n}`, kind: 'order', state: 'assigned' }), 0, wish.orders);
    say({ docs: (await local.info()).doc_count });
    break;
  case 'push': {
    const start = now();
    const done = await local.replicate.to(url, batches);
    say({ ms: since(start), docs: done.docs_written, failed: done.doc_write_failures });
    break;
  }
  case 'pull': {
    const start = now();
    let first = null;
    const pull = local.replicate.from(url, batches);
    pull.on('change', () => { first ??= since(start); });
    const done = await pull;
    say({ ms: since(start), first_ms: first, docs: done.docs_written });
    break;
  }
  // One document at a time, on a warm connection: put, then replicated.
  case 'taps': {
    const times = [];
    for (let n = 0; n < wish.taps; n++) {
      const start = now();
      await local.put(comment(1_000_000 + wish.from + n, wish.orders));
      await local.replicate.to(url, batches);
      times.push(since(start));
    }
    say({ times });
    break;
  }
  // Both ways, with nothing new.
  case 'idle': {
    const times = [];
    await PouchDB.sync(local, url, batches);
    for (let n = 0; n < wish.times; n++) {
      const start = now();
      await PouchDB.sync(local, url, batches);
      times.push(since(start));
    }
    say({ times });
    break;
  }
  // Every document changed again and again.
  case 'update': {
    for (let round = 0; round < wish.rounds; round++) {
      const all = await local.allDocs({ include_docs: true });
      await local.bulkDocs(all.rows.map((row) => ({ ...row.doc, priority: round })));
    }
    say({ docs: (await local.info()).doc_count });
    break;
  }
  default:
    throw new Error(`the verb “${verb}” is not known`);
}
await local.close();
