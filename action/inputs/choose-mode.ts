import { VitrineError } from '../../src/shared/errors.js';
import type { Context, PullRequest } from '../runner/context.js';
import type { Inputs } from './inputs.js';

export type Mode =
  | { readonly kind: 'server'; readonly serverUrl: string; readonly pullRequest: PullRequest }
  | { readonly kind: 'github'; readonly url: string }
  | { readonly kind: 'destroy' }
  | { readonly kind: 'remove'; readonly serverUrl: string; readonly number: number }
  | { readonly kind: 'nothing'; readonly reason: string };

interface ModeInput {
  readonly inputs: Inputs;
  readonly context: Context;
  /** The workflow may ask GitHub for an identity token. */
  readonly identified: boolean;
}

export const BY_SERVER =
  'The server removes the preview when the pull request closes: this step has nothing to do.';

/** Decides what this run does, from its inputs and its event. */
export function chooseMode(input: ModeInput): Mode {
  const { inputs, context } = input;
  if (inputs.action === 'none') return nothing('The input "action" is "none".');
  if (context.pullRequest === null && inputs.prNumber === null) {
    return nothing(
      `The event "${context.event}" belongs to no pull request: run on pull_request, or set the input "pr-number".`,
    );
  }
  const closed = context.event === 'pull_request' && context.eventAction === 'closed';
  if (inputs.action === 'destroy' || (inputs.action === 'auto' && closed))
    return removing(input) ?? destroying(inputs);
  return inputs.serverUrl === null ? withoutServer(inputs) : withServer(input, inputs.serverUrl);
}

/** What a deploy command made, only a destroy command can remove; null where there is none. */
function removing({ inputs, context, identified }: ModeInput): Mode | null {
  const { serverUrl, destroyCommand } = inputs;
  if (serverUrl === null || destroyCommand === null) return null;
  const { pullRequest } = context;
  const number = inputs.prNumber ?? pullRequest?.number;
  if (number === undefined) return null;
  if (pullRequest !== null) refuseOtherNumber(inputs, pullRequest);
  return identified ? { kind: 'remove', serverUrl, number } : nothing(withoutIdentity(pullRequest));
}

/** With a server, the Action updates only the reports that it made while the server was unavailable. */
function destroying({ action, serverUrl, url, githubToken }: Inputs): Mode {
  if (serverUrl !== null && action === 'destroy')
    return nothing(
      'The input "action: destroy" has nothing to do without "destroy-command": the server removes the preview when the pull request closes.',
    );
  if (serverUrl === null) refuseWithoutToken(githubToken);
  else if (url === null || githubToken === '') return nothing(BY_SERVER);
  return { kind: 'destroy' };
}

function withServer({ inputs, context, identified }: ModeInput, serverUrl: string): Mode {
  const { pullRequest } = context;
  if (context.event !== 'pull_request' || pullRequest === null) {
    if (inputs.url !== null) return reporting(inputs, inputs.url);
    return nothing(
      `The server accepts deployments only from the event "pull_request", not from "${context.event}".`,
    );
  }
  refuseOtherNumber(inputs, pullRequest);
  if (identified) return { kind: 'server', serverUrl, pullRequest };
  return nothing(withoutIdentity(pullRequest));
}

function withoutIdentity(pullRequest: PullRequest | null): string {
  return pullRequest?.fork
    ? 'GitHub gives pull requests from forks no identity token, so this run cannot deploy. A maintainer can push the branch to this repository.'
    : 'This job cannot get an identity token from GitHub. Add "permissions: { contents: read, id-token: write }" to the job.';
}

/** The identity token names one pull request, so the server would refuse a deployment of another one. */
function refuseOtherNumber({ prNumber }: Inputs, { number }: PullRequest): void {
  if (prNumber === null || prNumber === number) return;
  throw new VitrineError(
    'bad_request',
    `The input "pr-number" is ${String(prNumber)}, but this run is for #${String(number)}: with "server-url" leave it out.`,
  );
}

function withoutServer(inputs: Inputs): Mode {
  const { url, action, target, deployCommand } = inputs;
  if (deployCommand !== null)
    throw new VitrineError(
      'bad_request',
      'The input "deploy-command" needs a server that remembers what it deployed: set the input "server-url". Without one, deploy in a step of your own and set the input "url".',
    );
  if (target !== null)
    throw new VitrineError(
      'bad_request',
      `The target ${JSON.stringify(target)} needs a server: set the input "server-url".`,
    );
  if (url === null) {
    throw new VitrineError(
      'bad_request',
      'Set the input "server-url" to deploy to your Vitrine server, or "url" to report a preview that an earlier step deployed.',
    );
  }
  if (action === 'resolve') return nothing('Without a server, the URL of the preview is the input "url".');
  return reporting(inputs, url);
}

function reporting({ githubToken }: Inputs, url: string): Mode {
  refuseWithoutToken(githubToken);
  return { kind: 'github', url };
}

export function refuseWithoutToken(token: string): void {
  if (token !== '') return;
  throw new VitrineError(
    'bad_request',
    'Set the input "github-token": without a server the Action reports with it.',
  );
}

function nothing(reason: string): Mode {
  return { kind: 'nothing', reason };
}
