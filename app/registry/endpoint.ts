import type { IncomingMessage, ServerResponse } from 'node:http';
import { type RegistryRoute, routeOf } from '../../src/images/name.js';
import { RegistryError } from '../../src/images/registry-error.js';
import type { TokenScope } from '../../src/people/api-token.js';
import { MIB } from '../../src/uploads/limits.js';
import { BODY_LIMITS, createBodyBudget } from '../http/body-budget.js';
import { challenge, createEntrance, findCaller, tokenOf } from './access.js';
import { answerError, answerJson } from './answer.js';
import { answerBlob, createOwnBlobs } from './blobs.js';
import { answerManifest, answerReferrers, answerTags } from './manifests.js';
import { answerUpload, beginUpload } from './uploads.js';
import type { RegistryPorts, Visit } from './visit.js';

/** Docker's own registry protocol: `docker push` and `docker pull` to this server, as docs/registry.md describes. */
export function createRegistry(given: Omit<RegistryPorts, 'manifestBudget' | 'entrance' | 'ownBlobs'>) {
  const manifestBudget = createBodyBudget(MANIFEST_BODIES);
  const memory = { entrance: createEntrance(given), ownBlobs: createOwnBlobs(given) };
  const ports: RegistryPorts = { ...given, ...memory, manifestBudget };
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const [path = '', query = ''] = (request.url ?? '').split('?', 2);
      const route = routeOf(path);
      if (!route) throw new RegistryError('NAME_UNKNOWN', 'The registry has no such path.');
      await dispatch(ports, { request, response, query: new URLSearchParams(query) }, route);
    } catch (error) {
      answerError(response, { error, log: ports.log });
    }
  };
}

/** Most manifests have a few kilobytes. Reading a large one takes several times its size. */
const MANIFEST_BODIES = { ...BODY_LIMITS, bytes: 16 * MIB, largeBytes: 12 * MIB };

const READS: readonly (string | undefined)[] = ['GET', 'HEAD'];

async function dispatch(ports: RegistryPorts, visit: Visit, route: RegistryRoute): Promise<void> {
  if (route.kind === 'base' || route.kind === 'token')
    return answerLogin(ports, visit, { route, caller: await findCaller(ports, visit.request) });
  const { method } = visit.request;
  const isUpload = route.kind === 'uploads' || route.kind === 'upload';
  const action = READS.includes(method) && !isUpload ? 'pull' : 'push';
  const entry = await ports.entrance.enter({ request: visit.request, name: route.name, action });
  switch (route.kind) {
    case 'blob':
      return answerBlob(ports, visit, { ...entry, digest: route.reference });
    case 'manifest':
      return answerManifest(ports, visit, { ...entry, reference: route.reference });
    case 'referrers':
      return answerReferrers(ports, visit, { ...entry, digest: route.reference });
    case 'tags':
      return answerTags(ports, visit, entry);
    case 'uploads':
      return beginUpload(ports, visit, entry);
    default:
      return answerUpload(ports, visit, { ...entry, id: route.session });
  }
}

/** What `docker login` asks: whether the token counts, and for the bearer token of the next requests, which is the same one. */
function answerLogin(
  ports: RegistryPorts,
  { request, response, query }: Visit,
  { route, caller }: { route: RegistryRoute; caller: TokenScope | null },
): void {
  if (!READS.includes(request.method)) throw new RegistryError('UNSUPPORTED', 'Only GET can be used here.');
  const token = tokenOf(request.headers.authorization);
  if (caller === null || token === null) throw challenge(ports, null);
  if (route.kind === 'base') return answerJson(response, { value: {} });
  prepare(ports, { request, caller, scope: query.get('scope') });
  answerJson(response, { value: { token, access_token: token, expires_in: TOKEN_SECONDS } });
}

/** The next request is for this repository: what it takes to let the caller in is looked up while the client reads its token. */
function prepare({ entrance, ownBlobs }: RegistryPorts, { request, caller, scope }: Prepared): void {
  const name = /^repository:([^:]+):[a-z,]+$/.exec(scope ?? '')?.[1];
  if (name === undefined) return;
  entrance
    .expect({ request, name, caller })
    .then(async () => entrance.enter({ request, name, action: 'push' }))
    .then(async () => ownBlobs.of(name))
    // The request itself tells what is wrong.
    .catch(() => undefined);
}

interface Prepared {
  readonly request: Visit['request'];
  readonly caller: TokenScope;
  readonly scope: string | null;
}

/** Clients ask again after this time. The token itself may end earlier or live longer. */
const TOKEN_SECONDS = 300;
