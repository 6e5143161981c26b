/** `::name key=value,key=value::text`, as https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands says. */
export interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly value: string;
}

export function parseCommand(line: string): Command | undefined {
  const match = /^\s*::([^\s:]+)(?: +(.*?))?::(.*)$/.exec(line);
  if (!match) return undefined;
  const [, name = '', properties = '', value = ''] = match;
  return { name, properties: parseProperties(properties), value: unescapeData(value) };
}

function parseProperties(text: string): Record<string, string> {
  const pairs = text.split(',').map((pair) => pair.split('='));
  const named = pairs.filter((pair) => pair.length > 1);
  return Object.fromEntries(
    named.map(([key = '', ...rest]) => [key.trim(), unescapeProperty(rest.join('='))]),
  );
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

function unescapeProperty(text: string): string {
  return unescapeData(text.replaceAll('%3A', ':').replaceAll('%2C', ','));
}
