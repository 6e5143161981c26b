const LONGEST = 100;

/** What happened to a download, by the words in which Node and mongodb-memory-server tell it; `host` is where it came from. */
const KNOWN: readonly (readonly [RegExp, (host: string, found: string) => string])[] = [
  [/ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH/, (host) => `no internet connection to ${host}`],
  [/ECONNREFUSED/, (host) => `${host} refused the connection`],
  [/ETIMEDOUT|ESOCKETTIMEDOUT/, (host) => `${host} did not answer`],
  [/ECONNRESET|EPIPE|socket hang up/, (host) => `${host} broke the connection off`],
  [/certificate/, (host) => `${host} showed a certificate that is not trusted`],
  [/Status Code is(?:n't 200! \(it is)? (\d{3})/, (host, status) => `${host} answered with status ${status}`],
];

/** Why a download failed, short enough for one calm line: without addresses and stack. */
export function downloadReason(output: string): string {
  const host = /url "https?:\/\/([^/:"]+)/.exec(output)?.[1] ?? 'the server';
  for (const [pattern, tell] of KNOWN) {
    const match = pattern.exec(output);
    if (match) return tell(host, match[1] ?? '');
  }
  const [firstLine = ''] = output.trim().split('\n');
  const plain = firstLine.replace(/https?:\/\/\S+/g, '').replace(/\s+/g, ' ');
  return plain.slice(0, LONGEST).trim() || 'no reason given';
}
