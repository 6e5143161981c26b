import { testEnvironmentStore } from '../../../contracts/environment-store-contract.js';
import { emptyStores } from '../empty-stores.js';

const create = emptyStores();

testEnvironmentStore('mongoose', async () => (await create()).environments);
