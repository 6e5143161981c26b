/** The variables of a step: https://docs.github.com/actions/reference/workflows-and-actions/variables */
import { homedir } from 'node:os';
import { delimiter, dirname } from 'node:path';
import type { RunContext } from '../github/story/run-context.js';
import { evaluate, inputVariable, type Manifest } from './action-manifest.js';
import type { CommandFiles } from './command-files.js';

export interface StepSetting {
  readonly run: RunContext;
  readonly manifest: Manifest;
  readonly action: string;
  readonly workspace: string;
  readonly temp: string;
  readonly eventPath: string;
  readonly files: CommandFiles;
  readonly inputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

type Variables = Readonly<Record<string, string>>;

/** Complete: nothing of the environment that the runner itself was started in leaks into a step. */
export function stepEnvironment(step: StepSetting): Variables {
  return {
    ...hostVariables(),
    CI: 'true',
    ...githubVariables(step),
    ...runnerVariables(step),
    ...identityVariables(step.run),
    ...step.files,
    ...step.env,
    ...inputVariables(step),
  };
}

function hostVariables(): Variables {
  const system = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  return { PATH: [dirname(process.execPath), ...system].join(delimiter), HOME: homedir() };
}

function githubVariables({ run, action, workspace, eventPath }: StepSetting): Variables {
  const { document: repository } = run.repository;
  return {
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: 'preview',
    GITHUB_ACTION_PATH: action,
    GITHUB_ACTOR: run.actor.login,
    GITHUB_ACTOR_ID: String(run.actor.id),
    GITHUB_TRIGGERING_ACTOR: run.actor.login,
    GITHUB_API_URL: run.githubUrl,
    GITHUB_SERVER_URL: run.githubUrl,
    GITHUB_GRAPHQL_URL: `${run.githubUrl}/graphql`,
    GITHUB_BASE_REF: run.baseRef,
    GITHUB_HEAD_REF: run.headRef,
    GITHUB_REF: run.ref,
    GITHUB_REF_NAME: run.ref.replace(/^refs\/(heads|pull)\//, ''),
    GITHUB_REF_TYPE: 'branch',
    GITHUB_REF_PROTECTED: 'false',
    GITHUB_SHA: run.sha,
    GITHUB_EVENT_NAME: run.eventName,
    GITHUB_EVENT_PATH: eventPath,
    GITHUB_JOB: run.job,
    GITHUB_REPOSITORY: repository.full_name,
    GITHUB_REPOSITORY_ID: String(repository.id),
    GITHUB_REPOSITORY_OWNER: repository.owner.login,
    GITHUB_REPOSITORY_OWNER_ID: String(repository.owner.id),
    GITHUB_RETENTION_DAYS: '90',
    GITHUB_RUN_ID: String(run.id),
    GITHUB_RUN_NUMBER: String(run.number),
    GITHUB_RUN_ATTEMPT: String(run.attempt),
    GITHUB_WORKFLOW: run.workflow.name,
    GITHUB_WORKFLOW_REF: `${repository.full_name}/${run.workflow.path}@${run.ref}`,
    GITHUB_WORKFLOW_SHA: run.sha,
    GITHUB_WORKSPACE: workspace,
  };
}

function runnerVariables({ temp }: StepSetting): Variables {
  return {
    RUNNER_NAME: 'GitHub Actions 1',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_OS: 'Linux',
    RUNNER_ARCH: process.arch === 'arm64' ? 'ARM64' : 'X64',
    RUNNER_TEMP: temp,
    RUNNER_TOOL_CACHE: `${temp}/tool-cache`,
    RUNNER_WORKSPACE: temp,
  };
}

function identityVariables({ idToken }: RunContext): Variables {
  if (!idToken) return {};
  return {
    ACTIONS_ID_TOKEN_REQUEST_URL: idToken.requestUrl,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: idToken.requestToken,
  };
}

function inputVariables({ manifest, inputs, run }: StepSetting): Variables {
  const { full_name: repository } = run.repository.document;
  const github = { token: run.token, repository, sha: run.sha, ref: run.ref, server_url: run.githubUrl };
  const values = Object.entries({ ...manifest.defaults, ...inputs });
  return Object.fromEntries(values.map(([name, value]) => [inputVariable(name), evaluate(value, github)]));
}
