import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const manifest = z.looseObject({
  inputs: z.record(z.string(), z.looseObject({ default: text.optional() }).nullable()).optional(),
  runs: z.looseObject({ using: z.string().startsWith('node'), main: z.string() }),
});

export interface Manifest {
  /** Relative to the folder of action.yml. */
  readonly main: string;
  /** Of every declared input; an empty text where there is no default. */
  readonly defaults: Readonly<Record<string, string>>;
}

export async function readManifest(folder: string): Promise<Manifest> {
  const { inputs = {}, runs } = manifest.parse(parse(await readFile(join(folder, 'action.yml'), 'utf8')));
  const defaults = Object.entries(inputs).map(([name, input]) => [name, input?.default ?? '']);
  return { main: runs.main, defaults: Object.fromEntries(defaults) };
}

/** The few expressions that a default may hold, such as `${{ github.token }}`; an unknown one is empty, as at GitHub. */
export function evaluate(template: string, github: Readonly<Record<string, string>>): string {
  return template.replace(/\$\{\{\s*github\.(\w+)\s*\}\}/g, (_, name: string) => github[name] ?? '');
}

/** `github-token` arrives as `INPUT_GITHUB-TOKEN`: spaces become underscores, hyphens stay. */
export function inputVariable(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
}
