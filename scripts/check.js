// What reads the code without running it, all at the same time; prints what a failed one said.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

const CHECKS = {
  eslint: ['node_modules/eslint/bin/eslint.js', '.'],
  prettier: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  tsc: ['node_modules/typescript-7/bin/tsc'],
};

async function check([name, args]) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (code !== 0) process.stderr.write(`${name} failed:\n${out}${errors}\n`);
  return code === 0;
}

const passed = await Promise.all(Object.entries(CHECKS).map(check));
process.exitCode = passed.every(Boolean) ? 0 : 1;
