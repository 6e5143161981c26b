import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** A file of a preview as a visitor gets it. Pages are asked for without their ending, since that is their address. */
export function readPreview({
  port,
  host,
  path,
}: {
  port: number;
  host: string;
  path: string;
}): Promise<Buffer> {
  const address = `/${path.replace(/(^|\/)index\.html$/, '$1').replace(/\.html$/, '')}`;
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path: address, headers: { host }, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject).on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks));
        else reject(new Error(`${host}${address} was answered with ${response.statusCode}.`));
      });
    });
    sent.on('error', reject).end();
  });
}
