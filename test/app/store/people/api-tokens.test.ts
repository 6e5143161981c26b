import { testTokenStore } from '../../../contracts/token-store-contract.js';
import { emptyStores } from '../empty-stores.js';

const create = emptyStores();

testTokenStore('mongoose', async () => (await create()).tokens);
