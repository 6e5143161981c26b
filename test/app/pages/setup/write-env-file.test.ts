import { mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeEnvFile } from '../../../../app/pages/setup/run-setup.js';

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vitrine-env-'));
  file = join(directory, '.env');
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

test('a file that is not there is made, for its owner alone', async () => {
  await writeEnvFile(file, { APP_ID: '1', PRIVATE_KEY: 'one\ntwo' });
  expect(await readFile(file, 'utf8')).toBe('APP_ID="1"\nPRIVATE_KEY="one\\ntwo"\n');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('other lines of the file stay, and old credentials are replaced', async () => {
  await writeFile(file, '# mine\nPORT=4000\nAPP_ID=1\n');
  await writeEnvFile(file, { APP_ID: '2' });
  expect(await readFile(file, 'utf8')).toBe('# mine\nPORT=4000\nAPP_ID="2"\n');
});

test('a file that cannot be read is not replaced', async () => {
  await symlink(file, file);
  await expect(writeEnvFile(file, { APP_ID: '2' })).rejects.toMatchObject({ code: 'ELOOP' });
  expect(await readlink(file)).toBe(file);
});
