import { createHash } from 'node:crypto';
import type { Avatar } from '../../../src/people/user.js';
import { AVATARS } from '../../../src/contract/dashboard/shell.js';
import { isUnchanged } from '../../api/etag.js';
import type { DirectAnswer } from '../../api/handler.js';
import { SECURITY_HEADERS } from '../../http/respond.js';

/** Where the picture of a person is: that of their account at GitHub, or letters where they have none. */
export function faceOf({ login, name }: { readonly login: string | null; readonly name: string }): string {
  if (login !== null) return avatarOf(login);
  const short = Array.from(name).slice(0, 20).join('');
  return `${AVATARS}/letters/${encodeURIComponent(short === '' ? '?' : short)}`;
}

export function avatarOf(login: string): string {
  return `${AVATARS}/${encodeURIComponent(login)}`;
}

type Response = Parameters<DirectAnswer['write']>[0];

const HOUR_SECONDS = 60 * 60;

/** Only for the person who asked: who is on this server is nothing for a cache that others share. */
export function sendAvatar(response: Response, { type, bytes, hash }: Avatar): void {
  const etag = `"${hash}"`;
  const cached = { etag, 'cache-control': `private, max-age=${String(HOUR_SECONDS)}` };
  if (isUnchanged(response.req.headers['if-none-match'], etag))
    return void response.writeHead(304, { ...SECURITY_HEADERS, ...cached }).end();
  const headers = {
    ...SECURITY_HEADERS,
    ...cached,
    'content-type': type,
    'content-length': String(bytes.length),
    'content-disposition': `inline; filename="avatar.${type.replace('image/', '')}"`,
  };
  response.writeHead(200, headers).end(bytes);
}

interface Letters {
  readonly name: string;
  /** How long the browser keeps them. */
  readonly seconds: number;
}

export function sendLetters(response: Response, { name, seconds }: Letters): void {
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': 'image/svg+xml',
    'cache-control': `private, max-age=${String(seconds)}`,
  };
  response.writeHead(200, headers).end(drawLetters(name));
}

/** So many colours, evenly apart. */
const COLOURS = 12;

/** A picture of a person that needs no other server: the first letters of the login on a colour of its own. */
function drawLetters(login: string): string {
  const name = login.replace(/\[bot\]$/, '');
  const letters = (/[\p{L}\p{N}]+/gu.exec(name)?.[0] ?? '?').slice(0, 2).toUpperCase();
  const hue =
    ((createHash('sha256').update(name.toLowerCase()).digest()[0] ?? 0) % COLOURS) * (360 / COLOURS);
  const text = `<text x="20" y="20" dy=".36em" text-anchor="middle" fill="hsl(${hue} 60% 96%)" font-family="system-ui, sans-serif" font-size="15" font-weight="600">${escapeXml(letters)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40" width="40" height="40"><rect width="40" height="40" fill="hsl(${hue} 42% 38%)"/>${text}</svg>`;
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${String(character.codePointAt(0))};`);
}
