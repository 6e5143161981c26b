// Compiles on every change, and restarts the server on every compilation. Stops both when either ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const node = (...args) => spawn(process.execPath, args, { stdio: 'inherit' });
const [built] = await once(node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'), 'exit');
if (built !== 0) process.exit(built ?? 1);

const children = [
  node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput'),
  node('--watch', 'build/app/main.js', ...process.argv.slice(2)),
];
const stop = () => children.forEach((child) => child.kill());
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
await Promise.race(children.map((child) => once(child, 'exit')));
stop();
