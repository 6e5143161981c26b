import { expect, test } from '@jest/globals';
import { cleanEnvironment } from '../../../bench/harness/clean-environment.js';
import { createPin } from '../../../bench/harness/cores.js';
import { createFindProgram } from '../../../bench/harness/programs.js';

test('measured programs see nothing that slows their start or changes how they behave', () => {
  const env = {
    PATH: '/bin',
    HOME: '/root',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    NODE_OPTIONS: '--inspect',
    CI: 'true',
  };
  expect(cleanEnvironment(env)).toEqual({ PATH: '/bin', HOME: '/root' });
});

test('with two cores, who is measured runs on the first and all others on the second', () => {
  const pin = createPin(() => '/usr/bin/taskset', 2);
  const wanted = { command: 'node', args: ['server.js'] };
  expect(pin(wanted, 'measured')).toEqual({
    command: '/usr/bin/taskset',
    args: ['-c', '0', 'node', 'server.js'],
  });
  expect(pin(wanted, 'beside').args.slice(0, 2)).toEqual(['-c', '1']);
  expect(pin(wanted, undefined)).toBe(wanted);
});

test.each([
  { why: 'there is one core', find: () => '/usr/bin/taskset', cores: 1 },
  { why: 'there is no taskset', find: () => null, cores: 2 },
])('programs run anywhere when $why', ({ find, cores }) => {
  const wanted = { command: 'node', args: [] };
  expect(createPin(find, cores)(wanted, 'measured')).toBe(wanted);
});

test('a program is found by its name in the folders of the PATH, or not at all', () => {
  const find = createFindProgram('relative:/usr/bin:/bin');
  expect(find('sh')).toMatch(/^\/(usr\/)?bin\/sh$/);
  expect(find('no-such-program-anywhere')).toBeNull();
});
