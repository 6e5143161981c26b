import { userToken } from './emulate.js';
import type { Files } from './documents.js';
import type { Fault, Faults } from './gateway/faults.js';
import type { Recorder } from './gateway/recorder.js';
import { claimsOf } from './identity/claims.js';
import type { Issuer, TokenChanges } from './identity/issuer.js';
import { appJwt, mintToken } from './identity/app-tokens.js';
import type { Violation } from './openapi/validate.js';
import type { Permissions } from './options.js';
import type { GitHubState } from './state.js';
import { findRepository, resolveRef } from './state.js';
import type { RunContext } from './story/run-context.js';
import { storyOf, type Story } from './story/story.js';
import type { Webhooks } from './webhooks/webhooks.js';
import type { World } from './world.js';

/** The App under test, as its operator knows it. */
export interface AppCredentials {
  readonly id: number;
  readonly slug: string;
  readonly privateKey: string;
  readonly webhookSecret: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface EmulatedGitHub extends Story {
  /** Base of API and pages: what GITHUB_API_URL and GITHUB_SERVER_URL say. */
  readonly url: string;
  readonly app: AppCredentials;
  readonly webhooks: Webhooks;
  readonly oidc: Issuer;
  /** For assertions that the API does not answer; changing it is the story's business. */
  readonly state: GitHubState;
  /** What GitHub's OpenAPI description forbids: assert that it is empty. */
  readonly violations: readonly Violation[];
  readonly requests: Recorder['requests'];
  readonly writes: Recorder['writes'];
  forgetRequests(): void;
  fail(fault: Fault): void;
  stopFailing(): void;
  installationId(account: string): number | undefined;
  /** Credentials of a person, of the App itself, and of its installation on one repository. */
  userToken(login: string): string;
  appJwt(): string;
  installationToken(repository: string, permissions?: Permissions): Promise<string>;
  /** The OIDC token of a job, with claims or header fields changed or taken away: what GitHub would never issue. */
  signToken(run: RunContext, changes?: TokenChanges): string;
  /** The files of a commit, branch, `refs/pull/N/head` or `refs/pull/N/merge`. */
  filesAt(repository: string, ref: string): Files;
  close(): Promise<void>;
}

interface Behind {
  readonly faults: Faults;
  close(): Promise<void>;
}

export function controlsOf(world: World, { faults, close }: Behind): EmulatedGitHub {
  const { id, slug, privateKey, permissions: all } = world.apps.ours;
  return {
    ...storyOf(world),
    url: world.url,
    app: {
      id,
      slug,
      privateKey,
      webhookSecret: world.options.app.webhookSecret,
      clientId: world.options.app.clientId,
      clientSecret: world.options.app.clientSecret,
    },
    webhooks: world.webhooks,
    oidc: world.issuer,
    state: world.state,
    violations: world.violations,
    requests: world.recorder.requests,
    writes: world.recorder.writes,
    forgetRequests: world.recorder.clear,
    fail: faults.add,
    stopFailing: faults.clear,
    installationId: (account) => world.state.installations.get(account),
    userToken: (login) => userToken(login),
    appJwt: () => appJwt(world.apps.ours),
    installationToken: (repository, permissions = all) => installationToken(world, repository, permissions),
    signToken: (run, changes = {}) =>
      world.issuer.sign({ ...changes, claims: { ...claimsOf(run), ...changes.claims } }),
    filesAt: (repository, ref) => filesAt(world, repository, ref),
    close,
  };
}

async function installationToken(world: World, fullName: string, permissions: Permissions): Promise<string> {
  const repository = findRepository(world.state, fullName);
  if (!repository) throw new Error(`The emulated GitHub has no repository ${fullName}: create it first.`);
  const { id, owner } = repository.document;
  const now = world.options.clock();
  const wanted = { app: world.apps.ours, account: owner.login, repositoryId: id, permissions, now };
  const { token, actor } = await mintToken(world.emulate, wanted);
  world.state.actors.set(token, actor);
  return token;
}

function filesAt(world: World, fullName: string, ref: string): Files {
  const repository = findRepository(world.state, fullName);
  const files = repository && world.state.files.get(resolveRef(repository, ref) ?? ref);
  if (files) return files;
  throw new Error(`The emulated GitHub has no commit ${ref} in ${fullName}: push it first.`);
}
