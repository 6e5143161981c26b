import { z } from 'zod';
import { VitrineError } from '../../../src/shared/errors.js';

/** What GitHub hands over once, for the code of a manifest. */
const Conversion = z.object({
  id: z.int().positive(),
  pem: z.string(),
  webhook_secret: z.string(),
  client_id: z.string(),
  client_secret: z.string(),
  html_url: z.url({ protocol: /^https?$/ }),
});
export type Conversion = z.infer<typeof Conversion>;

const TIMEOUT_MS = 10_000;

export async function exchangeCode({ apiUrl, code }: { apiUrl: string; code: string }): Promise<Conversion> {
  const response = await fetch(`${apiUrl}/app-manifests/${encodeURIComponent(code)}/conversions`, {
    method: 'POST',
    headers: { accept: 'application/vnd.github+json', 'user-agent': 'vitrine' },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new VitrineError('bad_gateway', 'GitHub could not be reached. Reload this page to try again.', {
      cause,
    });
  });
  if (!response.ok) {
    throw new VitrineError(
      'bad_gateway',
      `GitHub refused the code (${response.status}): it works once, for an hour. Begin again.`,
    );
  }
  return Conversion.parse(await response.json());
}
