import { testArtifactStore } from '../../../contracts/artifact-store-contract.js';
import { emptyStores } from '../empty-stores.js';

const create = emptyStores();

testArtifactStore('mongoose', async () => (await create()).artifacts);
