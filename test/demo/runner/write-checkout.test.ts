import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { writeCheckout } from '../../../demo/runner/write-checkout.js';

test('a checkout holds exactly the files of the commit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'checkout-'));
  await writeCheckout({ 'old.txt': 'old' }, folder);
  await writeCheckout({ 'index.html': '<h1>', 'src/a/b.js': 'b' }, folder);
  expect((await readdir(folder, { recursive: true })).sort()).toEqual([
    'index.html',
    'src',
    'src/a',
    'src/a/b.js',
  ]);
  expect(await readFile(join(folder, 'src/a/b.js'), 'utf8')).toBe('b');
  await rm(folder, { recursive: true });
});

test.each(['../outside.txt', '/etc/outside', 'a/../../outside'])(
  '%s does not leave the checkout',
  async (path) => {
    const folder = await mkdtemp(join(tmpdir(), 'checkout-'));
    await expect(writeCheckout({ [path]: 'x' }, folder)).rejects.toThrow('leaves the checkout');
    await rm(folder, { recursive: true });
  },
);
