import { testDeploymentStore } from '../../../contracts/deployment-store-contract.js';
import { emptyStores } from '../empty-stores.js';

const create = emptyStores();

testDeploymentStore('mongoose', async () => (await create()).deployments);
