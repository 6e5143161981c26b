import type { Healthcheck } from './model.js';
import {
  flagOf,
  type Found,
  groupOf,
  itemsOf,
  millisecondsOf,
  problem,
  textOf,
  textsOf,
  wholeNumberOf,
} from './values.js';

/** More often would be load, more rarely would keep a preview from starting in time. */
const PERIOD_MS = { min: 500, max: 5 * 60_000 };
const WAIT_MS = { min: 0, max: 10 * 60_000 };
const RETRIES = { min: 1, max: 100 };

const FORMS = ['NONE', 'CMD', 'CMD-SHELL'];

type Draft = {
  -readonly [Key in keyof Extract<Healthcheck, { disable: false }>]: Extract<
    Healthcheck,
    { disable: false }
  >[Key];
};

export function healthcheckOf(found: Found): Healthcheck {
  let disable = false;
  const draft: Draft = {
    disable: false,
    test: undefined,
    intervalMs: undefined,
    timeoutMs: undefined,
    retries: undefined,
    startPeriodMs: undefined,
    startIntervalMs: undefined,
  };
  for (const [key, value] of groupOf(found)) {
    if (key === 'test') draft.test = testOf(value);
    else if (key === 'disable') disable = flagOf(value) === true;
    else if (key === 'retries') draft.retries = wholeNumberOf(value, RETRIES) ?? undefined;
    else if (key === 'interval') draft.intervalMs = millisecondsOf(value, PERIOD_MS) ?? undefined;
    else if (key === 'timeout') draft.timeoutMs = millisecondsOf(value, PERIOD_MS) ?? undefined;
    else if (key === 'start_period') draft.startPeriodMs = millisecondsOf(value, WAIT_MS) ?? undefined;
    else if (key === 'start_interval') draft.startIntervalMs = millisecondsOf(value, PERIOD_MS) ?? undefined;
    else problem(value, 'is not known; remove it');
  }
  return disable || draft.test?.[0] === 'NONE' ? { disable: true } : draft;
}

/** A text is a line for the shell of the container. */
function testOf(found: Found): readonly string[] | undefined {
  if (found.value.kind !== 'list') {
    const line = textOf(found);
    return line === null ? undefined : ['CMD-SHELL', line];
  }
  const test = textsOf(found);
  const [form = ''] = test;
  if (!FORMS.includes(form) || itemsOf(found).length === 0) {
    problem(found, `must begin with one of ${FORMS.join(', ')}, or be one line of text`);
    return undefined;
  }
  return test;
}
