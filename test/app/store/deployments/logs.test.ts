import { testLogStore } from '../../../contracts/log-store-contract.js';
import { emptyStores } from '../empty-stores.js';

const create = emptyStores();

testLogStore('mongoose', async () => (await create()).logs);
