import { expect, test } from '@jest/globals';
import { createAddressRules, isAllowance, reachOf } from '../../../app/config/addresses.js';

test.each([
  ...['127.0.0.1', '127.255.0.1', '10.0.0.1', '172.16.3.4', '172.31.255.255', '192.168.1.1', '100.64.0.1'],
  ...['::1', 'fc00::1', 'fd12:3456::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1'],
])('%s is an address of a private network', (address) => {
  expect(reachOf(address)).toBe('private');
});

test.each([
  ...[
    '169.254.169.254',
    '0.0.0.0',
    '192.0.0.192',
    '198.18.0.1',
    '203.0.113.9',
    '224.0.0.1',
    '255.255.255.255',
  ],
  ...['168.63.129.16', 'fe80::1', 'fe80::1%eth0', 'ff02::1', '::', 'fd00:ec2::254', '::ffff:169.254.169.254'],
  // They hold an IPv4 address, and a gateway may pass them on to it.
  ...['64:ff9b::7f00:1', '2002:7f00:1::', '2001:0:7f00:1::', '::7f00:1', '::ffff:8.8.8.8', 'not-an-address'],
])('%s is no host that a user may name', (address) => {
  expect(reachOf(address)).toBe('never');
});

test.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '169.253.0.1', '2606:4700::1111', '2a00:1450::1'])(
  '%s is a host on the internet',
  (address) => {
    expect(reachOf(address)).toBe('public');
  },
);

test('the operator allows names, addresses and ranges, and a metadata service only by its address', () => {
  const rules = createAddressRules(['hooks.internal', '10.1.0.0/16', '169.254.169.254', '::1']);
  expect(rules.allows('hooks.internal', '192.168.0.7')).toBe(true);
  expect(rules.allows('hooks.internal', '169.254.170.2')).toBe(false);
  expect(rules.allows('other.internal', '192.168.0.7')).toBe(false);
  expect(rules.allows('anything.example', '10.1.2.3')).toBe(true);
  expect(rules.allows('anything.example', '10.2.2.3')).toBe(false);
  expect(rules.allows('169.254.169.254', '169.254.169.254')).toBe(true);
  expect(rules.allows('::1', '::1')).toBe(true);
  expect(rules.allows('example.com', '8.8.8.8')).toBe(true);
});

test.each([
  ['hooks.internal', true],
  ['localhost', true],
  ['10.0.0.0/8', true],
  ['fd00::/8', true],
  ['10.0.0.0/33', false],
  ['10.0.0.0/8/9', false],
  ['https://hooks.internal', false],
  ['hooks.internal/8', false],
  ['-x', false],
])('%s is something an operator can allow: %s', (entry, can) => {
  expect(isAllowance(entry)).toBe(can);
});
