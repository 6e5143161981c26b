import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AnswerHead, createAnswerReader, MalformedAnswer } from '../../../app/previews/answer-reader.js';

interface Heard {
  readonly heads: AnswerHead[];
  body: string;
  readonly ends: string[];
  excess: number;
}

/** Reads the pieces as they come from a connection that is closed behind them. The buffer of each is used again, as that of a socket is. */
function read(pieces: readonly string[], method = 'GET'): Heard {
  const heard: Heard = { heads: [], body: '', ends: [], excess: 0 };
  const reader = createAnswerReader({
    head: (head) => heard.heads.push(head),
    piece(bytes, isLast) {
      heard.body += bytes.toString('latin1');
      if (isLast) heard.ends.push(heard.body);
    },
    excess: () => (heard.excess += 1),
  });
  reader.begin(method);
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, 'latin1');
    reader.read(bytes);
    bytes.fill('?');
  }
  reader.end();
  return heard;
}

const CHUNKED =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a="b"\r\nhello\r\nA \r\n, my world\r\n0\r\nX: y\r\n\r\n';

test.each([
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'hello', true],
  ['no bytes', 'HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n', '', true],
  ['chunks and trailers', CHUNKED, 'hello, my world', true],
  ['the end of its connection', 'HTTP/1.1 200\r\n\r\nhello', 'hello', false],
  [
    'a length and a connection that is closed',
    'HTTP/1.1 200 \r\nConnection: Close\r\nContent-Length: 2\r\n\r\nhi',
    'hi',
    false,
  ],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi', 'hi', false],
  [
    'HTTP/1.0 and a kept connection',
    'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi',
    'hi',
    true,
  ],
  [
    'interim answers before it',
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
    'hi',
    true,
  ],
  ['a status without a body', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', '', true],
])('an answer with %s is read however it is cut', (_what, text, body, keepsAlive) => {
  const whole = read([text]);
  expect(whole).toMatchObject({ body, ends: [body], excess: 0, heads: [{ keepsAlive }] });
  const cuts = fc.array(fc.nat(text.length), { maxLength: 8 });
  fc.assert(
    fc.property(cuts, (places) => {
      const at = [0, ...places.toSorted((a, b) => a - b), text.length];
      const pieces = at.slice(1).map((end, index) => text.slice(at[index], end));
      expect(read(pieces)).toEqual(whole);
    }),
  );
  expect(read([...text])).toEqual(whole);
});

test('the head keeps its headers in their order, and names in lower case', () => {
  const [head] = read([
    'HTTP/1.1 299 Fine so\r\nSet-Cookie: a=1\r\nX-Empty:\r\nSET-COOKIE:\t b=\xe9 \t\r\nConnection: x-a\r\nconnection: close\r\n\r\n',
  ]).heads;
  expect(head).toMatchObject({
    status: 299,
    message: 'Fine so',
    connection: 'x-a, close',
    keepsAlive: false,
  });
  expect(head?.headers.slice(0, 6)).toEqual(['set-cookie', 'a=1', 'x-empty', '', 'set-cookie', 'b=\xe9']);
});

test('the answer to HEAD has no body, whatever it announces', () => {
  expect(read(['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'], 'HEAD')).toMatchObject({
    ends: [''],
    excess: 0,
  });
});

test('bytes behind an answer belong to none', () => {
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
  expect(read([`${answer}HTTP/1.1 200 OK\r\n`])).toMatchObject({ ends: ['hi'], excess: 1 });
  expect(read([answer, 'x'])).toMatchObject({ ends: ['hi'], excess: 1 });
});

test('an answer that breaks off has no end', () => {
  expect(read(['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel']).ends).toEqual([]);
  expect(read([CHUNKED.slice(0, -2)]).ends).toEqual([]);
  expect(read(['HTTP/1.1 200 OK\r\n'])).toMatchObject({ heads: [], ends: [] });
});

const ok = (headers: string, body = '') => `HTTP/1.1 200 OK\r\n${headers}\r\n\r\n${body}`;

test.each([
  ['another protocol', 'HTTP/2 200 OK\r\n\r\n'],
  ['no protocol', '\r\n\r\n'],
  ['bytes before it', '\r\nHTTP/1.1 200 OK\r\n\r\n'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['a control character in its reason', 'HTTP/1.1 200 O\x00K\r\n\r\n'],
  ['an upgrade that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['a length and chunks', ok('Content-Length: 5\r\nTransfer-Encoding: chunked')],
  ['two lengths', ok('Content-Length: 5\r\nContent-Length: 5')],
  ['a length that is no number', ok('Content-Length: 0x5')],
  ['a negative length', ok('Content-Length: -5')],
  ['another coding', ok('Transfer-Encoding: gzip, chunked')],
  ['a coding that hides', ok('Transfer-Encoding: chunked\x0b')],
  ['a space before a colon', ok('Content-Length : 5')],
  ['a folded header', ok('X-A: 1\r\n Content-Length: 5')],
  ['a header without a colon', ok('X-A\r\nX-B: 1')],
  ['a header without a name', ok(': 1')],
  ['a line end of one character', ok('X-A: 1\nContent-Length: 5')],
  ['a carriage return in a value', ok('X-A: 1\rX')],
  ['a chunk with a sign', ok('Transfer-Encoding: chunked', '+5\r\nhello\r\n')],
  ['a chunk without a size', ok('Transfer-Encoding: chunked', '\r\nhello\r\n')],
  ['a chunk that is longer than its size', ok('Transfer-Encoding: chunked', '2\r\nhello\r\n')],
  ['a head of more than 16 KiB', ok(`X-A: ${'a'.repeat(17_000)}`)],
  ['a head without an end', `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(17_000)}`],
  ['a size of more than a line', ok('Transfer-Encoding: chunked', `1;${'a'.repeat(2_000)}`)],
])('an answer with %s is refused', (_what, text) => {
  expect(() => read([text])).toThrow(MalformedAnswer);
});
