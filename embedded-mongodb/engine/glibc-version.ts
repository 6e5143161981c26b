/** The oldest C library the engine package was linked for. */
export const GLIBC_NEEDED = '2.38';

/** The C library this process runs on; undefined off Linux and on musl. */
export function glibcVersion(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  // Without this the report asks the name of every open connection's other side, which can take seconds.
  Object.assign(process.report, { excludeNetwork: true });
  return runtimeVersion(process.report.getReport());
}

/** Reads the version out of Node's diagnostic report. */
export function runtimeVersion(report: unknown): string | undefined {
  const header = property(report, 'header');
  const version = property(header, 'glibcVersionRuntime');
  return typeof version === 'string' && version !== '' ? version : undefined;
}

/** Compares `major.minor` as numbers: 2.9 is older than 2.38. */
export function isAtLeast(version: string, needed: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = needed.split('.').map(Number);
  return major > neededMajor || (major === neededMajor && minor >= neededMinor);
}

function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Record<string, unknown>)[name];
}
