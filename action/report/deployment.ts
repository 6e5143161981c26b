import { VitrineError } from '../../src/shared/errors.js';
import { DEPLOYMENT_STATE, type GitHubDeploymentState } from '../../src/shared/status/github.js';
import { parseJson, textAt } from '../http/json.js';
import type { GitHub } from './connect.js';
import { DEPLOYMENTS_QUERY } from './transport.js';

/** GitHub lists the newest first, so the deployments of an open pull request are on these pages. */
const MAX_PAGES = 5;
/** https://docs.github.com/rest/deployments/statuses */
const DESCRIPTION = 140;

export interface DeploymentKey {
  readonly preview: string;
  readonly project: string;
}

interface StatusInput {
  readonly id: number;
  readonly state: GitHubDeploymentState;
  readonly description: string;
  readonly url?: string;
  readonly logUrl: string;
}

/** Creates the deployment of a commit, or continues with the one of an earlier try. */
export async function openDeployment(
  github: GitHub,
  { sha, key }: { sha: string; key: DeploymentKey },
): Promise<number> {
  const { octokit, at } = github;
  const existing = (await deploymentsOf(github, key)).find((deployment) => deployment.sha === sha);
  if (existing) return existing.id;
  const { data } = await octokit.rest.repos.createDeployment({
    ...at,
    ref: sha,
    environment: DEPLOYMENTS_QUERY.environment,
    description: `Preview of ${key.preview}`,
    payload: { ...key },
    // Otherwise GitHub waits for other checks and merges the base branch.
    required_contexts: [],
    auto_merge: false,
    transient_environment: true,
    production_environment: false,
  });
  if ('id' in data) return data.id;
  throw new VitrineError(
    'bad_gateway',
    `GitHub created no deployment: ${data.message ?? 'it gave no reason'}`,
  );
}

export async function writeStatus(
  { octokit, at }: GitHub,
  { id, state, description, url, logUrl }: StatusInput,
): Promise<void> {
  await octokit.rest.repos.createDeploymentStatus({
    ...at,
    deployment_id: id,
    state,
    description: description.slice(0, DESCRIPTION),
    log_url: logUrl,
    // GitHub does not do this for transient environments: see `retireDeployments`.
    auto_inactive: false,
    ...(url === undefined ? {} : { environment_url: url }),
  });
}

/** Sets older deployments to inactive, which GitHub does not do for transient environments. */
export async function retireDeployments(
  github: GitHub,
  { key, except, logUrl }: { key: DeploymentKey; except: number | null; logUrl: string },
): Promise<number> {
  const old = (await deploymentsOf(github, key)).filter(({ id }) => id !== except);
  let retired = 0;
  for (const { id } of old) {
    const { data } = await github.octokit.rest.repos.listDeploymentStatuses({
      ...github.at,
      deployment_id: id,
      per_page: 1,
    });
    if (data[0]?.state === DEPLOYMENT_STATE.inactive) continue;
    await writeStatus(github, {
      id,
      state: DEPLOYMENT_STATE.inactive,
      description: 'Replaced or removed',
      logUrl,
    });
    retired += 1;
  }
  return retired;
}

async function deploymentsOf({ octokit, at }: GitHub, key: DeploymentKey) {
  const found = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const { data } = await octokit.rest.repos.listDeployments({
      ...at,
      ...DEPLOYMENTS_QUERY,
      page,
    });
    found.push(
      ...data.filter(
        ({ payload }) =>
          partOf(payload, 'preview') === key.preview && partOf(payload, 'project') === key.project,
      ),
    );
    if (data.length < DEPLOYMENTS_QUERY.per_page) break;
  }
  return found;
}

/** GitHub returns the payload as it was sent, or as JSON text. */
function partOf(payload: unknown, name: keyof DeploymentKey): string | null {
  return textAt(typeof payload === 'string' ? parseJson(payload) : payload, name);
}
