import { expect, test } from '@jest/globals';
import { fillReferences } from '../../src/variables/references.js';

const URLS: Readonly<Record<string, string>> = {
  api: 'https://pr-7-api.previews.test',
  'my site': 'http://pr-7-my-site.localhost:3000',
};
const fill = (value: string) => fillReferences(value, (name) => URLS[name]);

test.each([
  ['${preview:api.url}', 'https://pr-7-api.previews.test'],
  ['${preview:api.url}/v1?x=1', 'https://pr-7-api.previews.test/v1?x=1'],
  ['wss://${preview:api.host}/live', 'wss://pr-7-api.previews.test/live'],
  ['${preview:my site.host}', 'pr-7-my-site.localhost:3000'],
  ['${preview:api.url},${preview:my site.url}', `${URLS['api']},${URLS['my site']}`],
  ['$${preview:api.url}', '${preview:api.url}'],
  ['${preview:api.port}', '${preview:api.port}'],
  ['${preview:}', '${preview:}'],
  ['${HOME} $(id) ${preview', '${HOME} $(id) ${preview'],
])('%s becomes %s', (value, filled) => {
  expect(fill(value)).toEqual({ value: filled, unknown: [] });
});

test('a project that there is not is named, once', () => {
  expect(fill('${preview:no.url} ${preview:no.host} ${preview:api.host}')).toEqual({
    value: '${preview:no.url} ${preview:no.host} pr-7-api.previews.test',
    unknown: ['no'],
  });
});
