/** Words of the description for people. The server alone loads them: a bundle of the Action has none of them. */

/** The nouns of the API, by the first part of their paths, in the order of the reference. */
const TAGS: Readonly<Record<string, string>> = {
  environments: 'Environments: one place where a project runs for a pull request, with its URL.',
  deployments:
    'Deployments: one attempt to put one commit into an environment, its stages, logs and uploads.',
  projects: 'Projects: what a team deploys from a repository, and its settings.',
  repositories: 'Repositories that the GitHub App can see.',
  variables: 'Variables: plain values for builds and previews, in layers.',
  secrets: 'Secrets: values that can be written and replaced, and never read.',
  deliveries: 'Deliveries: the webhooks that the server received, with what it decided.',
  notifications: 'Notifications: what the server told other systems, and where it tells it.',
  removals: 'Removals: what only a workflow run can remove, given to the run that asks.',
  targets: 'Targets: the kinds of host that this server can deploy to.',
  leaks: 'Leaks: what targets hold and no living preview needs.',
  me: 'The account of the signed-in person: profile, preferences, sessions, connections.',
  tokens: 'API tokens of the signed-in person.',
  users: 'People with an account on this server.',
  session: 'Sign-in and sign-out.',
  audit: 'The audit log: who did what.',
  instance: 'The state of this server, for those who run it.',
  server: 'What the server says of itself: its health and this description.',
};

export const SERVER_TAG = 'server';

/** `environments` for `/api/v1/environments/:id`. Paths outside of the API belong to the server itself. */
export function tagOf(path: string): string {
  const part = /^\/api\/v\d+\/([a-z-]+)(?:\/|$)/.exec(path)?.[1];
  return part ?? SERVER_TAG;
}

/** The tags of these paths with their descriptions, in the order of the reference. A new noun without a sentence comes last. */
export function tagsOf(
  paths: readonly string[],
): readonly { readonly name: string; readonly description: string }[] {
  const used = new Set(paths.map(tagOf));
  const known = Object.keys(TAGS).filter((name) => used.has(name));
  const others = [...used].filter((name) => !Object.hasOwn(TAGS, name)).sort();
  return [...known.slice(0, -1), ...others, ...known.slice(-1)].map((name) => ({
    name,
    description: TAGS[name] ?? `Operations on ${name.replaceAll('-', ' ')}.`,
  }));
}

/** What a field means, by its name, wherever a schema does not say it itself. */
const FIELDS: Readonly<Record<string, string>> = {
  id: 'Its id.',
  cursor: '`nextCursor` of the page before; the first page when absent.',
  limit: 'How many items a page holds at most.',
  nextCursor: 'Names the next page; null on the last one.',
  items: 'The items of this page, newest first.',
  active_only: '`true` leaves out environments that are destroyed or being destroyed.',
  repository_id: "GitHub's id of a repository.",
  project: 'The project.',
  repository: 'The repository, as owner/name.',
  repoId: "GitHub's id of the repository.",
  repositoryId: "GitHub's id of the repository.",
  projectId: 'The project that it belongs to.',
  installationId: "GitHub's id of the App's installation.",
  force: '`true`: do not wait for a workflow run that removes what a command deployed.',
  pull_request: 'The number of a pull request. It needs `repository`.',
  status: 'The status.',
  namespace: 'Host label of the environment: unique on this server.',
  generation: 'Grows with every new head, re-run, reopening and removal.',
  access: 'Who may open previews: `public`, `password` or `github`.',
  protection: 'Who may open it, and how.',
  live: 'Visitors can open a deployment of it now.',
  url: 'Where visitors open it.',
  commit: 'The newest commit of the pull request.',
  currentCommit: 'The commit that is live; null when nothing is.',
  latestDeployment: 'The deployment of the newest commit.',
  currentDeployment: 'The deployment that is live; null when none is.',
  commitUrl: 'The URL that keeps showing this commit.',
  logsUrl: 'The log of the workflow run on GitHub.',
  decision: 'What the server decided, by which rule, and what to do next.',
  error: 'Why it failed, in a sentence for people; null when it did not.',
  hookFailure: 'Why its hook `destroyed` failed; null when it did not, or did not run yet.',
  expiresAt: 'When it ends unless something happens in it before; null when it does not end by itself.',
  pinned: 'A person keeps it: it does not expire until it is unpinned.',
  createdAt: 'When it was created.',
  updatedAt: 'When it last changed.',
  deployedAt: 'When a deployment last went live.',
  destroyedAt: 'When it was destroyed.',
  startedAt: 'When it began; null until then.',
  completedAt: 'When it ended; null until then.',
  receivedAt: 'When the server received it.',
  durationSeconds: 'How long it took; null until it ended.',
  sha: 'The full SHA of the commit.',
  duration: 'How much longer: 90m, 12h or 2d. It counts from the present end.',
  run: 'The workflow run.',
  attempt: 'Which attempt of the run it is, from 1.',
  job: 'The job of the run.',
  stages: 'The steps of the deployment, in order.',
  logTail: 'The last lines of the log of a failed stage.',
  cause: 'The first error in the log of a failed stage.',
  creator: 'What asked for the deployment.',
  target: 'Where it is deployed to.',
  image: 'The image that the target runs.',
  digest: 'The digest of the image.',
  healthPath: 'The path that must answer before the deployment goes live.',
  healthTimeoutMs: 'So long an answer of the path may take, in milliseconds; ten seconds when absent.',
  healthStatus: 'The statuses of a good answer, as `200,401` or `200-299`; from 200 to 399 when absent.',
  healthTimeout: 'So long an answer of the path may take, from 1s to 60s.',
  seen: 'The number of lines that the run has.',
  nodeVersion: 'The Node that the workflow asks for, as in engines.node.',
  builtOn: 'The machine on which the packages were installed.',
  started: 'Visitors can come to the URL of the commit.',
  problem: 'Why it will not start, or null.',
  environment: 'The environment.',
  environmentId: 'The environment that it belongs to.',
  deploymentId: 'The deployment that it belongs to.',
  seq: 'Its number, from 0. A batch that is sent again with the same number changes nothing.',
  code: 'What went wrong. Programs match on it.',
  reason: 'Why there is none, in a sentence for people; null when there is one.',
  changedShare: 'How much of the page changed, from 0 to 1.',
  signature: 'Given with the address of the picture.',
  message: 'What went wrong and what to do next, for people.',
  requestId: "The request in the server's log.",
};

