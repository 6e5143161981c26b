import type { Deployment } from '../../../src/deployments/model.js';
import { situationOf, type Situation } from '../../../src/deployments/situation.js';
import { isActive, type Environment } from '../../../src/environments/model.js';
import type { CommentRow } from '../../../src/reports/reporter.js';
import { showSpan, showTime } from '../../../src/shared/time.js';
import { failureOf, type Failure } from './failure.js';
import { lastGoodOf, type LastGood } from './last-good.js';
import { livesElsewhere } from './lives-elsewhere.js';
import { outcomePhrase } from './outcome-phrase.js';
import { commitRef, type CommitRef } from './phrases.js';
import { reasonOf } from './reason.js';
import { remedyOf, runsUrlOf } from './remedy.js';

export interface RowModel extends Situation {
  readonly project: string;
  readonly phrase: string;
  readonly url: string | null;
  /** Where it will be: the address is known before there is anything to see. */
  readonly coming: string | null;
  readonly commit: CommitRef | null;
  readonly updated: string;
  readonly lastGood: LastGood | null;
  readonly failure: Failure | null;
  readonly reason: string | null;
  readonly remedy: string;
  /** Where the workflow is run again, of a commit that waits for that. */
  readonly runsUrl: string | null;
  readonly lived: string | null;
  readonly logsUrl: string | null;
  readonly commitUrl: string | null;
  readonly expires: string | null;
  readonly elsewhere: boolean;
}

const LOG_ROOM = { lines: 10, characters: 3_000 };

export function rowModel({ environment, deployment }: CommentRow): RowModel {
  const situation = situationOf(environment, deployment);
  const { story } = situation;
  const live = story === 'live';
  const over = story === 'over' || story === 'unseen';
  const elsewhere = livesElsewhere(environment, deployment);
  return {
    ...situation,
    project: environment.project,
    phrase: outcomePhrase(story, deployment),
    url: live ? (environment.current?.url ?? environment.url) : null,
    coming: story === 'waiting' || story === 'building' ? environment.url : null,
    commit: environment.head ? commitRef(environment, environment.head.sha) : null,
    updated: showTime(changedAt(environment, deployment)),
    lastGood: lastGoodOf(environment, deployment),
    failure: story === 'broken' ? failureOf(deployment, LOG_ROOM) : null,
    reason: reasonOf(story, environment)?.detail ?? null,
    remedy: remedyOf(story, environment, elsewhere),
    runsUrl: runsUrlOf(story, environment),
    lived: over && environment.deployedAt ? showSpan(environment.createdAt, environment.destroyedAt) : null,
    logsUrl: over ? null : (deployment?.logsUrl ?? null),
    commitUrl: live ? (deployment?.commitUrl ?? null) : null,
    expires: live && !elsewhere && environment.expiresAt ? showTime(environment.expiresAt) : null,
    elsewhere,
  };
}

/** The last thing a reader would call an event. The document's own time moves with every write, and a comment must not. */
function changedAt(environment: Environment, deployment: Deployment | null): Date {
  if (!isActive(environment))
    return environment.destroyedAt ?? deployment?.completedAt ?? environment.createdAt;
  const built = deployment && (deployment.completedAt ?? deployment.startedAt ?? deployment.createdAt);
  return built ?? environment.head?.at ?? environment.createdAt;
}
