import { expect, test } from '@jest/globals';
import { openerOf } from '../../demo/show-in-browser.js';

const here = { platform: 'linux', env: { DISPLAY: ':0' }, isTerminal: true } as const;

test('the dashboard opens in the browser of who sits at the terminal', () => {
  expect(openerOf(here)).toBe('xdg-open');
  expect(openerOf({ ...here, env: { WAYLAND_DISPLAY: 'wayland-0' } })).toBe('xdg-open');
  expect(openerOf({ ...here, platform: 'darwin', env: {} })).toBe('open');
});

test('it does not where nobody would see it', () => {
  expect(openerOf({ ...here, isTerminal: false })).toBeNull();
  expect(openerOf({ ...here, env: {} })).toBeNull();
  expect(openerOf({ ...here, env: { DISPLAY: ':0', CI: 'true' } })).toBeNull();
  expect(openerOf({ ...here, env: { DISPLAY: 'localhost:10', SSH_CONNECTION: 'x' } })).toBeNull();
  expect(openerOf({ ...here, platform: 'aix' })).toBeNull();
});
