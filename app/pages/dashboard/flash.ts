import { z } from 'zod';

/** What a form has done, or why it could not, for the page that comes next. */
export interface Flash {
  readonly tone: 'good' | 'bad';
  readonly message: string;
  /** Where more can be seen: a workflow run at GitHub. */
  readonly link?: { readonly label: string; readonly url: string } | undefined;
}

const Flash = () =>
  z.object({
    tone: z.enum(['good', 'bad']),
    message: z.string().max(2_000),
    link: z.object({ label: z.string().max(200), url: z.url({ protocol: /^https?$/ }).max(500) }).optional(),
  });

/** Browsers keep 4,096 bytes of a cookie. */
const LONGEST_MESSAGE = 700;

export function writeFlash({ message, ...flash }: Flash): string {
  const short = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
  return Buffer.from(JSON.stringify({ ...flash, message: short })).toString('base64url');
}

/** Null for what this server did not write. */
export function readFlash(cookie: string | undefined): Flash | null {
  if (!cookie) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(cookie, 'base64url').toString('utf8'));
    return Flash().safeParse(value).data ?? null;
  } catch {
    return null;
  }
}
