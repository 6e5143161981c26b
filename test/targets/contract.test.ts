import { TARGETS } from '../support/targets.js';

for (const { contract } of TARGETS) contract();
