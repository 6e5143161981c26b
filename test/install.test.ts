import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { z } from 'zod';

const Package = z.object({ hasInstallScript: z.boolean().optional(), deprecated: z.string().optional() });
const Lock = z.object({ packages: z.record(z.string(), Package) });
const Manifest = z.object({ allowScripts: z.record(z.string(), z.boolean()) });

const installed = Object.entries(readJson('package-lock.json', Lock).packages);

test('npm is told for each package whether its install script may run, so that it does not ask', () => {
  const withScripts = installed
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => nameOf(path));
  const decided = Object.keys(readJson('package.json', Manifest).allowScripts);
  expect([...new Set(withScripts)].sort()).toEqual(decided.sort());
});

test('no installed package is deprecated', () => {
  expect(installed.filter(([, { deprecated }]) => deprecated !== undefined).map(([path]) => path)).toEqual(
    [],
  );
});

function readJson<T>(file: string, schema: z.ZodType<T>): T {
  return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
