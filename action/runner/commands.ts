import { formsOf } from '../../src/shared/redact/forms.js';
import { valuesIn } from '../../src/variables/lines.js';
import type { World } from '../http/world.js';

type CommandName = 'add-mask' | 'group' | 'endgroup' | 'stop-commands' | 'notice' | 'warning' | 'error';

/** A line that the runner obeys: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands */
export function command(
  name: CommandName,
  message = '',
  properties: Readonly<Record<string, string>> = {},
): string {
  const pairs = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
  const head = pairs.length === 0 ? name : `${name} ${pairs.join(',')}`;
  return `::${head}::${escapeData(message)}`;
}

/** Ends the silence that `stop-commands` began. */
export function resume(token: string): string {
  return `::${token}::`;
}

/** Text of others as one line that can never be obeyed: the runner looks for `::` after white space only at the start of a line. */
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
 * The same world, in which nothing is printed before the masks. They are not made before the first line either, so that the first
 * request does not wait for them. `mask` is for what prints by itself.
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

/** What the runner must be told before anything else is printed: every secret, line by line and in its usual encodings. */
function maskCommands(values: readonly string[]): string[] {
  return [...new Set(values.flatMap(formsOf))].map((form) => command('add-mask', form));
}

/** The secrets among the raw inputs, also in lines that are refused: they are masked before the inputs are checked, so that no complaint can show one. */
export function rawSecrets(env: Readonly<Record<string, string | undefined>>): string[] {
  return [...valuesIn(env['INPUT_SECRETS'] ?? ''), env['INPUT_GITHUB-TOKEN'] ?? ''].filter(
    (value) => value !== '',
  );
}
