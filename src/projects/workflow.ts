import type { Detected } from './frameworks.js';

export const WORKFLOW_PATH = '.github/workflows/preview.yml';

interface WorkflowFacts {
  /** `owner/repository@ref` of the Action. */
  readonly action: string;
  readonly serverUrl: string;
  readonly detected: Pick<Detected, 'served' | 'packageManager' | 'node'> | null;
  /** Of one of several projects of the repository. */
  readonly project: string | null;
}

/**
 * The workflow with which a repository gets previews. This is the one of the README, with the steps that the project needs before the
 * Action: its Node, its package manager, a builder of images.
 */
export function workflowFile({ action, serverUrl, detected, project }: WorkflowFacts): string {
  const inputs = [
    `server-url: ${serverUrl}`,
    ...(isBuiltAsImage(detected) ? ['cache: gha'] : []),
    ...(project === null ? [] : [`project: ${JSON.stringify(project)}`]),
  ];
  return [
    ...HEAD,
    ...toolSteps(detected),
    `      - uses: ${action}`,
    '        with:',
    ...inputs.map((line) => `          ${line}`),
    '',
  ].join('\n');
}

const HEAD = `name: Preview
on:
  pull_request:
    types: [opened, synchronize, reopened, ready_for_review] # ready_for_review: a draft becomes ready
permissions:
  contents: read
  id-token: write # lets the run prove its identity to your server, so you store no secret
concurrency:
  group: preview-\${{ github.event.pull_request.number }}
  cancel-in-progress: true
jobs:
  preview:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
        with:
          ref: \${{ github.event.pull_request.head.sha }}
          persist-credentials: false`.split('\n');

type Tools = WorkflowFacts['detected'];

function isBuiltAsImage(detected: Tools): boolean {
  return detected?.served === 'image' || detected?.served === 'services';
}

function toolSteps(detected: Tools): readonly string[] {
  if (detected === null) return [];
  if (isBuiltAsImage(detected))
    return ['      - uses: docker/setup-buildx-action@v3 # its builder can keep a cache'];
  return [...managerSteps(detected), ...nodeSteps(detected)];
}

function managerSteps({ packageManager }: NonNullable<Tools>): readonly string[] {
  if (packageManager === 'pnpm')
    return ['      - uses: pnpm/action-setup@v4 # the version is "packageManager" of package.json'];
  return packageManager === 'bun' ? ['      - uses: oven-sh/setup-bun@v2'] : [];
}

function nodeSteps({ node }: NonNullable<Tools>): readonly string[] {
  if (node === null) return [];
  return [
    '      - uses: actions/setup-node@v5',
    '        with:',
    `          node-version-file: ${node.file}`,
  ];
}

interface NewFile {
  /** GitHub's website. */
  readonly website: string;
  readonly repository: string;
  readonly branch: string;
  readonly content: string;
}

/** GitHub's own page for a new file, with its name and its content filled in. */
export function newFileUrl({ website, repository, branch, content }: NewFile): string {
  const path = [...repository.split('/'), 'new', ...branch.split('/')].map(encodeURIComponent).join('/');
  const query = new URLSearchParams({ filename: WORKFLOW_PATH, value: content });
  return `${website}/${path}?${String(query)}`;
}

/** Whether a workflow has the step of this server: the Action's input names it. */
export function callsServer(workflow: string, serverUrl: string): boolean {
  const values = workflow.matchAll(/server-url:[ \t]*(.+?)[ \t]*(?:#.*)?$/gm);
  const hosts = [...values].map(([, value = '']) => value.replace(/^(['"])(.*)\1$/, '$2'));
  return hosts.some((url) => url.includes('${{') || url.replace(/\/+$/, '') === serverUrl);
}
