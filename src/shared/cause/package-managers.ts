import type { Block, Reading } from './cause.js';
import { nextLine, withoutPrefix } from './reading.js';

/** The usage, and where the whole log is: not worth showing. */
const NPM_TRAILER =
  /^(?:Clean install a project|Install a package|Usage:|A complete log of this run|For a full report see)/;

/** Facts about the call that npm lists before the reason. */
const NPM_FACT = /^(?:code|syscall|path|errno|dest|workspace|location|command|cwd|engine)\b/;

/** npm repeats the code, or a word for it, at the beginning of each line. */
const NPM_LABEL = /^(?:E[A-Z]{3,}|\d{3}|notarget|notsup|enoent|network|JSON\.parse)(?: +|$)/;

/** Says more than the first line: what is missing, what collides, what the registry does not have. */
const NPM_DETAIL =
  /^(?:(?:Missing|Invalid): .+|No matching version found for .+|(?:The requested resource )?'.+' (?:is not in|could not be found).*|peer .+ from .+|Required: .+)/;

/** `npm error code EUSAGE`, then the reason, then much that does not matter. */
export function readNpm({ lines, match }: Block): Reading | null {
  const [, code = ''] = match;
  const said = lines.map((line) => (/^npm (?:ERR!|error)/.test(line) ? withoutPrefix(line).trim() : ''));
  const end = said.findIndex((line) => NPM_TRAILER.test(line));
  const facts = said.slice(0, end === -1 ? said.length : end);
  const words = facts.map((line) => (NPM_FACT.test(line) ? '' : line.replace(NPM_LABEL, '')));
  const first = words.findIndex((line, index) => index > 0 && line !== '');
  if (first === -1) return null;
  const last = words.findLastIndex((line) => line !== '');
  const at = words.findIndex((line, index) => index >= first && NPM_DETAIL.test(line));
  if (at === -1) return { line: `${code}: ${paragraph(words, first)}`, at: first, last };
  const detail = withCount(words, at);
  const alone = at === first || code === 'E404';
  return {
    line: alone ? `${code}: ${detail}` : joined(`${code}: ${paragraph(words, first)}`, detail),
    at,
    last,
  };
}

/** npm breaks long sentences: what goes on in small letters belongs to them. */
function paragraph(words: readonly string[], first: number): string {
  const [head = '', ...others] = words.slice(first);
  const end = others.findIndex((line) => !/^(?!at )[a-z`]/.test(line));
  return firstSentence([head, ...others.slice(0, end === -1 ? others.length : end)].join(' '));
}

function joined(reason: string, detail: string): string {
  return /[.!]$/.test(reason) ? `${reason} ${detail}` : `${reason}: ${detail}`;
}

function firstSentence(text: string): string {
  return /^.+?\.(?= [A-Z])/.exec(text)?.[0] ?? text;
}

/** `Missing: a@1 from lock file`, and how many there are besides. */
function withCount(words: readonly string[], at: number): string {
  const [detail = '', ...others] = words.slice(at).filter((line) => /^(?:Missing|Invalid): /.test(line));
  if (detail === '') return words[at] ?? '';
  return others.length === 0 ? detail : `${detail}, and ${String(others.length)} more`;
}

/** A script of a package failed: its own output says why, if it printed any. */
export function readNpmScript({ lines }: Block): Reading | null {
  const at = lines.findIndex((line) => / command (?:sh -c|\S*cmd)/.test(line));
  const command = /command (?:sh -c )?(.+)$/.exec(lines[at] ?? '')?.[1];
  if (command === undefined) return null;
  const path = lines.map((line) => / path (.+)$/.exec(line)?.[1]).find((found) => found !== undefined);
  const name = path === undefined ? null : /node_modules[/\\](?!.*node_modules[/\\])(.+)$/.exec(path)?.[1];
  return { line: name ? `The install script of ${name} failed: ${command}` : `${command} failed`, at };
}

/** `ERR_PNPM_OUTDATED_LOCKFILE  Cannot install ...`: with the reason that pnpm gives further down. */
export function readPnpm({ lines, match }: Block): Reading {
  const [, , text = ''] = match;
  const reason = lines.findIndex((line) => /^\s*Failure reason:/.test(line));
  const at = reason === -1 ? -1 : nextLine(lines, reason + 1);
  if (at === -1) return { line: text };
  // A heading that ends with a colon, and the first point of a list.
  const points = [at, nextLine(lines, at + 1)].map((index) => lines[index]?.replace(/^[\s*]+/, '') ?? '');
  return { line: joined(text, points.join(' ').trim()), at };
}

/** Codes of https://yarnpkg.com/advanced/error-codes that end an install. The others are steps, hints and warnings. */
const YARN_CODES = [
  ...['01', '10', '11', '12', '14', '15', '16', '18', '20', '21', '22', '27', '28', '30', '33', '35', '41'],
  ...['46', '51', '52', '56', '57', '58', '64', '66', '71', '75', '78', '79', '80', '81', '82', '83', '84'],
];

export const YARN_ERROR = new RegExp(`^➤ YN00(?:${YARN_CODES.join('|')}): (?:[│|] )?(.+)`);

/** The lock file would change: Yarn prints the difference first, line by line under the same code. */
export function readYarn({ match, lines }: Block): Reading {
  const [, text = ''] = match;
  if (!text.startsWith('+') && !text.startsWith('-')) return { line: text.trim() };
  const words = lines.map((line) => YARN_ERROR.exec(line)?.[1]);
  const at = words.findIndex((line) => line !== undefined && /^[A-Z]/.test(line));
  const entry = words.flatMap((line) => /^[+-] *"?(\S+@npm:[^"]+)"?:/.exec(line ?? '')?.[1] ?? [])[0];
  const sentence = words[at] ?? 'The lockfile would have been modified by this install.';
  return {
    line: entry === undefined ? sentence : `${sentence} The first difference: ${entry}`,
    at: Math.max(0, at),
  };
}
