// @tus/server over a folder. Usage: node tus-server.mjs FOLDER
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';

const [folder] = process.argv.slice(2);
const server = new Server({ path: '/files', datastore: new FileStore({ directory: folder }), relativeLocation: true });
const listening = server.listen({ host: '127.0.0.1', port: 0 }, () => {
  console.log(JSON.stringify({ listen: `127.0.0.1:${listening.address().port}` }));
});
