import { expect, test } from '@jest/globals';
import { parseFlags } from '../../../embedded-mongodb/engine/flags.js';

test.each([
  [[], { dbpath: '/data/db', port: 27017, bindIp: '127.0.0.1', version: false }],
  [['--version'], { version: true }],
  [['--dbpath', '/a b', '--port', '0'], { dbpath: '/a b', port: 0 }],
  [['--dbpath=/x', '--port=1'], { dbpath: '/x', port: 1 }],
  [['--bind_ip', 'localhost'], { bindIp: '127.0.0.1' }],
  [['--bind_ip', '::1'], { bindIp: '::1' }],
])('mongod flags %j are read', (args, expected) => {
  expect(parseFlags(args)).toMatchObject(expected);
});

test('flags that mean nothing to the engine are passed over, with their values', () => {
  const args = [
    '--port',
    '5',
    '--dbpath',
    '/x',
    '--storageEngine',
    'wiredTiger',
    '--bind_ip',
    '127.0.0.1',
    '--noauth',
    '--quiet',
    '--setParameter',
    'a=b',
  ];
  expect(parseFlags(args)).toEqual({ dbpath: '/x', port: 5, bindIp: '127.0.0.1', version: false });
});

test.each([
  [['--port', 'many'], /--port must be a number/],
  [['--port', '65536'], /--port must be a number/],
  [['--port', '-1'], /--port/],
  [['--dbpath'], /--dbpath needs a value/],
  [['--bind_ip', '0.0.0.0'], /--bind_ip must be 127.0.0.1/],
  [['--bind_ip', '127.0.0.1,10.0.0.1'], /no authentication/],
])('flags %j are refused', (args, message) => {
  expect(() => parseFlags(args)).toThrow(message);
});
