import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runIdOf } from '../ours/facts.js';
import { pullRequestPayload } from '../load/pull-request-payload.js';

export interface Step {
  /** For the runner's files. */
  readonly folder: string;
  /** The checkout; the same folder unless given. */
  readonly workspace?: string;
  /** GitHub's, on this machine. */
  readonly port: number;
  readonly push?: number;
  readonly inputs: Readonly<Record<string, string>>;
}

/** The variables and files that GitHub's runner gives to a step, as far as the Action reads them. */
export async function stepEnvironment(step: Step): Promise<Record<string, string>> {
  const { folder, workspace = folder, port, push = 0, inputs } = step;
  await mkdir(folder, { recursive: true });
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
  const event = pullRequestPayload({ action: 'synchronize', repository: 0, number: 1, push });
  const here = `http://127.0.0.1:${port}`;
  return {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_API_URL: here,
    GITHUB_SERVER_URL: here,
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_EVENT_PATH: await file('event.json', event),
    GITHUB_OUTPUT: await file('output', ''),
    GITHUB_STATE: await file('state', ''),
    GITHUB_ENV: await file('env', ''),
    GITHUB_STEP_SUMMARY: await file('summary', ''),
    GITHUB_JOB: 'preview',
    GITHUB_REPOSITORY: 'Codertocat/Hello-World-0',
    GITHUB_RUN_ID: runIdOf(push),
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_WORKSPACE: workspace,
    ACTIONS_ID_TOKEN_REQUEST_URL: `${here}/oidc/${runIdOf(push)}`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'bench',
    RUNNER_TEMP: folder,
    ...Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
    ),
  };
}
