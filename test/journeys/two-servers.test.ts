import { test } from '@jest/globals';
import { playEverythingTwice, playKillAtUpload } from './plays/two-servers.js';

// The other points at which the first server is killed are played by `npm run prove`.

test('two servers that hear everything at once, many times, do it once', playEverythingTwice);

test(
  'a server that is killed in the middle of an upload leaves the rest of the run to the other',
  playKillAtUpload,
);
