import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { INPUT_NAMES } from '../action/inputs/names.js';
import { parseSettings } from '../src/settings/settings.js';
import { ROOT } from './support/architecture/read-sources.js';

const EXAMPLES = readdirSync(join(ROOT, 'examples'));

interface Workflow {
  readonly jobs: Record<string, { steps: { uses?: string; with?: Record<string, unknown> }[] }>;
}

test.each(EXAMPLES)('the example "%s" has a workflow of inputs that exist', (name) => {
  const text = readFileSync(join(ROOT, 'examples', name, '.github/workflows/preview.yml'), 'utf8');
  const { jobs } = parse(text) as Workflow;
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  const ours = steps.filter(({ uses }) => uses?.startsWith('your-org/preview-action@'));
  expect(ours).not.toEqual([]);
  const unknown = ours.flatMap((step) => Object.keys(step.with ?? {}));
  expect(unknown.filter((input) => !(INPUT_NAMES as readonly string[]).includes(input))).toEqual([]);
  const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
  for (const { with: given } of checkouts) expect(given).toMatchObject({ 'persist-credentials': false });
});

test.each(EXAMPLES)('the settings of the example "%s" are valid', (name) => {
  const file = join(ROOT, 'examples', name, '.github/preview.yml');
  const base = existsSync(file) ? readFileSync(file, 'utf8') : '';
  expect(parseSettings({ base }).problems).toEqual([]);
});
