import { testLogStore } from '../../../contracts/log-store-contract.js';
import { emptyStores } from '../empty-stores.js';

const create = emptyStores();

testLogStore('logs', async () => (await create()).logs);
testLogStore('runtime logs', async () => (await create()).runtimeLogs);
