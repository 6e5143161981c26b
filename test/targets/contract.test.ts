import { testTarget } from '../contracts/target-contract.js';
import { nodeInContainer, TARGETS } from '../support/targets.js';

for (const { contract } of TARGETS) contract();
testTarget(nodeInContainer);
