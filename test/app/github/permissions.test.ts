import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { PERMISSIONS } from '../../../app/github/client/tokens.js';

const App = z.object({
  default_permissions: z.record(z.string(), z.enum(['read', 'write'])),
  public: z.boolean(),
});

const read = (path: string) =>
  readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8');
const app = App.parse(parse(read('app.yml')));

/** GitHub delivers `workflow_run` only to Apps that may read Actions, and the events of teams and members only to those that may read members. */
const FOR_EVENTS = { actions: 'read', members: 'read' };
/** A person who signs in is asked for it, and organizations are not. */
const FOR_PEOPLE = { emails: 'read' };

test('the App asks for exactly what its tokens and events need', () => {
  const needed: Record<string, string> = { ...FOR_EVENTS, ...FOR_PEOPLE };
  for (const [purpose, set] of Object.entries(PERMISSIONS)) {
    // Asked for only where the operator wants people to run workflows again.
    if (purpose === 'rerun') continue;
    for (const [name, level] of Object.entries(set))
      needed[name] = needed[name] === 'write' ? 'write' : level;
  }
  expect(app.default_permissions).toEqual(needed);
});

test('every permission is explained', () => {
  const page = read('docs/permissions.md').toLowerCase().replace(/ +/g, ' ');
  const names: Record<string, string> = { statuses: 'commit statuses', emails: 'email addresses' };
  for (const [name, level] of Object.entries(app.default_permissions)) {
    expect(page).toContain(`| ${(names[name] ?? name).replace('_', ' ')} | ${level} |`);
  }
});
