// RxDB in memory: inserts, then its replication pushes to a server process that keeps documents in a map. Nothing is
// durable on either side. Usage: node rxdb.mjs server | node rxdb.mjs push URL JSON
import { createServer } from 'node:http';

const [verb, url, json] = process.argv.slice(2);
if (verb === 'server') {
  const kept = new Map();
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => { body += part; });
    request.on('end', () => {
      const rows = JSON.parse(body);
      for (const row of rows) kept.set(row.newDocumentState.id, row.newDocumentState);
      response.end('[]');
    });
  });
  server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ listen: `127.0.0.1:${server.address().port}` })));
} else {
  const { createRxDatabase } = await import('rxdb');
  const { getRxStorageMemory } = await import('rxdb/plugins/storage-memory');
  const { replicateRxCollection } = await import('rxdb/plugins/replication');
  const wish = JSON.parse(json);
  const db = await createRxDatabase({ name: `bench${Date.now()}`, storage: getRxStorageMemory(), multiInstance: false });
  const text = { type: 'string' };
  await db.addCollections({
    ops: {
      schema: {
        version: 0, primaryKey: 'id', type: 'object', required: ['id'],
        properties: { id: { type: 'string', maxLength: 40 }, order: text, actor: text, wall: { type: 'number' }, text },
      },
    },
  });
  const docs = Array.from({ length: wish.ops }, (_, n) => ({
    id: `op-${String(n).padStart(7, '0')}`,
    order: `order-${n % wish.orders}`,
    actor: '0198c0de-0000-7000-8000-000000000001',
    wall: 1760000000000 + n,
    text: `${n} ${'bearing warm at the drive end, greased, noise gone; check again after the next shift. '.repeat(2)}`.slice(0, 150),
  }));
  await db.ops.bulkInsert(docs);
  const start = process.hrtime.bigint();
  const replication = replicateRxCollection({
    collection: db.ops,
    replicationIdentifier: 'bench',
    live: false,
    push: {
      batchSize: wish.batch,
      handler: async (rows) => {
        const answer = await fetch(url, { method: 'POST', body: JSON.stringify(rows) });
        return answer.json();
      },
    },
  });
  await replication.awaitInitialReplication();
  console.log(JSON.stringify({ ms: Number(process.hrtime.bigint() - start) / 1e6, docs: docs.length }));
  process.exit(0);
}
