import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import {
  nodeOfBinary,
  platformOfBinary,
  requireNativeModules,
} from '../../../src/targets/node/native-modules.js';
import { buildOf } from '../../support/programs.js';

const HERE = { os: 'linux', arch: 'x64', libc: 'glibc' } as const;
const FITTING = { runtime: { ...HERE, node: '22.5.1' } };

/** The head of a native module, and a name that it asks the linker for. */
function elf(machine: number, needs = ''): Buffer {
  const head = Buffer.alloc(64);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  head.writeUInt16LE(machine, 18);
  return Buffer.concat([head, Buffer.from(needs)]);
}

const X64 = elf(0x3e, 'GLIBC_2.17');
const ARM64 = elf(0xb7, 'GLIBC_2.17');
const MUSL = elf(0x3e, 'libc.musl-x86_64.so.1');
const MAC = Buffer.from('cffaedfe0c00000100000000000000000000000000', 'hex');
const WINDOWS = Buffer.from(`4d5a${'00'.repeat(30)}`, 'hex');

test('a native module says for which system, processor and C library it was built', () => {
  expect(platformOfBinary(X64)).toEqual(HERE);
  expect(platformOfBinary(ARM64)).toEqual({ ...HERE, arch: 'arm64' });
  expect(platformOfBinary(MUSL)).toEqual({ ...HERE, libc: 'musl' });
  expect(platformOfBinary(MAC)).toEqual({ os: 'darwin', arch: 'arm64', libc: null });
  expect(platformOfBinary(WINDOWS)).toMatchObject({ os: 'win32' });
  expect(platformOfBinary(Buffer.from('not a program at all'))).toBeNull();
});

test('the program that runs this test is read as what it is', () => {
  const { os, arch } = platformOfBinary(readFileSync(process.execPath)) ?? {};
  expect({ os, arch }).toEqual({ os: process.platform, arch: process.arch });
});

test.each([
  [
    'another processor',
    { 'node_modules/sharp/build/sharp.node': ARM64 },
    /sharp\.node was built for linux arm64/,
  ],
  [
    'another C library',
    { 'node_modules/bcrypt/bcrypt.node': MUSL },
    /linux x64 musl, and .* linux x64 glibc/,
  ],
  [
    'another system',
    { 'node_modules/a/a.node': MAC, 'node_modules/b/b.node': X64 },
    /built for darwin arm64/,
  ],
])('modules for %s are told before the start', async (_what, files, reason) => {
  await expect(requireNativeModules(buildOf(files), FITTING)).rejects.toThrow(reason);
});

test('a package that brings modules for several platforms fits where one of them fits', async () => {
  const files = {
    'node_modules/argon2/prebuilds/darwin-arm64/argon2.node': MAC,
    'node_modules/argon2/prebuilds/linux-x64/argon2.node': X64,
    'node_modules/@next/swc-linux-x64-gnu/next-swc.node': X64,
    'node_modules/@next/swc-linux-x64-musl/next-swc.node': MUSL,
  };
  await expect(requireNativeModules(buildOf(files), FITTING)).resolves.toBeUndefined();
});

const BUILT_20 = elf(0x3e, 'GLIBC_2.17 node_register_module_v115');
const BUILT_22 = elf(0x3e, 'GLIBC_2.17 node_register_module_v127');
const TIED = elf(0x3e, 'GLIBC_2.17 node_module_register');
const FOR_ANY = elf(0x3e, 'GLIBC_2.17 napi_register_module_v1');

test('a native module says for which Node it was built, or that it fits every one', () => {
  expect([BUILT_20, BUILT_22, TIED, FOR_ANY].map(nodeOfBinary)).toEqual([20, 22, null, 'any']);
});

test('modules for another Node are told before the start, by themselves or by the machine that installed them', async () => {
  const builtOn = { platform: 'linux', arch: 'x64', libc: 'glibc', nodeMajor: 20 } as const;
  const fits = (module: Buffer, more = {}) =>
    requireNativeModules(buildOf({ 'node_modules/a/a.node': module, ...more }), { ...FITTING, builtOn });
  const reason =
    /a\.node was built for Node 20, and the program gets Node 22\. Install the packages with Node 22/;
  await expect(fits(BUILT_20)).rejects.toThrow(reason);
  await expect(fits(TIED)).rejects.toThrow(reason);
  await expect(fits(BUILT_22)).resolves.toBeUndefined();
  await expect(fits(FOR_ANY)).resolves.toBeUndefined();
  await expect(fits(BUILT_20, { 'node_modules/a/other.node': BUILT_22 })).resolves.toBeUndefined();
  await expect(requireNativeModules(buildOf({ 'a.node': TIED }), FITTING)).resolves.toBeUndefined();
});
