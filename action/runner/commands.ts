import { formsOf } from '../../src/shared/redact/forms.js';
import { valuesIn } from '../../src/variables/lines.js';
import type { World } from '../http/world.js';

type CommandName = 'add-mask' | 'group' | 'endgroup' | 'stop-commands' | 'notice' | 'warning' | 'error';

/** A line that the runner executes: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands */
export function command(
  name: CommandName,
  message = '',
  properties: Readonly<Record<string, string>> = {},
): string {
  const pairs = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
  const head = pairs.length === 0 ? name : `${name} ${pairs.join(',')}`;
  return `::${head}::${escapeData(message)}`;
}

/** Lets the runner execute commands again after `stop-commands`. */
export function resume(token: string): string {
  return `::${token}::`;
}

/** Untrusted text as one line that the runner never executes: it looks for `::` only at the start of a line, after white space. */
export function inert(text: string): string {
  const line = text.replace(/[\r\n]+/g, ' ');
  return /^\s*(::|##\[)/.test(line) ? `| ${line}` : line;
}

function escapeData(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}

/**
 * The same world, with a `print` that prints the masks before its first line. They are made only then, so that the first request
 * does not wait for them. Call `mask` before code that prints without `world.print`.
 */
export function masked(world: World): { readonly world: World; readonly mask: () => void } {
  let lines: readonly string[] | null = null;
  const mask = (): void => {
    if (lines !== null) return;
    lines = maskCommands(rawSecrets(world.env));
    for (const line of lines) world.print(line);
  };
  const print = (line: string): void => {
    mask();
    world.print(line);
  };
  return { world: { ...world, print }, mask };
}

/** Tells the runner to hide every secret: whole, line by line, the texts of a JSON document, and in the usual encodings. */
export function maskCommands(values: readonly string[]): string[] {
  return [...new Set(values.flatMap(formsOf))].map((form) => command('add-mask', form));
}

/** The secrets in the raw inputs, also in invalid lines: they are masked before the inputs are checked, so that no error shows one. */
export function rawSecrets(env: Readonly<Record<string, string | undefined>>): string[] {
  const lines = [env['INPUT_SECRETS'], env['INPUT_BUILD-SECRETS']].flatMap((text) => valuesIn(text ?? ''));
  const passwords = (env['INPUT_REGISTRY-AUTH'] ?? '').split('\n').map((line) => line.replace(/^[^:]*:/, ''));
  const all = [...lines, ...passwords.map((text) => text.trim()), env['INPUT_GITHUB-TOKEN'] ?? ''];
  return all.filter((value) => value !== '');
}
