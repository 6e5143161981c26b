/** What no route of ours takes goes to emulate; its reply is completed where GitHub says more. */
import { z } from 'zod';
import { githubTime } from '../clock.js';
import { complete } from '../complete.js';
import type { Json } from '../documents.js';
import { userToken } from '../emulate.js';
import { actorOf, TOKEN_LIFETIME_MS, tokenReply } from '../identity/app-tokens.js';
import { appDocument, botAccount } from '../routes/bot.js';
import type { World } from '../world.js';
import type { Incoming } from './incoming.js';
import { notFound, type ApiReply } from './reply.js';

export async function forward(world: World, incoming: Incoming): Promise<ApiReply> {
  const installation = /^\/app\/installations\/(\d+)\/access_tokens$/.exec(incoming.url.pathname)?.[1];
  const account = installation && accountOf(world, Number(installation));
  if (installation && !account) return notFound();
  const reply = await world.emulate.send({
    method: incoming.method,
    path: withKnownRef(world, incoming.url),
    ...(incoming.token === undefined ? {} : { token: behind(world, incoming.token) }),
    headers: incoming.accept === undefined ? {} : { accept: incoming.accept },
    body: incoming.body,
  });
  const answered = parsed(reply.text);
  const body = account && reply.status === 201 ? remember(world, account, answered) : answered;
  const isJson = typeof body === 'object';
  const whole = isJson ? withCounts(incoming, withApps(world, complete(body, world.url))) : body;
  return {
    status: reply.status,
    ...(body === undefined ? {} : { body: whole }),
    headers: reply.link === undefined ? {} : { link: reply.link },
  };
}

/** emulate does not know the tokens of our OAuth: it sees one of the same person. */
function behind({ state }: World, token: string): string {
  const actor = state.actors.get(token);
  return token.startsWith('ghu_') && actor?.kind === 'user' ? userToken(actor.login) : token;
}

function accountOf(world: World, installationId: number): string | undefined {
  return [...world.state.installations].find(([, id]) => id === installationId)?.[0];
}

/** emulate issues the token; who it speaks for has to be known here as well. */
function remember(world: World, account: string, body: unknown): Json {
  const now = world.options.clock();
  const expires_at = githubTime(() => now + TOKEN_LIFETIME_MS);
  const reply = { ...tokenReply.parse(body), expires_at };
  world.state.actors.set(reply.token, actorOf(world.apps.ours, { account, reply, now }));
  if (!reply.repositories) return reply;
  const repositories = reply.repositories.map(({ id }) => world.state.repositories.get(id)?.document);
  return { ...reply, repositories };
}

function withKnownRef(world: World, url: URL): string {
  const head = world.state.mergeHeads.get(url.searchParams.get('ref') ?? '');
  if (head === undefined) return url.pathname + url.search;
  const target = new URL(url);
  target.searchParams.set('ref', head);
  return target.pathname + target.search;
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const repository = z.looseObject({ full_name: z.string(), created_at: z.string() });

/** A repository that is asked for by its name comes with two counts more, and was pushed to. */
function withCounts({ url }: Incoming, value: unknown): unknown {
  const found = /^\/repos\/[^/]+\/[^/]+$/.test(url.pathname) ? repository.safeParse(value).data : undefined;
  if (!found) return value;
  return {
    ...found,
    pushed_at: found['pushed_at'] ?? found.created_at,
    network_count: found['forks_count'] ?? 0,
    subscribers_count: 0,
  };
}

const commentByBot = z.looseObject({
  user: z.looseObject({ login: z.string().endsWith('[bot]') }),
  body: z.string(),
});

/** Comments of Apps name their App. */
function withApps(world: World, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => withApps(world, one));
  const comment = commentByBot.safeParse(value);
  return comment.success ? ofApp(world, comment.data.user.login, comment.data) : value;
}

function ofApp(world: World, login: string, comment: Json): Json {
  const app = [world.apps.ours, world.apps.actions].find(({ slug }) => login === `${slug}[bot]`);
  if (!app) return comment;
  return { ...comment, user: botAccount(world, app), performed_via_github_app: appDocument(world, app) };
}
