import { testTarget } from '../contracts/target-contract.js';
import { TARGETS } from '../support/targets.js';

for (const target of TARGETS) testTarget(target);
