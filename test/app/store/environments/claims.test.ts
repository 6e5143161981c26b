import { testEnvironmentClaims } from '../../../contracts/environment-claims-contract.js';
import { emptyStores } from '../empty-stores.js';

const create = emptyStores();

testEnvironmentClaims('mongoose', async () => (await create()).environments);
