import { VitrineError } from '../shared/errors.js';
import { ROUTES, pathTo, type RouteName } from './routes.js';
import {
  ProgressAnswer,
  StartDeploymentAnswer,
  type AppendLogsBody,
  type RecordProgressBody,
  type StartDeploymentBody,
} from './schemas.js';

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** Sends one request, retries what may be retried, and answers the parsed JSON of a 2xx. */
type Send = (request: Sent) => Promise<unknown>;

export interface Client {
  start(token: string, body: StartDeploymentBody): Promise<StartDeploymentAnswer>;
  progress(id: string, body: RecordProgressBody): Promise<ProgressAnswer>;
  appendLogs(id: string, body: AppendLogsBody): Promise<void>;
  uploadPlan(id: string, plan: Uint8Array): Promise<unknown>;
  uploadPack(id: string, pack: Uint8Array): Promise<unknown>;
}

/** The API as functions. `runToken` is asked for at each call, because it is renewed during long builds. */
export function createClient({ send, runToken }: { send: Send; runToken: () => Promise<string> }): Client {
  const asRun = async (route: RouteName, id: string, body: unknown) =>
    send(request({ route, id, body, token: await runToken() }));
  return {
    start: async (token, body) =>
      StartDeploymentAnswer.parse(await send(request({ route: 'startDeployment', id: '', body, token }))),
    progress: async (id, body) => ProgressAnswer.parse(await asRun('recordProgress', id, body)),
    appendLogs: async (id, body) => {
      await asRun('appendLogs', id, body);
    },
    uploadPlan: (id, plan) => asRun('uploadPlan', id, plan),
    uploadPack: (id, pack) => asRun('uploadPack', id, pack),
  };
}

function request({
  route,
  id,
  body,
  token,
}: {
  route: RouteName;
  id: string;
  body: unknown;
  token: string;
}): Sent {
  if (token === '')
    throw new VitrineError('unauthorized', 'There is no token yet: start the deployment first.');
  const binary = body instanceof Uint8Array;
  return {
    method: ROUTES[route].method,
    path: pathTo(route, { id }),
    token,
    contentType: binary ? 'application/octet-stream' : 'application/json',
    body: binary ? body : new TextEncoder().encode(JSON.stringify(body)),
  };
}
