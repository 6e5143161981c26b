import { z } from 'zod';
import { patternListProblem, patternProblem } from '../shared/globs.js';
import { isDuration } from '../shared/time.js';
import { MAX_VARIABLES, variableNameProblem, variableValueProblem } from '../variables/names.js';

/** The kinds of values in `.github/preview.yml`. Every message continues a sentence that begins with the key: "limits.ttl ...". */

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/;

export const command = z
  .string()
  .max(4_000, 'is longer than 4,000 characters; put it into a script')
  .refine((text) => !CONTROL.test(text), 'holds a control character; remove it');

const ANY_CONTROL = /[\u0000-\u001f\u007f]/;

const ODD = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** The name of a project. It is shown in checks, comments and addresses, and must look the same everywhere. */
export const projectName = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(100)
  .refine((name) => !ODD.test(name), 'holds a character that cannot be seen; write it again by hand');

/** A path inside the repository, written with `/`, that cannot lead out of it. */
export const relativePath = z
  .string()
  .max(255, 'is longer than 255 characters')
  .refine(isInside, 'must be a path inside the repository, such as "site" or "packages/web", without ".."')
  .transform((path) => path.replace(/^(?:\.\/+)+/, '').replace(/\/+$/, '') || '.');

function isInside(path: string): boolean {
  if (path === '' || ANY_CONTROL.test(path) || /^[/~]|\\|^[A-Za-z]:/.test(path)) return false;
  return !path.split('/').includes('..');
}

/** The name of a branch, or a pattern of names such as `release/*`: https://git-scm.com/docs/git-check-ref-format */
export const gitRef = z
  .string()
  .min(1, 'must not be empty')
  .max(200, 'is longer than 200 characters')
  .refine(isBranch, 'must be the name of a branch, such as "main" or "release/*"');

function isBranch(name: string): boolean {
  if (ANY_CONTROL.test(name) || /[\s~^:?[\\\]]|\.\.|@\{|\/\//.test(name)) return false;
  return name.split('/').every((part) => part !== '' && !part.startsWith('.') && !/\.(?:lock)?$/.test(part));
}

const PORT_HELP = 'must be a port without quotes: 80, 443 or a number from 1024 to 65535';
export const port = z
  .number(PORT_HELP)
  .refine((n) => Number.isInteger(n) && (n === 80 || n === 443 || (n >= 1_024 && n <= 65_535)), PORT_HELP);

export const urlPath = z
  .string()
  .max(1_000)
  .regex(
    /^\/(?!\/)[^\s\\\u0000-\u001f\u007f]*$/,
    'must be a path that begins with one "/", such as "/healthz"',
  );

export const image = z.string().max(500).refine(isImageReference, {
  message: 'must be the name of an image, such as "ghcr.io/acme/web:1.2"',
});

// https://pkg.go.dev/github.com/distribution/reference
const PART = '[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*';
const HOST = '[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::(\\d{1,5}))?';
const IMAGE = new RegExp(
  `^(?:${HOST}/)?${PART}(?:/${PART})*(?::\\w[\\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
  'i',
);

function isImageReference(name: string): boolean {
  const match = /^[^\s]{1,300}$/.test(name) ? IMAGE.exec(name) : null;
  return match !== null && Number(match[1] ?? 1) >= 1 && Number(match[1] ?? 1) <= 65_535;
}

const BYTES = { k: 1_024, m: 1_024 ** 2, g: 1_024 ** 3 } as const;

/** `512m` or `1g`, as bytes. */
export function byteSize({ min, max }: { min: string; max: string }) {
  return z
    .string(`must be a size such as "512m", from ${min} to ${max}`)
    .transform(parseBytes)
    .refine((bytes) => bytes >= parseBytes(min) && bytes <= parseBytes(max), {
      message: `must be a size such as "512m", from ${min} to ${max}`,
    });
}

export function parseBytes(text: string): number {
  const match = /^([0-9]{1,6})([kmg])(?:i?b)?$/i.exec(text.trim());
  const unit = match?.[2]?.toLowerCase() as keyof typeof BYTES | undefined;
  return unit ? Number(match?.[1]) * BYTES[unit] : Number.NaN;
}

export const duration = z
  .string('must be a time such as 90m, 12h or 7d')
  .refine(isDuration, 'must be a time such as 90m, 12h or 7d, between one minute and 365 days');

export const NEVER = 'never';

export const durationOrNever = z
  .string('must be a time such as 30m, or never')
  .refine(
    (text) => text === NEVER || isDuration(text),
    'must be a time such as 30m or 12h, between one minute and 365 days, or never',
  );

/** `findProblem` returns the end of a sentence about the value in the file, or undefined. */
function refuse<Value>(findProblem: (value: Value) => string | undefined) {
  return (value: Value, context: z.core.$RefinementCtx<Value>): void => {
    const message = findProblem(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  };
}

export const patterns = z
  .array(z.string().superRefine(refuse(patternProblem)))
  .max(100, 'has more than 100 patterns')
  .superRefine(refuse(patternListProblem));

export const labels = z.array(z.string().trim().min(1, 'must not be empty').max(100)).max(50);

/** Texts only: YAML would read 1.10 as a number, and its last digit would be lost. */
const variableValue = z
  .union([z.string(), z.boolean().transform(String), z.int().transform(String)], {
    error: 'must be text; put it in quotes',
  })
  .superRefine(refuse(variableValueProblem));

export const variables = z.record(z.string(), variableValue).superRefine((record, context) => {
  const byCapitals = new Map<string, string>();
  for (const name of Object.keys(record)) {
    const twin = byCapitals.get(name.toUpperCase());
    byCapitals.set(name.toUpperCase(), name);
    const message =
      variableNameProblem(name) ?? (twin && `differs from ${twin} only in capitals; keep one of them`);
    if (message) context.addIssue({ code: 'custom', path: [name], message });
  }
  if (byCapitals.size > MAX_VARIABLES)
    context.addIssue({
      code: 'custom',
      message: `has more than ${String(MAX_VARIABLES)} variables; put what belongs together into a file`,
    });
});
