// A stand-in for the App: it finds a database in the folder it is given, says so, and stays until it is killed.
import { findDatabase } from '../../../build/embedded-mongodb/find.js';

const [, , dataDir] = process.argv;
const database = await findDatabase({
  dataDir,
  env: process.env,
  log: () => undefined,
  allowDownload: false,
});
console.log(database.uri);
setInterval(() => undefined, 60_000);
