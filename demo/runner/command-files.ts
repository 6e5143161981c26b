/** The files through which a step talks back: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILES = {
  GITHUB_OUTPUT: 'output',
  GITHUB_STATE: 'state',
  GITHUB_ENV: 'env',
  GITHUB_PATH: 'path',
  GITHUB_STEP_SUMMARY: 'step-summary.md',
} as const;

export type CommandFiles = Readonly<Record<keyof typeof FILES, string>>;

export interface CommandFileContents {
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly exported: Readonly<Record<string, string>>;
  readonly summary: string;
}

export async function createCommandFiles(folder: string): Promise<CommandFiles> {
  await mkdir(folder, { recursive: true });
  const files = Object.entries(FILES).map(([variable, name]) => [variable, join(folder, name)] as const);
  await Promise.all(files.map(([, path]) => writeFile(path, '')));
  return Object.fromEntries(files) as CommandFiles;
}

export async function readCommandFiles(files: CommandFiles): Promise<CommandFileContents> {
  const read = (variable: keyof CommandFiles) => readFile(files[variable], 'utf8');
  return {
    outputs: parseValues(await read('GITHUB_OUTPUT')),
    state: parseValues(await read('GITHUB_STATE')),
    exported: parseValues(await read('GITHUB_ENV')),
    summary: await read('GITHUB_STEP_SUMMARY'),
  };
}

/** `name=value`, or `name<<END` followed by lines up to one that is `END`. */
export function parseValues(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const [, name = '', operator, rest = ''] = /^(.*?)(<<|=)(.*)$/.exec(line) ?? [];
    if (operator === '=') values[name] = rest;
    if (operator !== '<<') continue;
    const end = lines.indexOf(rest, index + 1);
    if (end === -1) throw new Error(`The value of ${name} has no end: the line ${rest} is missing.`);
    values[name] = lines.slice(index + 1, end).join('\n');
    index = end;
  }
  return values;
}
