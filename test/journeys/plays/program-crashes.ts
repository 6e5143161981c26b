import type { EngineCall } from '../../support/engine-gate.js';
import type { CrashPoint } from '../../support/start-crashing-app.js';

/** What is under way when the server is killed. */
export type During = 'the first deployment' | 'an update' | 'the removal' | 'falling asleep' | 'waking up';

export interface ProgramCrash {
  readonly during: During;
  /**
   * Around a call of one of the server's own ports; once the engine has done something, before the server hears of it; once the run has
   * handed everything over; or while the program starts and does not answer yet.
   */
  readonly at: CrashPoint | { readonly engine: EngineCall } | 'handed over' | 'starting';
}

export type NamedCrash = readonly [string, ProgramCrash];

const engine = (method: EngineCall['method'], path: RegExp) => ({ engine: { method, path } });
const target = (method: string, when: CrashPoint['when']) => ({ port: 'targets', method, when });
const environment = (when: CrashPoint['when'], sets: string) => ({
  ...{ port: 'environments', method: 'change', when, sets },
});

/** Points that every target has which starts programs. The letters are those of the design. */
const OF_ALL: readonly NamedCrash[] = [
  ['C11 once the run has handed everything over', { during: 'the first deployment', at: 'handed over' }],
  [
    'C13 after it was written down what will be made',
    { during: 'the first deployment', at: environment('after', 'resources') },
  ],
  [
    'C13 after the program was made, before that is written down',
    { during: 'the first deployment', at: target('deploy', 'after') },
  ],
  ['C12 before it goes live', { during: 'the first deployment', at: environment('before', 'current') }],
  ['C12 after it went live', { during: 'the first deployment', at: environment('after', 'current') }],
  ['C13 after the newer one was made', { during: 'an update', at: target('deploy', 'after') }],
  ['C12 before the newer one goes live', { during: 'an update', at: environment('before', 'current') }],
  ['C12 after the newer one went live', { during: 'an update', at: environment('after', 'current') }],
  ['C15 before the older one is removed', { during: 'an update', at: target('destroy', 'before') }],
  ['C15 after the older one was removed', { during: 'an update', at: target('destroy', 'after') }],
  ['C15 before anything is removed', { during: 'the removal', at: target('destroy', 'before') }],
  ['C15 after all was removed', { during: 'the removal', at: target('destroy', 'after') }],
  [
    'C15 before the removal is written down',
    { during: 'the removal', at: environment('before', 'destroyedAt') },
  ],
  [
    'after it was written down that it sleeps',
    { during: 'falling asleep', at: environment('after', 'asleep') },
  ],
  ['before it is stopped', { during: 'falling asleep', at: target('stop', 'before') }],
  ['after it was stopped', { during: 'falling asleep', at: target('stop', 'after') }],
  ['before it is started again', { during: 'waking up', at: target('wake', 'before') }],
  ['after it was started again', { during: 'waking up', at: target('wake', 'after') }],
  ['before it is written down that it woke', { during: 'waking up', at: environment('before', 'current') }],
];

const STARTS = /^\/containers\/[^/]+\/start$/;
const CONTAINER = /^\/containers\/[^/]+$/;

/** What the engine did, and the server never heard of. */
const OF_CONTAINERS: readonly NamedCrash[] = [
  [
    'C10 while layers are pushed',
    { during: 'the first deployment', at: { port: 'images', method: 'addBlobs', when: 'before' } },
  ],
  [
    'C11 after the image was pulled',
    { during: 'the first deployment', at: engine('POST', /^\/images\/create$/) },
  ],
  [
    'C13 after its network was made',
    { during: 'the first deployment', at: engine('POST', /^\/networks\/create$/) },
  ],
  [
    'C13 after its container was made',
    { during: 'the first deployment', at: engine('POST', /^\/containers\/create$/) },
  ],
  ['C14 after its container was started', { during: 'the first deployment', at: engine('POST', STARTS) }],
  [
    'C13 after the newer container was made',
    { during: 'an update', at: engine('POST', /^\/containers\/create$/) },
  ],
  ['C14 after the newer container was started', { during: 'an update', at: engine('POST', STARTS) }],
  [
    'C15 between the older container and its network',
    { during: 'an update', at: engine('DELETE', CONTAINER) },
  ],
  ['C15 between container and network', { during: 'the removal', at: engine('DELETE', CONTAINER) }],
  ['C15 between network and image', { during: 'the removal', at: engine('DELETE', /^\/networks\//) }],
  ['C15 after the image', { during: 'the removal', at: engine('DELETE', /^\/images\//) }],
  [
    'between restart policy and stop',
    { during: 'falling asleep', at: engine('POST', /^\/containers\/[^/]+\/update$/) },
  ],
  [
    'after the engine stopped it',
    { during: 'falling asleep', at: engine('POST', /^\/containers\/[^/]+\/stop$/) },
  ],
  [
    'between restart policy and start',
    { during: 'waking up', at: engine('POST', /^\/containers\/[^/]+\/update$/) },
  ],
  ['after the engine started it', { during: 'waking up', at: engine('POST', STARTS) }],
];

export const CRASHES_OF_DOCKER: readonly NamedCrash[] = [...OF_ALL, ...OF_CONTAINERS];

export const CRASHES_OF_COMPOSE: readonly NamedCrash[] = [
  ...CRASHES_OF_DOCKER,
  [
    'C13 after its volume was made',
    { during: 'the first deployment', at: engine('POST', /^\/volumes\/create$/) },
  ],
  ['C15 between network and volume', { during: 'the removal', at: engine('DELETE', /^\/networks\//) }],
  ['C15 between volume and image', { during: 'the removal', at: engine('DELETE', /^\/volumes\//) }],
];

export const CRASHES_OF_PROCESSES: readonly NamedCrash[] = [
  ...OF_ALL.filter(([name]) => !name.startsWith('C11')),
  [
    'C10 while files are uploaded',
    { during: 'the first deployment', at: { port: 'blobs', method: 'write', when: 'before' } },
  ],
  [
    'C11 while files are copied',
    { during: 'the first deployment', at: { port: 'blobs', method: 'read', when: 'before' } },
  ],
  ['C14 while the program starts', { during: 'the first deployment', at: 'starting' }],
  ['C14 while the newer program starts', { during: 'an update', at: 'starting' }],
];
