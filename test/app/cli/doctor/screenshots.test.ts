import { expect, test } from '@jest/globals';
import { screenshots } from '../../../../app/cli/doctor/screenshots.js';
import { examine } from '../../../support/examine.js';
import { findBrowser } from '../../../support/open-browser.js';

const chromium = findBrowser();
const inBrowser = chromium ? test : test.skip;

test('pictures are off unless they are wanted, and a missing Chromium is told with its path', async () => {
  expect(await examine(screenshots)).toMatchObject({ state: 'skipped' });
  const env = { SCREENSHOTS: 'on', PATH: '/nowhere' };
  expect(await examine(screenshots, env)).toMatchObject({ state: 'failed', says: 'There is no Chromium.' });
  expect(await examine(screenshots, { ...env, CHROMIUM: '/nowhere/chromium' })).toMatchObject({
    state: 'failed',
    says: 'There is no Chromium at /nowhere/chromium.',
    todo: expect.stringContaining('apt-get install chromium'),
  });
});

test('a program that takes no pictures is told', async () => {
  const env = { SCREENSHOTS: 'on', CHROMIUM: '/bin/true' };
  expect(await examine(screenshots, env)).toMatchObject({
    state: 'failed',
    says: expect.stringContaining('/bin/true takes no pictures.'),
    todo: expect.stringContaining('docs/screenshots.md'),
  });
});

inBrowser('a Chromium is tried out, and one without its sandbox is worth a warning', async () => {
  const env = { SCREENSHOTS: 'on', CHROMIUM: chromium ?? '', CHROMIUM_SANDBOX: 'off' };
  expect(await examine(screenshots, env)).toMatchObject({
    state: 'warning',
    says: expect.stringContaining('takes pictures, without its sandbox'),
  });
});
