import type { mongo } from 'mongoose';
import { NOTE_KINDS } from '../../../src/environments/notes.js';
import {
  DELIVERY_STATUS,
  DEPLOYMENT_STATUS,
  ENDED_BY,
  type EndedBy,
  ENVIRONMENT_STATUS,
  STAGE_STATUS,
} from '../../../src/shared/status/words.js';
import type { Migration } from './migration.js';
import { objectOf, removeValidators, setValidators, validator } from './validators.js';

/** The sentences that version 0.1 wrote, and what ended a deployment that says so. The first that fits counts. */
const SENTENCES: readonly (readonly [EndedBy, RegExp])[] = [
  [ENDED_BY.runEnd, /^The workflow run ended without reporting a result:/],
  [ENDED_BY.runEnd, /^The workflow run was cancelled before it reported a result\.$/],
  [ENDED_BY.runSilence, /^The workflow run fell silent for 15 minutes:/],
  [ENDED_BY.noRun, /^No workflow run took this commit on within an hour/],
  [ENDED_BY.workflowsEnd, /^The workflow ended (before the preview step started:|without a preview step:)/],
  [ENDED_BY.workflowsEnd, /^All workflows (that could bring the preview of|of) this commit ended/],
  [ENDED_BY.newerCommit, /^A newer commit arrived\.$/],
  [ENDED_BY.newerRun, /^Another run of this commit took over\.$/],
  [ENDED_BY.deployLimit, /^This project already had \d+ deployments? in the last hour/],
  [ENDED_BY.lostFiles, /^The files of this preview are not on the server any more\./],
  [ENDED_BY.previewRemoved, /^The preview was removed\.|^The pull request is closed: its preview was/],
  [ENDED_BY.previewRemoved, /^The pull request was (merged|closed)\.|^Nothing happened here for longer/],
  [
    ENDED_BY.previewRemoved,
    /^The App was |^The repository was deleted|^GitHub does not let the App|^Taken down by/,
  ],
  [ENDED_BY.previewRemoved, /^The settings on the default branch no longer name this project/],
  [ENDED_BY.refusal, /^There is no (target|project) "|^There is no preview for this pull request:/],
  [ENDED_BY.refusal, /^The options of the target "|^This repository has several projects \(/],
  [ENDED_BY.refusal, /^GitHub does not know pull request #/],
];

const { queued, running, success, superseded, cancelled } = DEPLOYMENT_STATUS;

const NOT_CLAIMED = { $eq: [{ $ifNull: ['$run', null] }, null] };

/** Runs report free text, so an error that no sentence matches came from the run, if there was one. */
const ENDED_BY_OF_0_1 = {
  $switch: {
    branches: [
      { case: { $in: ['$status', [queued, running]] }, then: null },
      { case: { $eq: ['$status', success] }, then: ENDED_BY.runReport },
      ...SENTENCES.map(([endedBy, regex]) => ({
        case: { $regexMatch: { input: { $ifNull: ['$error', ''] }, regex } },
        then: endedBy,
      })),
      { case: { $eq: ['$status', superseded] }, then: ENDED_BY.decision },
      {
        case: { $and: [{ $eq: ['$status', cancelled] }, NOT_CLAIMED] },
        then: ENDED_BY.previewRemoved,
      },
      { case: NOT_CLAIMED, then: ENDED_BY.refusal },
    ],
    default: ENDED_BY.runReport,
  },
};

/** What version 0.1 put before a note on an upload. */
const SIGN = 'Upload: ';

const TEXT_TO_NOTE = {
  $cond: [
    { $eq: [{ $indexOfCP: ['$$note', SIGN] }, 0] },
    {
      kind: 'upload',
      text: { $substrCP: ['$$note', SIGN.length, { $strLenCP: '$$note' }] },
    },
    { kind: 'settings', text: '$$note' },
  ],
};

const NOTE_TO_TEXT = {
  $cond: [{ $eq: ['$$note.kind', 'upload'] }, { $concat: [SIGN, '$$note.text'] }, '$$note.text'],
};

function mapNotes(from: 'string' | 'object', change: mongo.Document): mongo.Document[] {
  const changed = { $cond: [{ $eq: [{ $type: '$$note' }, from] }, change, '$$note'] };
  return [{ $set: { notes: { $map: { input: '$notes', as: 'note', in: changed } } } }];
}

const EPOCH = 'reportEpoch';
const OLD_EPOCH = { environment: 'tellAgain', reported: 'reported.toldAgain' };

/** Each step finds only what it has not changed yet, so all of them can be run again after a crash. */
async function up(db: mongo.Db): Promise<void> {
  const environments = db.collection('environments');
  for (const [from, to] of [
    [OLD_EPOCH.environment, EPOCH],
    [OLD_EPOCH.reported, `reported.${EPOCH}`],
  ] as const) {
    await environments.updateMany({ [from]: { $exists: true } }, { $rename: { [from]: to } });
  }
  await environments.updateMany({ notes: { $type: 'string' } }, mapNotes('string', TEXT_TO_NOTE));
  await db
    .collection('deployments')
    .updateMany({ endedBy: { $exists: false } }, [{ $set: { endedBy: ENDED_BY_OF_0_1 } }]);
  await setValidators(db, validators);
}

async function down(db: mongo.Db): Promise<void> {
  await removeValidators(db, validators);
  const environments = db.collection('environments');
  for (const [from, to] of [
    [EPOCH, OLD_EPOCH.environment],
    [`reported.${EPOCH}`, OLD_EPOCH.reported],
  ] as const) {
    await environments.updateMany({ [from]: { $exists: true } }, { $rename: { [from]: to } });
  }
  await environments.updateMany({ notes: { $type: 'object' } }, mapNotes('object', NOTE_TO_TEXT));
  await db.collection('deployments').updateMany({ endedBy: { $exists: true } }, { $unset: { endedBy: '' } });
}

const oneOf = (words: Readonly<Record<string, string>>) => ({ enum: Object.values(words) });

const note = objectOf({ kind: { enum: NOTE_KINDS }, text: 'string' });

const stage = objectOf({ name: 'string', status: oneOf(STAGE_STATUS) });

/** Those that this version had. */
const DELIVERY_STATUSES = Object.values(DELIVERY_STATUS).filter(
  (status) => status !== DELIVERY_STATUS.retained,
);

/** What must be in a document for the code that reads it, and the words that it may use. */
const validators = [
  validator('environments', {
    version: 'number',
    projectId: 'string',
    project: 'string',
    repoId: 'number',
    repository: 'string',
    name: 'string',
    slug: 'string',
    url: 'string',
    status: oneOf(ENVIRONMENT_STATUS),
    generation: 'number',
    notes: { bsonType: 'array', items: note },
    resources: 'array',
    reported: 'object',
    due: 'object',
    lease: 'object',
    createdAt: 'date',
    updatedAt: 'date',
  }),
  validator('deployments', {
    version: 'number',
    environmentId: 'string',
    projectId: 'string',
    repoId: 'number',
    generation: 'number',
    sha: 'string',
    sha7: 'string',
    status: oneOf(DEPLOYMENT_STATUS),
    endedBy: { enum: [...Object.values(ENDED_BY), null] },
    stages: { bsonType: 'array', items: stage },
    branch: 'string',
    creator: 'string',
    logTail: 'array',
    createdAt: 'date',
    updatedAt: 'date',
  }),
  // Few fields: every webhook passes it.
  validator('webhookDeliveries', {
    event: 'string',
    body: 'binData',
    receivedAt: 'date',
    readyAt: 'date',
    status: { enum: DELIVERY_STATUSES },
  }),
  validator('projects', {
    repoId: 'number',
    name: 'string',
    slug: 'string',
    active: 'bool',
    createdAt: 'date',
    updatedAt: 'date',
  }),
  validator('repos', {
    ownerId: 'number',
    fullName: 'string',
    nameKey: 'string',
    // Null until GitHub named it: the events of an installation do not.
    defaultBranch: { bsonType: ['string', 'null'] },
    private: 'bool',
    updatedAt: 'date',
  }),
  validator('users', { login: 'string', active: 'bool', createdAt: 'date', updatedAt: 'date' }),
  validator('apiTokens', { scope: objectOf({ kind: { enum: ['run', 'operator'] } }), createdAt: 'date' }),
  validator('tokenUses', { expiresAt: 'date' }),
  validator('artifacts', {
    projectId: 'string',
    root: 'string',
    files: 'array',
    complete: 'bool',
    createdAt: 'date',
    savedAs: 'string',
  }),
  validator('logs', {
    deploymentId: 'string',
    type: { enum: ['build', 'deploy', 'runtime'] },
    seq: 'number',
    lines: 'array',
  }),
  validator('auditLog', {
    actor: 'string',
    action: 'string',
    subject: 'string',
    detail: 'string',
    at: 'date',
  }),
];

/** How a deployment ended and what a note is about become fields, and the database checks words and required fields. */
export const typedEndings: Migration = {
  version: 2,
  name: 'typed-endings',
  indexes: [],
  validators,
  up,
  down,
};
