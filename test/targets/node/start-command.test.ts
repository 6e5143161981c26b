import { expect, test } from '@jest/globals';
import { readPackage, startCommand } from '../../../src/targets/node/start-command.js';
import { buildOf } from '../../support/programs.js';

async function commandOf(files: Readonly<Record<string, string>>, start: string | null = null) {
  const build = buildOf(files);
  return startCommand({ build, manifest: await readPackage(build), start });
}

const manifest = (fields: object) => ({ 'package.json': JSON.stringify(fields) });

test('the settings come before the script, the script before the usual file, and that before "main"', async () => {
  const files = {
    ...manifest({ scripts: { start: 'node app.js' }, main: './main.js' }),
    'server.js': '',
    'main.js': '',
  };
  expect(await commandOf(files, 'node other.js')).toEqual(['node', 'other.js']);
  expect(await commandOf(files)).toEqual(['node', 'app.js']);
  expect(await commandOf({ ...files, ...manifest({ main: './main.js' }) })).toEqual(['node', 'server.js']);
  expect(await commandOf({ ...manifest({ main: './main.js' }), 'main.js': '' })).toEqual(['node', 'main.js']);
});

test('a script that needs a shell, or that has others around it, is started by npm', async () => {
  expect(await commandOf(manifest({ scripts: { start: 'next start -p $PORT' } }))).toEqual(['npm', 'start']);
  expect(await commandOf(manifest({ scripts: { start: 'node a.js', prestart: 'node b.js' } }))).toEqual([
    'npm',
    'start',
  ]);
});

test('a build that says nothing of its start is refused, and so is a package.json that nobody can read', async () => {
  await expect(commandOf({ 'index.html': '' })).rejects.toThrow('Give the input "start-command"');
  await expect(commandOf({ 'package.json': '{' })).rejects.toThrow('package.json in the build is not valid');
  expect(await commandOf({ ...manifest({ scripts: 7, main: 3, engines: [] }), 'server.js': '' })).toEqual([
    'node',
    'server.js',
  ]);
});
