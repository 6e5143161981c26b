import type { Deployment } from '../deployments/model.js';
import type { DeploymentPorts } from '../deployments/store.js';
import { type Environment, isActive, isUnwell, neverDeployed } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { Preferences, User, UserPorts } from '../people/user.js';
import type { ChannelEvent } from '../shared/notification-words.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import type { ChannelPorts } from './channel.js';
import type { MailerPorts } from './mailer.js';
import type { Announcement, Facts, NotificationPorts } from './notification.js';

type Ports = NotificationPorts &
  Pick<ChannelPorts, 'channels'> &
  MailerPorts &
  EnvironmentPorts &
  DeploymentPorts &
  UserPorts &
  Tools;

/** What an announcement turned out to be about. */
interface Occurrence {
  readonly event: ChannelEvent;
  /** The same occurrence has the same one, however often it is looked at. */
  readonly key: string;
  readonly at: Date;
  readonly environment: StoredEnvironment;
  readonly facts: Facts;
}

/**
 * Makes the notifications of what was announced: one for each channel that wants it, and one for each person who does. It may run twice
 * for the same announcement, also in two processes at once: a notification whose key is there is not made again. Answers how many
 * announcements it worked on.
 */
export async function raiseNotifications(ports: Ports, most: number): Promise<number> {
  const announcements = await ports.announcements.next(most);
  for (const announcement of announcements) {
    try {
      const occurrence = await occurrenceOf(ports, announcement);
      if (occurrence) await raise(ports, occurrence);
      await ports.announcements.done(announcement);
    } catch (error) {
      ports.log('warn', 'notifications could not be made and will be tried again', {
        ...announcement,
        error,
      });
    }
  }
  return announcements.length;
}

async function occurrenceOf(ports: Ports, { noun, id, at }: Announcement): Promise<Occurrence | null> {
  if (noun === 'environment') {
    const environment = await ports.environments.get(id);
    return environment && occurrenceOfEnvironment(environment, at);
  }
  const deployment = await ports.deployments.get(id);
  const environment = deployment && (await ports.environments.get(deployment.environmentId));
  return environment && occurrenceOfDeployment(environment, deployment);
}

/** Null when it is in another state by now, so that there is nothing to tell any more. */
function occurrenceOfEnvironment(environment: StoredEnvironment, at: Date): Occurrence | null {
  const { id, generation, status, decision, health } = environment;
  const occurrence = (event: ChannelEvent): Occurrence => ({
    ...{ event, at, environment, key: `${id}.${String(generation)}` },
    facts: factsOf(environment, { deployment: null, reason: decision?.detail ?? null, at }),
  });
  if (status === ENVIRONMENT_STATUS.awaitingApproval) return occurrence('approval.needed');
  if (health && isUnwell(health) && isActive(environment))
    return {
      ...{ event: 'environment.unhealthy', at: health.since, environment },
      key: `${id}.${health.since.toISOString()}`,
      facts: factsOf(environment, { deployment: null, reason: health.detail, at: health.since }),
    };
  // No visitor saw what ended before it was shown.
  const wasShown = !neverDeployed(environment);
  return status === ENVIRONMENT_STATUS.destroyed && wasShown ? occurrence('environment.destroyed') : null;
}

function occurrenceOfDeployment(environment: StoredEnvironment, deployment: Deployment): Occurrence | null {
  const { id, status, error, cause } = deployment;
  const at = deployment.completedAt ?? deployment.updatedAt;
  const occurrence = (event: ChannelEvent, reason: string | null): Occurrence => ({
    ...{ event, key: id, at, environment },
    facts: factsOf(environment, { deployment, reason, at }),
  });
  if (status === DEPLOYMENT_STATUS.success) return occurrence('deployment.succeeded', null);
  return status === DEPLOYMENT_STATUS.failed ? occurrence('deployment.failed', cause?.line ?? error) : null;
}

interface About {
  readonly deployment: Deployment | null;
  readonly reason: string | null;
  readonly at: Date;
}

function factsOf(environment: Environment, { deployment, reason, at }: About): Facts {
  const { id, name, url, projectId, project, repository, pullRequest } = environment;
  return {
    project: { id: projectId, name: project },
    repository,
    environment: { id, name, url },
    pullRequest: pullRequest && {
      number: pullRequest.number,
      title: pullRequest.title,
      author: pullRequest.author.login,
      url: pullRequest.url,
    },
    deployment: deployment && {
      id: deployment.id,
      commit: deployment.sha,
      branch: deployment.branch,
      commitMessage: deployment.commitMessage,
      url: deployment.url,
      commitUrl: deployment.commitUrl,
      logsUrl: deployment.logsUrl,
      seconds: secondsOf(deployment),
    },
    reason,
    at: at.toISOString(),
  };
}

function secondsOf({ startedAt, completedAt }: Deployment): number | null {
  return startedAt && completedAt ? (completedAt.getTime() - startedAt.getTime()) / 1_000 : null;
}

async function raise(ports: Ports, { event, key, at, environment, facts }: Occurrence): Promise<void> {
  const { projectId } = environment;
  for (const channel of await ports.channels.wanting(projectId, event)) {
    // A channel is not told of what happened before it was made.
    if (channel.createdAt > at) continue;
    await ports.notifications.add({
      id: ports.newId(),
      key: `${channel.id}.${key}.${event}`,
      medium: channel.kind,
      channelId: channel.id,
      ...{ event, projectId, facts },
    });
  }
  const reader = ports.mailer.available ? await readerOf(ports, { event, environment }) : null;
  if (reader === null) return;
  const mail = { id: ports.newId(), key: `${reader.id}.${key}.${event}`, medium: 'email' } as const;
  await ports.notifications.add({ ...mail, userId: reader.id, event, projectId, facts });
}

const WANTS: Readonly<Partial<Record<string, keyof Preferences>>> = {
  'deployment.succeeded': 'emailOnSuccess',
  'deployment.failed': 'emailOnFailure',
};

/** Whether a person gets mails of this event: they proved the address, and their preferences say so. */
export function wantsMail(user: User, event: string): user is User & { readonly email: string } {
  const { active, email, emailVerified, preferences } = user;
  const preference = WANTS[event];
  return (
    active &&
    email !== null &&
    emailVerified &&
    preferences.email &&
    !!preference &&
    preferences[preference] === true
  );
}

/** Mails go to the author of the pull request, if that person has an account here. */
async function readerOf(
  ports: Ports,
  { event, environment }: Pick<Occurrence, 'event' | 'environment'>,
): Promise<User | null> {
  const { pullRequest } = environment;
  if (pullRequest === null || pullRequest.author.isBot || !(event in WANTS)) return null;
  const author = await ports.users.byGitHubId(pullRequest.author.id);
  return author && wantsMail(author, event) ? author : null;
}
