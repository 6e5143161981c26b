import type { Mount, Tmpfs } from './model.js';
import {
  bytesOf,
  containerPathProblem,
  flagOf,
  type Found,
  groupOf,
  itemsOf,
  parseBytes,
  problem,
  shown,
  textOf,
  textsOf,
} from './values.js';

interface Mounted {
  readonly mounts: readonly Mount[];
  readonly tmpfs: readonly Tmpfs[];
}

const VOLUME_NAME = /^[a-zA-Z0-9][\w.-]{0,62}$/;

const NO_BIND =
  'mounts a path of the machine, which a preview may not see; use a volume that is named under "volumes", or copy the files into the image';

/** `volumes` of a service: named volumes of this file, and tmpfs. Paths of the host never. */
export function mountsOf(found: Found): Mounted {
  const mounts: Mount[] = [];
  const tmpfs: Tmpfs[] = [];
  for (const item of itemsOf(found)) {
    const read = item.value.kind === 'map' ? longMount(item) : shortMount(item);
    if (read === null) continue;
    if ('bytes' in read) tmpfs.push(read);
    else mounts.push(read);
  }
  return { mounts, tmpfs };
}

function shortMount(found: Found): Mount | null {
  const text = textOf(found);
  if (text === null) return null;
  const parts = text.split(':');
  const [first = '', second = '', mode = 'rw'] = parts;
  const source = parts.length === 1 ? null : first;
  const target = parts.length === 1 ? first : second;
  if (source !== null && !VOLUME_NAME.test(source)) return refuse(found, NO_BIND);
  if (parts.length > 3 || !['ro', 'rw'].includes(mode))
    return refuse(found, `has the mount "${shown(text)}"; write name:/path, or name:/path:ro`);
  return mountAt(found, { volume: source, target, readOnly: mode === 'ro' });
}

function mountAt(found: Found, mount: Omit<Mount, 'line'>): Mount | null {
  const wrong = containerPathProblem(mount.target);
  if (wrong !== null) return refuse(found, `has the target "${shown(mount.target)}", which ${wrong}`);
  return { ...mount, line: found.line };
}

function refuse(found: Found, message: string): null {
  problem(found, message);
  return null;
}

const LONG_KEYS = ['type', 'source', 'target', 'read_only', 'tmpfs', 'volume', 'consistency'];

function longMount(found: Found): Mount | Tmpfs | null {
  const keys = new Map(groupOf(found));
  for (const [key, value] of keys)
    if (!LONG_KEYS.includes(key)) problem(value, key === 'bind' ? NO_BIND : 'is not allowed here; remove it');
  const text = (key: string) => {
    const value = keys.get(key);
    return value ? textOf(value) : null;
  };
  const type = text('type');
  const target = text('target') ?? '';
  if (type === 'tmpfs') return tmpfsAt(found, { path: target, bytes: sizeIn(keys.get('tmpfs')) });
  if (type !== 'volume')
    return refuse(found, type === 'bind' ? NO_BIND : 'must have the type volume or tmpfs');
  const nocopy = keys.get('volume');
  if (nocopy)
    for (const [key, value] of groupOf(nocopy))
      if (key !== 'nocopy') problem(value, 'is not allowed; remove it');
  const source = text('source');
  if (source !== null && !VOLUME_NAME.test(source)) return refuse(found, NO_BIND);
  const readOnly = keys.get('read_only');
  return mountAt(found, {
    volume: source,
    target,
    readOnly: readOnly !== undefined && flagOf(readOnly) === true,
  });
}

function sizeIn(options: Found | undefined): number | undefined {
  let bytes: number | null = null;
  for (const [key, value] of options ? groupOf(options) : []) {
    if (key === 'size') bytes = bytesOf(value);
    else if (key !== 'mode') problem(value, 'is not allowed; remove it');
  }
  return bytes ?? undefined;
}

function tmpfsAt(found: Found, { path, bytes }: Tmpfs): Tmpfs | null {
  const wrong = containerPathProblem(path);
  return wrong === null ? { path, bytes } : refuse(found, `has the target "${shown(path)}", which ${wrong}`);
}

/** Options that make no difference here: the server mounts every tmpfs in its own way. */
const HARMLESS = /^(?:rw|mode=[0-7]{3,4}|uid=\d{1,10}|gid=\d{1,10}|nosuid|nodev|noexec)$/;

/** `tmpfs` of a service: `/run`, or `/run:size=16m`. */
export function tmpfsOf(found: Found): Tmpfs[] {
  return textsOf(found).flatMap((text) => {
    const [path = '', options = ''] = text.split(/:(.*)/s);
    let bytes: number | undefined;
    for (const option of options.split(',').filter(Boolean)) {
      const size = /^size=(.+)$/.exec(option)?.[1];
      if (size !== undefined) bytes = parseBytes(size) ?? undefined;
      else if (!HARMLESS.test(option))
        problem(found, `has the option "${shown(option)}"; only "size" has an effect`);
    }
    return tmpfsAt(found, { path, bytes }) ?? [];
  });
}
