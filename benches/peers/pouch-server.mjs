// express-pouchdb, the parts of pouchdb-server, over LevelDB in a folder. Usage: node pouch-server.mjs FOLDER
import express from 'express';
import serve from 'express-pouchdb';
import PouchDB from 'pouchdb';

const [folder] = process.argv.slice(2);
const Stored = PouchDB.defaults({ prefix: `${folder}/` });
const app = express();
app.use('/', serve(Stored, { mode: 'minimumForPouchDB', inMemoryConfig: true, logPath: `${folder}/log.txt` }));
const listening = app.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ listen: `127.0.0.1:${listening.address().port}` }));
});
