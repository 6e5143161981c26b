import { expect, test } from '@jest/globals';
import { readWrk } from '../../../bench/serving/wrk.js';

const OUTPUT = `Running 1s test @ http://127.0.0.1:1/
  1 threads and 64 connections
  Latency Distribution
     50%  820.00us
     99%    2.31ms
  66174 requests in 1.00s, 200.10MB read
Requests/sec:  66101.25
Transfer/sec:    199.92MB
`;

test('speed and p99 are read from what wrk prints', () => {
  expect(readWrk(0, OUTPUT)).toEqual({ perSecond: 66_101.25, p99: 2.31 });
  expect(readWrk(0, OUTPUT.replace('2.31ms', '950.00us')).p99).toBeCloseTo(0.95);
});

test.each([
  { what: 'refused requests', code: 0, output: `${OUTPUT}  Non-2xx or 3xx responses: 12\n` },
  {
    what: 'broken connections',
    code: 0,
    output: `${OUTPUT}  Socket errors: connect 0, read 3, write 0, timeout 0\n`,
  },
  { what: 'an exit code', code: 1, output: OUTPUT },
  { what: 'no figure', code: 0, output: 'unable to connect' },
])('$what end the measurement', ({ code, output }) => {
  expect(() => readWrk(code, output)).toThrow(/^wrk:/);
});
