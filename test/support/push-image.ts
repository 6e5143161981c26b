import { createHash, randomBytes } from 'node:crypto';

export const IMAGE_TYPE = 'application/vnd.oci.image.manifest.v1+json';

export function digest(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export interface Layer {
  readonly bytes: Buffer;
  readonly digest: string;
}

export function layer(content: string | Buffer = randomBytes(64)): Layer {
  const bytes = Buffer.from(content);
  return { bytes, digest: digest(bytes) };
}

/** An image manifest over these layers; the first one is its config. */
export function manifestOf(layers: readonly Layer[], more: object = {}): Layer {
  const [config, ...rest] = layers.map(({ bytes, digest: name }) => ({
    mediaType: 'application/vnd.oci.image.layer.v1.tar',
    digest: name,
    size: bytes.length,
  }));
  return layer(JSON.stringify({ schemaVersion: 2, mediaType: IMAGE_TYPE, config, layers: rest, ...more }));
}

export interface RegistryClient {
  /** Asks the registry; the path begins after `/v2/`. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** Pushes a blob in one session, in pieces. */
  pushBlob(name: string, blob: Layer, pieces?: number): Promise<Response>;
  pushManifest(name: string, reference: string, manifest: Layer, type?: string): Promise<Response>;
  /** Pushes layers and manifest, and answers the manifest. */
  pushImage(name: string, tag: string, layers: readonly Layer[]): Promise<Layer>;
}

/** A client of a registry in the words of the specification, as Docker's is. */
export function registryClient(url: string, token: string | null): RegistryClient {
  const ask: RegistryClient['ask'] = (path, init = {}) =>
    fetch(`${url}/v2/${path}`, {
      ...init,
      headers: { ...(token !== null && { authorization: `Bearer ${token}` }), ...init.headers },
    });
  const within = (location: string | null) => (location ?? '').replace(/^\/v2\//, '');
  const pushBlob: RegistryClient['pushBlob'] = async (name, { bytes, digest: wanted }, pieces = 1) => {
    const begun = await ask(`${name}/blobs/uploads/`, { method: 'POST' });
    if (begun.status !== 202) return begun;
    let location = within(begun.headers.get('location'));
    const size = Math.ceil(bytes.length / pieces);
    for (let start = 0; start < bytes.length; start += size) {
      const piece = bytes.subarray(start, start + size);
      const headers = { 'content-range': `${start}-${start + piece.length - 1}` };
      const sent = await ask(location, { method: 'PATCH', body: piece, headers });
      if (sent.status !== 202) return sent;
      location = within(sent.headers.get('location'));
    }
    return ask(`${location}?digest=${wanted}`, { method: 'PUT' });
  };
  const pushManifest: RegistryClient['pushManifest'] = (name, reference, { bytes }, type = IMAGE_TYPE) =>
    ask(`${name}/manifests/${reference}`, { method: 'PUT', body: bytes, headers: { 'content-type': type } });
  return {
    ask,
    pushBlob,
    pushManifest,
    async pushImage(name, tag, layers) {
      for (const one of layers) await expectStatus(await pushBlob(name, one), 201);
      const manifest = manifestOf(layers);
      await expectStatus(await pushManifest(name, tag, manifest), 201);
      return manifest;
    },
  };
}

async function expectStatus(response: Response, status: number): Promise<void> {
  if (response.status !== status) throw new Error(`${response.status}: ${await response.text()}`);
}
