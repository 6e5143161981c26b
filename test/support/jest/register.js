// Loaded first in every process of a test run, see "unit" in package.json: Node itself runs the TypeScript.
import { register } from 'node:module';

register('./hooks.js', import.meta.url);
process.setSourceMapsEnabled(true);
