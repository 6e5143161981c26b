import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { toJson, type Json } from '../documents.js';
import type { Actor } from '../identity/actors.js';
import type { World } from '../world.js';

/** Undefined = credentials that GitHub does not accept. */
export function identify(world: World, token: string | undefined): Actor | undefined {
  if (token === undefined) return { kind: 'nobody' };
  if (token.startsWith('eyJ')) return isAppJwt(world, token) ? { kind: 'app' } : undefined;
  if (/^basic /i.test(token)) return isClient(world, token) ? { kind: 'app' } : undefined;
  const actor = world.state.actors.get(token);
  if (actor?.kind === 'user' && (actor.endsAt ?? Infinity) <= world.options.clock()) return undefined;
  if (actor?.kind !== 'installation') return actor;
  const isInstalled = actor.appId !== world.apps.ours.id || world.state.installations.has(actor.account);
  return isInstalled && actor.expiresAt > world.options.clock() ? actor : undefined;
}

/** With its client secret the App acts for itself where authorizations of people are concerned. */
function isClient({ options: { app } }: World, credentials: string): boolean {
  const expected = Buffer.from(`${app.clientId}:${app.clientSecret}`).toString('base64');
  return credentials.slice('basic '.length) === expected;
}

/** By private key: to make one costs more than to check a token. */
const publicKeys = new Map<string, KeyObject>();

function isAppJwt(world: World, token: string): boolean {
  const { id, privateKey } = world.apps.ours;
  const [header = '', payload = '', signature = ''] = token.split('.');
  const { iss, exp } = decode(payload);
  const publicKey = publicKeys.get(privateKey) ?? createPublicKey(privateKey);
  publicKeys.set(privateKey, publicKey);
  const isOurs = String(iss) === String(id) && Number(exp) * 1000 > Date.now();
  const signed = Buffer.from(`${header}.${payload}`);
  return isOurs && verify('RSA-SHA256', signed, publicKey, Buffer.from(signature, 'base64url'));
}

function decode(part: string): Json {
  try {
    return toJson(JSON.parse(Buffer.from(part, 'base64url').toString()));
  } catch {
    return {};
  }
}
