import { type LocalWay, localUri } from '../process/database.js';
import { keepRunning } from '../process/keep-running.js';
import { nodeForEngine } from './glibc.js';
import { startEngine } from './start.js';

/**
 * MongoDB's own engine as a process of ours. It is not run by mongodb-memory-server because its standard input ends with
 * this process, at once and even after `kill -9`, where that package looks every two seconds; and because the engine picks
 * its own port, which nobody can take in between.
 */
export const embeddedEngine: LocalWay = {
  engine: 'embedded',
  async start(options) {
    const node = await nodeForEngine(options).catch((error: Error) => error);
    if (node instanceof Error) return { missing: `the embedded engine does not run here: ${node.message}` };
    const { directory, env } = options;
    const { port, lost, stop } = await keepRunning({
      ...options,
      name: 'the embedded engine',
      start: (at) => startEngine({ node, directory, port: at, env }),
    });
    return { uri: localUri(port), way: `embedded engine, data in ${directory}`, lost, stop };
  },
};
