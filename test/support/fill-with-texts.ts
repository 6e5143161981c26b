import { randomBytes, randomUUID } from 'node:crypto';
import { mongo } from 'mongoose';
import { sealChannel } from '../../src/notifications/channel.js';
import { appendLogs } from '../../src/deployments/logs/append.js';
import { recordProgress } from '../../src/deployments/progress.js';
import { CONTAINER_STATUS, DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { cleanLine } from '../../src/shared/text.js';
import { delivery, newEnvironment, pullRequest } from './builders.js';
import { begin } from './run-by-hand.js';
import { AUTHOR, openPullRequest, pushSettings, type World } from './start-world.js';

interface Texts {
  readonly texts: readonly string[];
  readonly branches: readonly string[];
}

export interface Filled {
  /** A document of each kind that a page shows, by the name of the resource. */
  readonly ids: Readonly<Record<string, string>>;
  /** Where visitors are told that nothing is live, and why. */
  readonly previewUrl: string;
  /** What a page must show of the texts, by the name of its operation. */
  readonly shown: Readonly<Partial<Record<string, readonly string[]>>>;
}

/** So long a text fills a page of its own: it stands in the lists, where one is enough. */
const LONG = 1_000;
/** The runner cuts longer ones. */
const LONGEST_LINE = 100_000;
const AT = new Date('2026-01-01T00:00:00Z');
const anId = () => randomBytes(12).toString('hex');

/** Puts texts from outside everywhere where the dashboard shows some: what no way in would take, too. */
export async function fillWithTexts(world: World, { texts, branches }: Texts): Promise<Filled> {
  const { app } = world;
  const short = texts.filter(({ length }) => length < LONG);
  const all = short.join(' ');
  const begun = await begin(world, await openPullRequest(world));
  const { environment, deployment } = begun;
  const parts: Parts = { world, begun, texts, short, all, branches };
  const outcome = { status: DEPLOYMENT_STATUS.failed, error: all, logTail: short };
  const lines = texts.map((text) => ({
    ...{ at: AT, stage: 'building', level: 'info' as const },
    text: text.slice(0, LONGEST_LINE),
  }));
  for (const [seq, line] of lines.entries())
    await appendLogs(app.ports, { deploymentId: deployment.id, seq, lines: [line] });
  const body = { generation: deployment.generation, outcome };
  await recordProgress(app.ports, { deploymentId: deployment.id, body });
  await world.drain();
  await pushSettings(world, `"${short[9] ?? ''}": 1\nbuild: [ '${branches[0] ?? ''}' ]\n`);

  await fillLists(parts);
  await fillProject(parts);
  const people = await fillPeople(parts);
  const deliveryId = await fillDeliveries(parts);
  await rewrite(parts);
  const ids = {
    environmentId: environment.id,
    deploymentId: deployment.id,
    projectId: environment.projectId,
    repositoryId: String(world.repoId()),
    deliveryId,
  };
  const joined = branches.join(' ');
  const words = short.map(cleanLine);
  return {
    ids,
    previewUrl: environment.url,
    shown: {
      showOverview: [...texts, ...branches],
      showPreview: [all, joined, ...short],
      showDeployment: [joined, ...words],
      showDeliveries: short,
      showDelivery: [all],
      showProjects: short,
      showProject: [all],
      showProjectSettings: [all],
      showProjectVariables: short,
      showProjectMembers: [all, ...people.slice(0, 20), ...short.slice(0, 20)],
      showProjectNotifications: [all, ...short.slice(0, 20)],
      showProjectDanger: [all],
      showStatistics: short,
      showUsers: people,
      showAudit: short,
      showAccount: [all],
    },
  };
}

interface Parts extends Texts {
  readonly world: World;
  readonly begun: Awaited<ReturnType<typeof begin>>;
  /** Those that fit into a line. */
  readonly short: readonly string[];
  readonly all: string;
}

/** A preview for each text, with one of the names of branches; and a project for each. */
async function fillLists({ world, begun, texts, short, branches }: Parts): Promise<void> {
  const { environments, projects } = world.app.ports;
  const { projectId, project, repoId, repository } = begun.environment;
  const previews = texts.map(async (title, index) => {
    const ref = branches[index % branches.length] ?? '';
    const number = 100 + index;
    const facts = pullRequest({ number, title, head: { ref, sha: begun.deployment.sha, repoId } });
    const fresh = newEnvironment({ name: `pr-${String(number)}`, projectId, project, repoId, repository });
    await environments.ensure({ ...fresh, pullRequest: facts });
  });
  const others = short.map(async (name, index) => {
    const slug = `of-text-${String(index)}`;
    await projects.ensure({ repoId, name, slug, fallbackSlug: `${slug}-2`, isAdded: true });
  });
  await Promise.all([...previews, ...others]);
}

async function fillProject({ world, begun, short, all }: Parts): Promise<void> {
  const { ports } = world.app;
  const { environment, deployment } = begun;
  const { projectId } = environment;
  const scope = { layer: 'project', projectId } as const;
  for (const [index, value] of short.entries())
    await ports.variables.put({
      scope,
      name: `TEXT_${String(index)} ${value}`,
      value,
      updatedBy: value,
      updatedAt: AT,
      revision: anId(),
    });
  for (const name of short.slice(0, 20)) {
    const place = { projectId, id: anId() };
    const sealed = sealChannel(ports, place, { url: 'https://hello.example.com/', secret: null });
    const channel = { ...place, kind: 'webhook', name, host: name, events: [], active: true } as const;
    await ports.channels.create({ ...channel, sealed, createdAt: AT, updatedAt: AT });
    const ends = new Date(Date.now() + 86_400_000);
    const invitation = { id: anId(), projectId, email: name, role: 'read', by: name } as const;
    await ports.invitations.save({ ...invitation, createdAt: AT, expiresAt: ends });
  }
  const container = {
    ...{ environmentId: environment.id, deploymentId: deployment.id, target: 'docker', engineId: 'x' },
    ...{ host: all, port: 1, status: CONTAINER_STATUS.running, startedAt: AT, stoppedAt: null },
  };
  const containers = short.map((service) => ({ ...container, id: anId(), service, image: service }));
  await ports.containers.replace(deployment.id, containers);
  const artifact = short.map((path, size) => ({ path, size, hash: 'a'.repeat(64) }));
  await ports.artifacts.save({ projectId, root: 'a'.repeat(64), files: artifact, complete: true });
}

/** Answers the names that were given. */
async function fillPeople({ world, begun, short }: Parts): Promise<readonly string[]> {
  const { users, members, tokens, audit } = world.app.ports;
  const names = short.slice(-45);
  for (const [index, name] of names.entries()) {
    const seen = { login: `text-${String(index)}`, email: name, emailVerified: false, avatarUrl: name };
    const user = await users.create({
      ...seen,
      name,
      githubId: 90_000 + index,
      googleId: null,
      openId: null,
    });
    if (!user) throw new Error('The person is there already.');
    await members.set({ projectId: begun.environment.projectId, userId: user.id, role: 'read' });
  }
  const id = world.github.state.accounts.get(AUTHOR)?.id ?? 0;
  const author = await users.saveFromGitHub({ githubId: id, login: AUTHOR, email: null, avatarUrl: null });
  for (const name of short) {
    await audit.record({ actor: name, action: name, subject: name, detail: name });
    const scope = { kind: 'user', userId: author.id, name, abilities: ['read'], projectIds: null } as const;
    await tokens.issue({ hash: randomUUID(), scope, expiresAt: null, id: anId() });
  }
  await users.change(author.id, { name: short.join(' ').slice(0, 4_000) });
  return names;
}

/** Answers the id of the one with all texts. */
async function fillDeliveries({ world, begun, short, all }: Parts): Promise<string> {
  const { inbox } = world.app.ports;
  const decided = (detail: string) => ({
    action: detail,
    rule: detail,
    detail,
    environmentIds: [begun.environment.id],
  });
  const of = (text: string) => ({
    ...delivery({ guid: randomUUID(), repoId: world.repoId(), event: text, action: text }),
    ...{
      repository: text,
      decision: decided(text),
      headers: { 'x-text': text, [`x-${text.slice(0, 20).replaceAll(/[.$\0]/g, '')}`]: text },
    },
    receivedAt: new Date(),
  });
  const whole = of(all);
  await inbox.store([...short.map(of), { ...whole, body: Buffer.from(JSON.stringify({ text: all })) }]);
  return whole.guid;
}

/** What the stores would not take, or GitHub would not send. */
async function rewrite({ world, begun, short, all, branches }: Parts): Promise<void> {
  const client = await mongo.MongoClient.connect(world.mongodbUri);
  try {
    const db = client.db();
    const collection = (name: string) => db.collection<{ _id: string }>(name);
    const step = {
      action: 'deploy',
      rule: 'opened',
      actor: AUTHOR,
      at: AT,
      status: 'ready',
      generation: 1,
      sha: null,
    };
    const steps = short.map((detail) => ({ ...step, detail, source: { kind: 'server', id: null } }));
    const ref = branches.join(' ');
    await collection('environments').updateOne(
      { _id: begun.environment.id },
      {
        $set: {
          ...{ 'pullRequest.title': all, 'pullRequest.head.ref': ref, project: all, steps },
          notes: short.map((text) => ({ kind: 'settings', text })),
        },
      },
    );
    const message = `${all.replaceAll('\n', ' ')}\n\n${all}`;
    await collection('deployments').updateOne(
      { _id: begun.deployment.id },
      {
        $set: {
          commitMessage: message,
          branch: ref,
          target: all,
          triggeredBy: AUTHOR,
          artifactRoot: 'a'.repeat(64),
        },
      },
    );
    await collection('projects').updateOne({ _id: begun.environment.projectId }, { $set: { name: all } });
    await collection('sessions').updateMany({}, { $set: { userAgent: all } });
  } finally {
    await client.close();
  }
}
