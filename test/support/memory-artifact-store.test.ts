import { testArtifactStore } from '../contracts/artifact-store-contract.js';
import { createMemoryArtifactStore } from './memory-artifact-store.js';

testArtifactStore('memory', async () => createMemoryArtifactStore());
