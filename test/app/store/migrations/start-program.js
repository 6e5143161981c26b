import { connectStore } from '../../../../build/app/store/connect.js';

/** What a server does first: connect to the address in its argument, and migrate. */
const store = await connectStore({ uri: process.argv[2], log: (_level, message) => console.log(message) });
console.log('ready');
await store.close();
