/** A failure of a real tool, and how to make it again. */
export interface FailureCase {
  /** The name of its log: `<tool>-<case>`. */
  readonly name: string;
  /** A package manager: it is installed beside the project, because it would remove itself. */
  readonly manager?: string;
  /** Packages of the project. Cases with the same packages share a folder, because some take minutes to install. */
  readonly packages: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  /** Commands before the one that fails; their output is not kept. */
  readonly before?: readonly string[];
  readonly command: string;
  /** Variables besides the usual ones of a runner. */
  readonly env?: Readonly<Record<string, string>>;
}

export function packageJson(fields: Readonly<Record<string, unknown>> = {}): string {
  return `${JSON.stringify({ name: 'site', version: '1.0.0', private: true, ...fields }, null, 2)}\n`;
}
