/** Every path of the API once: the server mounts them, the client calls them, the description lists them. */
const API = '/api/v1';

type Access = 'public' | 'identity' | 'run' | 'operator';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  /** Who may call it: anyone, a workflow run with its OIDC token, a started run, an operator. Nobody else: deny by default. */
  readonly access: readonly Access[];
  readonly summary: string;
}

export const ROUTES = {
  home: { method: 'GET', path: '/', access: ['public'], summary: 'What this is, as a page' },
  health: { method: 'GET', path: '/healthz', access: ['public'], summary: 'The process is up' },
  ready: { method: 'GET', path: '/readyz', access: ['public'], summary: 'The process can take work' },
  openapi: { method: 'GET', path: `${API}/openapi.json`, access: ['public'], summary: 'This description' },
  listEnvironments: {
    method: 'GET',
    path: `${API}/environments`,
    access: ['operator'],
    summary: 'List environments',
  },
  environmentByNamespace: {
    method: 'GET',
    path: `${API}/environments/namespace/:namespace`,
    access: ['operator'],
    summary: 'One environment by its namespace',
  },
  environment: {
    method: 'GET',
    path: `${API}/environments/:id`,
    access: ['operator'],
    summary: 'One environment',
  },
  environmentDeployments: {
    method: 'GET',
    path: `${API}/environments/:id/deployments`,
    access: ['operator'],
    summary: 'History of an environment, newest first',
  },
  destroyEnvironment: {
    method: 'POST',
    path: `${API}/environments/:id/destroy`,
    access: ['operator'],
    summary: 'Tear an environment down',
  },
  startDeployment: {
    method: 'POST',
    path: `${API}/deployments`,
    access: ['identity'],
    summary: 'A workflow run takes a deployment on',
  },
  deployment: {
    method: 'GET',
    path: `${API}/deployments/:id`,
    access: ['run', 'operator'],
    summary: 'One deployment',
  },
  recordProgress: {
    method: 'PATCH',
    path: `${API}/deployments/:id`,
    access: ['run'],
    summary: 'Stages as they go, and the outcome',
  },
  appendLogs: {
    method: 'POST',
    path: `${API}/deployments/:id/logs`,
    access: ['run'],
    summary: 'Append log lines',
  },
  readLogs: {
    method: 'GET',
    path: `${API}/deployments/:id/logs`,
    access: ['run', 'operator'],
    summary: 'Log lines in order',
  },
  uploadPlan: {
    method: 'POST',
    path: `${API}/deployments/:id/manifest`,
    access: ['run'],
    summary: 'Names the files of a build; answers which of them are missing',
  },
  uploadPack: {
    method: 'POST',
    path: `${API}/deployments/:id/blobs`,
    access: ['run'],
    summary: 'Sends missing files, many in one request',
  },
  listDeliveries: {
    method: 'GET',
    path: `${API}/deliveries`,
    access: ['operator'],
    summary: 'Webhooks and decisions',
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;

/** A path with its parameters filled in. */
export function pathTo(name: RouteName, parameters: Readonly<Record<string, string>> = {}): string {
  return ROUTES[name].path.replace(/:(\w+)/g, (_match, key: string) =>
    encodeURIComponent(parameters[key] ?? ''),
  );
}
