import { testAccessStores } from '../../../contracts/access-store-contract.js';
import { createMemoryAccessStores } from '../../../support/gate-parts.js';
import { emptyStores } from '../empty-stores.js';

const create = emptyStores();

testAccessStores('mongoose', create);
testAccessStores('in memory', async () => createMemoryAccessStores());
