/**
 * `npm run test:docker`: the suites that need a Docker engine, beside that of DOCKER_HOST or of this machine. It takes paths and options of jest.
 * With --where-possible, as `npm test` calls it, they are left out where something is missing, except in CI.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { delimiter, join } from 'node:path';

const SOCKET = '/var/run/docker.sock';
const OPTIONAL = '--where-possible';
const PATIENCE_MS = 10_000;

const given = process.argv.slice(2).filter((one) => one !== OPTIONAL);
const isOptional = process.argv.includes(OPTIONAL) && process.env.CI !== 'true';
const host = process.env.DOCKER_HOST || (isUsable(SOCKET) ? `unix://${SOCKET}` : null);
const missing = await findMissing();

if (missing === null) run();
else {
  const remedy =
    'Run them with "npm run test:docker" where there is one: CONTRIBUTING.md says what they need.';
  console.error(`The suites that need a Docker engine were left out: ${missing}. ${remedy}`);
  process.exitCode = isOptional ? 0 : 1;
}

/** Paths say which suites; options are for all of them. */
function run() {
  const paths = given[0] === undefined || given[0].startsWith('-') ? ['/docker.test.ts', ...given] : given;
  const { status } = spawnSync('npm', ['run', '--silent', 'unit', '--', '--maxWorkers=1', ...paths], {
    stdio: 'inherit',
    env: { ...process.env, DOCKER_HOST: host },
  });
  process.exitCode = status ?? 1;
}

async function findMissing() {
  if (host === null) return 'there is no engine';
  if (!(await answers(host))) return `the engine at ${host} does not answer`;
  const docker = findProgram('docker');
  if (docker === undefined) return 'there is no program "docker"';
  const busybox = findProgram('busybox');
  // Their images hold this program and nothing else.
  if (busybox === undefined || isDynamic(busybox))
    return 'there is no static busybox (package busybox-static)';
  return null;
}

function answers(dockerHost) {
  const socketPath = /^unix:\/\/(.+)$/.exec(dockerHost)?.[1];
  const { hostname, port } = socketPath === undefined ? new URL(dockerHost) : {};
  const target = socketPath === undefined ? { host: hostname, port } : { socketPath };
  return new Promise((resolve) => {
    const asked = request({ ...target, path: '/version', timeout: PATIENCE_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy()).on('error', () => resolve(false));
    asked.end();
  });
}

function findProgram(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find((path) => isUsable(path, constants.X_OK));
}

function isUsable(path, mode = constants.R_OK | constants.W_OK) {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** A program that needs a linker names it near its beginning. */
function isDynamic(path) {
  return readFileSync(path).subarray(0, 4_096).includes('/ld-');
}
