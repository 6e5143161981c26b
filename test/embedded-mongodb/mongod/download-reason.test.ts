import { expect, test } from '@jest/globals';
import { downloadReason } from '../../../embedded-mongodb/mongod/find-mongod.js';

const URL = 'https://fastdl.mongodb.org/linux/mongodb-linux-x86_64-debian12-8.2.6.tgz';

test.each([
  ['getaddrinfo ENOTFOUND fastdl.mongodb.org', 'no internet connection to fastdl.mongodb.org'],
  ['getaddrinfo EAI_AGAIN fastdl.mongodb.org', 'no internet connection to fastdl.mongodb.org'],
  ['connect ENETUNREACH 10.0.0.1:443 - Local (0.0.0.0:0)', 'no internet connection to fastdl.mongodb.org'],
  ['connect ECONNREFUSED 10.0.0.1:443', 'fastdl.mongodb.org refused the connection'],
  ['connect ETIMEDOUT 10.0.0.1:443', 'fastdl.mongodb.org did not answer'],
  ['socket hang up', 'fastdl.mongodb.org broke the connection off'],
  ['unable to get local issuer certificate', 'fastdl.mongodb.org showed a certificate that is not trusted'],
  ["Status Code isn't 200! (it is 503)", 'fastdl.mongodb.org answered with status 503'],
  [
    "Status Code is 403 (MongoDB's 404) This means that the requested version-platform combination doesn't exist Try",
    'fastdl.mongodb.org answered with status 403',
  ],
])('a download that failed by "%s" is told as "%s"', (details, told) => {
  expect(downloadReason(`Download failed for url "${URL}", Details: ${details}`)).toBe(told);
});

test.each(['no answer in 5 s', 'Unknown/unsupported linux "mint" id_like\'s: []'])(
  'a short reason without an address is left as it is: %s',
  (reason) => {
    expect(downloadReason(reason)).toBe(reason);
  },
);

test('of a long unknown reason the beginning stays, on one line, without addresses', () => {
  const told = downloadReason(
    `Odd thing from ${URL} ${'and so on '.repeat(50)}\n    at Somewhere (file.js:1:2)`,
  );
  expect(told).toMatch(/^Odd thing from and so on/);
  expect(told).not.toMatch(/\n|https?:|Somewhere/);
  expect(told.length).toBeLessThanOrEqual(100);
});

test('without any reason it says so', () => {
  expect(downloadReason('  ')).toBe('no reason given');
});
