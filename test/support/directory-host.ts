import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A host with a command line: a folder a preview, which `cp` makes and `rm` removes. */
export interface DirectoryHost extends AsyncDisposable {
  readonly url: string;
  /** The inputs of a workflow that deploys there. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The names of the previews that it holds. */
  held(): string[];
}

const DEPLOY = `
mkdir -p "$HOST_DIR/$PREVIEW_SLUG"
cp index.html "$HOST_DIR/$PREVIEW_SLUG/"
echo "$HOST_URL/$PREVIEW_SLUG/" > "$PREVIEW_URL_FILE"
echo "{\\"name\\":\\"$PREVIEW_SLUG\\"}" > "$PREVIEW_HANDLE_FILE"
`;

const DESTROY = `
test ! -e "$HOST_DIR/refuses" || { echo "The host refuses."; exit 3; }
rm -rf "$HOST_DIR/$PREVIEW_SLUG"
`;

export async function startDirectoryHost(): Promise<DirectoryHost> {
  const dir = await mkdtemp(join(tmpdir(), 'vitrine-host-'));
  const server = createServer((request, response) => {
    const page = join(dir, request.url ?? '/', 'index.html');
    response.statusCode = existsSync(page) ? 200 : 404;
    response.end(response.statusCode === 200 ? readFileSync(page) : 'no');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return {
    url,
    inputs: {
      'deploy-command': DEPLOY,
      'destroy-command': DESTROY,
      env: `HOST_DIR=${dir}\nHOST_URL=${url}`,
      'wait-timeout': '20',
    },
    held: () => readdirSync(dir).sort(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(dir, { recursive: true, force: true });
    },
  };
}
