import type { PreviewBase } from '../../src/shared/preview-url.js';

/** Previews stand beside the App: the same way in and the same port, another domain. */
export function previewBaseOf({ publicUrl, domain }: { publicUrl: string; domain: string }): PreviewBase {
  const { protocol, port } = new URL(publicUrl);
  return {
    protocol: protocol === 'https:' ? 'https' : 'http',
    domain,
    ...(port !== '' && { port: Number(port) }),
  };
}
