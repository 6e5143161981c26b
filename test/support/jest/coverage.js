import { readFileSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shouldInstrument } from '@jest/transform';
import { toJavaScript } from './to-javascript.js';

let counting;
const transforms = new Map();

/**
 * V8 goes on counting from suite to suite, where Jest would stop it in between: what was compiled while nobody counted is not
 * counted well. And it counts in the JavaScript that ran: Jest is told which TypeScript that was.
 */
export function countNatively(runtime, { globalConfig, config }) {
  if (!globalConfig.collectCoverage) return;
  const isWanted = (path) => shouldInstrument(path, globalConfig, config);
  let counted = [];
  counting ??= start();
  runtime.stopCollectingV8Coverage = async () => {
    const { result } = await (await counting).post('Profiler.takePreciseCoverage');
    counted = result
      .filter(({ url }) => url.startsWith('file:'))
      .map((script) => ({ ...script, url: fileURLToPath(script.url) }))
      .filter(({ url }) => isWanted(url));
  };
  runtime.getAllV8CoverageInfoCopy = () =>
    counted.map((result) => ({ result, codeTransformResult: transformOf(result.url) }));
}

async function start() {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return session;
}

function transformOf(path) {
  if (!transforms.has(path)) transforms.set(path, transform(path));
  return transforms.get(path);
}

function transform(path) {
  const originalCode = readFileSync(path, 'utf8');
  const { code, map } = toJavaScript(originalCode, { path, sourceMaps: true });
  const sourceMapPath = join(tmpdir(), `${process.pid}-${transforms.size}.map`);
  writeFileSync(sourceMapPath, map);
  return { code, originalCode, sourceMapPath };
}
