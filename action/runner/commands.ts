export type CommandName =
  'add-mask' | 'group' | 'endgroup' | 'stop-commands' | 'notice' | 'warning' | 'error';

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
