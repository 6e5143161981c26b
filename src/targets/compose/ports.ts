import { type Found, groupOf, itemsOf, note, problem, shown, textOf, wholeNumberOf } from './values.js';

const PORT = { min: 1, max: 65_535 };

/** More are a range that was written by mistake. */
const MAX_RANGE = 20;

/**
 * `ports` in its short and long forms, as ports inside the container. What they say of the host is left out: the server chooses a port of
 * its own, and only for the service that gets the address.
 */
export function portsOf(found: Found): number[] {
  let hasHost = false;
  const all = itemsOf(found).flatMap((item) => {
    const read = item.value.kind === 'map' ? longPort(item) : shortPort(item, HOST_AND_CONTAINER);
    hasHost ||= read.hasHost;
    return read.ports;
  });
  if (hasHost)
    note(found, 'names ports of the host, which are left out: the preview is reached by its address');
  return [...new Set(all)];
}

/** `expose`: `3000`, `3000/tcp` or a range. */
export function exposedOf(found: Found): number[] {
  return [...new Set(itemsOf(found).flatMap((item) => shortPort(item, CONTAINER_ONLY).ports))];
}

interface ReadPorts {
  readonly ports: readonly number[];
  readonly hasHost: boolean;
}

const NO_PORTS: ReadPorts = { ports: [], hasHost: false };

const CONTAINER = '(\\d{1,5})(?:-(\\d{1,5}))?(?:/(tcp|udp))?';
const CONTAINER_ONLY = new RegExp(`^()${CONTAINER}$`);
const HOST_AND_CONTAINER = new RegExp(`^(?:((?:\\[[0-9a-fA-F:.]+\\]:|[\\d.]+:)?[\\d-]*):)?${CONTAINER}$`);

function shortPort(found: Found, form: RegExp): ReadPorts {
  const text = textOf(found);
  if (text === null) return NO_PORTS;
  const [, host, from, to = from, protocol] = form.exec(text) ?? [];
  if (from === undefined) {
    problem(
      found,
      `has the port "${shown(text)}", which cannot be read; write the port inside the container, such as "3000"`,
    );
    return NO_PORTS;
  }
  const first = Number(from);
  const count = Number(to) - first + 1;
  if (first < PORT.min || Number(to) > PORT.max || count < 1 || count > MAX_RANGE) {
    problem(
      found,
      `has the ports "${shown(text)}"; write single ports from 1 to 65535, or up to ${String(MAX_RANGE)} in a row`,
    );
    return NO_PORTS;
  }
  const ports = protocol === 'udp' ? [] : Array.from({ length: count }, (_, index) => first + index);
  return { ports, hasHost: host !== undefined && host !== '' };
}

const HOST_SIDE = ['published', 'host_ip', 'mode'];
const DESCRIBING = ['name', 'app_protocol'];

function longPort(found: Found): ReadPorts {
  const keys = groupOf(found);
  let port: number | null = null;
  let isTcp = true;
  for (const [key, value] of keys) {
    if (key === 'target') port = wholeNumberOf(value, PORT);
    else if (key === 'protocol') isTcp = textOf(value) !== 'udp';
    else if (![...HOST_SIDE, ...DESCRIBING].includes(key)) problem(value, 'is not known; remove it');
  }
  if (!keys.some(([key]) => key === 'target'))
    problem(found, 'has a port without "target"; name the port inside the container');
  return {
    ports: port === null || !isTcp ? [] : [port],
    hasHost: keys.some(([key]) => HOST_SIDE.includes(key)),
  };
}
