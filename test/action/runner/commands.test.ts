import { expect, test } from '@jest/globals';
import { command, inert, resume } from '../../../action/runner/commands.js';
import { HOSTILE_TEXTS } from '../../shared/hostile-texts.js';

test.each([
  [command('group', 'Building'), '::group::Building'],
  [command('endgroup'), '::endgroup::'],
  [command('error', '100 %\r\ndone', { title: 'a:b,c' }), '::error title=a%3Ab%2Cc::100 %25%0D%0Adone'],
  [resume('token'), '::token::'],
])('%j', (made, expected) => {
  expect(made).toBe(expected);
});

test.each(HOSTILE_TEXTS.map((text) => [text.slice(0, 40), text]))(
  '%j as a plain line commands nothing',
  (_start, text) => {
    expect(inert(text)).not.toMatch(/^\s*(::|##\[)|[\r\n]/);
  },
);
