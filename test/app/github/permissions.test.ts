import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { PERMISSIONS } from '../../../app/github/client/tokens.js';

const App = z.object({
  default_permissions: z.record(z.string(), z.enum(['read', 'write'])),
  default_events: z.array(z.string()),
  public: z.boolean(),
});

const read = (path: string) =>
  readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8');
const app = App.parse(parse(read('app.yml')));

/** GitHub delivers `workflow_run` only to Apps that may read Actions. */
const FOR_EVENTS = { actions: 'read' };

test('the App asks for exactly what its tokens and events need', () => {
  const needed: Record<string, string> = { ...FOR_EVENTS };
  for (const set of Object.values(PERMISSIONS)) {
    for (const [name, level] of Object.entries(set))
      needed[name] = needed[name] === 'write' ? 'write' : level;
  }
  expect(app.default_permissions).toEqual(needed);
});

test('the App listens to what it handles', () => {
  expect([...app.default_events].sort()).toEqual(['check_run', 'pull_request', 'repository', 'workflow_run']);
});

test('every permission and event is explained', () => {
  const page = read('docs/permissions.md').toLowerCase().replace(/ +/g, ' ');
  const names: Record<string, string> = { statuses: 'commit statuses' };
  for (const [name, level] of Object.entries(app.default_permissions)) {
    expect(page).toContain(`| ${(names[name] ?? name).replace('_', ' ')} | ${level} |`);
  }
  for (const event of app.default_events) expect(page).toContain(`\`${event}\``);
});
