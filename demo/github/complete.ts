import { z } from 'zod';
import { toJson } from './documents.js';
import { accountDocument } from './account-document.js';

const shortAccount = z.looseObject({ login: z.string(), id: z.number(), type: z.string() });

/** What emulate leaves out, at any depth: the addresses of an account; and what it has too much of: fractions of seconds. */
export function complete(value: unknown, url: string): unknown {
  if (Array.isArray(value)) return value.map((one) => complete(one, url));
  if (typeof value !== 'object' || value === null) return value;
  const account = shortAccount.safeParse(value);
  if (account.success && account.data.followers_url === undefined)
    return { ...accountDocument(url, account.data) };
  const entries = Object.entries(toJson(value));
  return Object.fromEntries(entries.map(([key, one]) => [key, wholeSeconds(key, one) ?? complete(one, url)]));
}

function wholeSeconds(key: string, value: unknown): string | undefined {
  if (!key.endsWith('_at') || typeof value !== 'string') return undefined;
  return value.replace(/\.\d+Z$/, 'Z');
}
