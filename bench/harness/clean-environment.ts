const KEPT = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'DOCKER_HOST', 'DOCKER_CONFIG'];

/**
 * What a measured program may see. Above all not NODE_EXTRA_CA_CERTS, which makes every start of Node tens of milliseconds
 * slower, and not NODE_OPTIONS.
 */
export function cleanEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    KEPT.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}
