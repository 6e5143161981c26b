/**
 * `npm test`: what reads the code, the pure functions with their coverage, the other tests, and those that need a Docker engine. The last ones
 * get an engine for themselves, one suite after the other; VITRINE_DOCKER_SUITES=apart says that they are run by another command.
 */
import { spawnSync } from 'node:child_process';
import { PURE } from '../jest.pure.config.js';

const { VITRINE_DOCKER_SUITES: suites, ...all } = process.env;
// With an engine, the other suites would run those that need one too, beside each other.
const withoutEngine = { ...all, DOCKER_HOST: undefined };

const STEPS = [
  { script: ['check'], env: withoutEngine },
  { script: ['coverage'], env: withoutEngine },
  { script: ['unit', '--', `--testPathIgnorePatterns=/test/(${PURE.join('|')})/`], env: withoutEngine },
  ...(suites === 'apart' ? [] : [{ script: ['test:docker', '--', '--where-possible'], env: all }]),
];

for (const { script, env } of STEPS) {
  const { status } = spawnSync('npm', ['run', '--silent', ...script], { stdio: 'inherit', env });
  if (status !== 0) process.exit(status ?? 1);
}
