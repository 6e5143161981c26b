/** Something a person should know about `.github/preview.yml`. An error stops deployments; a note does not. */
export interface SettingsProblem {
  readonly level: 'error' | 'note';
  readonly message: string;
  readonly line: number;
  readonly column: number;
  /** The default branch's file, or the pull request's. */
  readonly file: 'base' | 'head';
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A problem in one text, before it is known whose file it is. */
export interface TextProblem extends Position {
  readonly message: string;
}

/** What somebody wrote, short and without anything that could take part in a sentence or a page. */
export function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const safe = text.replace(/[^\p{L}\p{N} _.,/{}[\]=+*!-]/gu, '?');
  return `"${safe.length > 40 ? `${safe.slice(0, 40)}...` : safe}"`;
}
