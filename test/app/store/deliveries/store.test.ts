import { testInboxStore } from '../../../contracts/inbox-store-contract.js';
import { emptyStores } from '../empty-stores.js';

const create = emptyStores();

testInboxStore('mongoose', async () => (await create()).inbox);