export function fieldWords(name: string): string | undefined {
  return Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
}

/** Values for examples, by the name of the field. A value that a schema does not take is left out. */
const EXAMPLES: Readonly<Record<string, readonly unknown[]>> = {
  id: ['65f1c0de9a3b4c5d6e7f8091', '9f4c1b', '17250394821'],
  environmentId: ['65f1c0de9a3b4c5d6e7f8091'],
  deploymentId: ['65f1c0de9a3b4c5d6e7f80a4'],
  project: ['hello', '65f1c0de9a3b4c5d6e7f8070'],
  repository: ['acme/hello'],
  namespace: ['pr-42-hello'],
  name: ['pr-42', 'preview', 'building'],
  sha: ['1f3a5c7e9b2d4f60718293a4b5c6d7e8f9012345'],
  commit: ['1f3a5c7e9b2d4f60718293a4b5c6d7e8f9012345'],
  currentCommit: ['1f3a5c7e9b2d4f60718293a4b5c6d7e8f9012345'],
  digest: ['sha256:6f1ed002ab5595859014ebf0951522d9a4d0ac3c4d9dd0d7b2a6a3c1f0e8b7d5'],
  port: [3_000],
  file: ['services: { web: { build: . } }'],
  start: ['node server.js'],
  nodeVersion: ['>=20'],
  platform: ['linux'],
  arch: ['x64'],
  nodeMajor: [22],
  branch: ['add-page'],
  author: ['octocat'],
  title: ['Add a page'],
  number: [42],
  pullRequest: [42],
  pull_request: [42],
  repoId: [812],
  repository_id: [812],
  installationId: [5512],
  url: ['https://pr-42-hello.previews.example.com'],
  commitUrl: ['https://1f3a5c7-pr-42-hello.previews.example.com'],
  logsUrl: ['https://github.com/acme/hello/actions/runs/17250394821'],
  duration: ['2d'],
  job: ['preview'],
  attempt: [1],
  generation: [3],
  detail: ['The newest commit gets a preview. Wait for its build.'],
  rule: ['new-commit'],
  action: ['deploy', 'opened'],
  event: ['pull_request'],
  text: ['vite v6.0.0 building for production...'],
  code: ['not_found'],
  message: ['There is no such environment.'],
  requestId: ['9f86d081884c7d65'],
  cursor: ['65f1c0de9a3b4c5d6e7f8091'],
  nextCursor: ['65f1c0de9a3b4c5d6e7f8091'],
  error: [null],
  hookFailure: [null],
  destroyedAt: [null],
  cause: [null],
  openapi: ['3.1.0'],
  email: ['octavia@example.com'],
  login: ['octavia'],
  healthPath: ['/'],
  healthTimeout: ['10s'],
  healthTimeoutMs: [5_000],
  healthStatus: ['200,401'],
  output: ['dist'],
  install: ['npm ci'],
  build: ['npm run build'],
  workingDirectory: ['.'],
  root: ['a3f1c0de9a3b4c5d6e7f80911f3a5c7e9b2d4f60718293a4b5c6d7e8f9012345'],
  base: ['a3f1c0de9a3b4c5d6e7f80911f3a5c7e9b2d4f60718293a4b5c6d7e8f9012345'],
  type: ['build'],
};

export function exampleValues(name: string): readonly unknown[] {
  return Object.hasOwn(EXAMPLES, name) ? (EXAMPLES[name] ?? []) : [];
}
