import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';

export interface DnsServer extends AsyncDisposable {
  /** As a resolver of Node takes it. */
  readonly address: string;
}

/** Addresses by name; a name that begins with `*.` is that of all names below. */
type Records = Readonly<Record<string, readonly string[]>>;

const NO_SUCH_NAME = 3;

/** A DNS server on a free port of this machine, for IPv4 addresses: https://www.rfc-editor.org/rfc/rfc1035#section-4 */
export async function startDnsServer(records: Records): Promise<DnsServer> {
  const socket = createSocket('udp4');
  socket.on('message', (query: Buffer, from: RemoteInfo) =>
    socket.send(answerTo(query, records), from.port, from.address),
  );
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    [Symbol.asyncDispose]: async () => void socket.close(),
  };
}

const HEADER = 12;
const TYPE_A = 1;

function answerTo(query: Buffer, records: Records): Buffer {
  const labels: string[] = [];
  let at = HEADER;
  for (let size = query[at] ?? 0; size > 0; size = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + size));
    at += size + 1;
  }
  const question = query.subarray(HEADER, at + 5);
  const known = records[labels.join('.')] ?? records[`*.${labels.slice(1).join('.')}`];
  const addresses = query.readUInt16BE(at + 1) === TYPE_A ? (known ?? []) : [];
  const head = Buffer.alloc(HEADER);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8180 | (known ? 0 : NO_SUCH_NAME), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(addresses.length, 6);
  return Buffer.concat([head, question, ...addresses.map(record)]);
}

/** The name of the question, type A, class IN, a minute, four bytes. */
function record(address: string): Buffer {
  return Buffer.from([0xc0, HEADER, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]);
}
