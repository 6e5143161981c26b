import { expect, test } from '@jest/globals';
import { toDeployment, toDocument } from '../../../../app/store/deployments/document.js';
import { newDeployment } from '../../../support/builders.js';
import { testDeploymentStore } from '../../../contracts/deployment-store-contract.js';
import { emptyStores } from '../empty-stores.js';

const create = emptyStores();

testDeploymentStore('mongoose', async () => (await create()).deployments);

test('a document that was written before causes were looked for has none', () => {
  const { cause, ...older } = toDocument(newDeployment(), new Date(0));
  expect(cause).toBeNull();
  expect(toDeployment(older).cause).toBeNull();
});
