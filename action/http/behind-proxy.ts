const NAMES = ['https_proxy', 'http_proxy'];

/** The runner reaches the world through a proxy only: the toolkit's own client knows how, `node:http` does not. */
export function behindProxy(env: Readonly<Record<string, string | undefined>>): boolean {
  return Object.entries(env).some(([name, value]) => value && NAMES.includes(name.toLowerCase()));
}
