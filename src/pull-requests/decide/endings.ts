import type { RuleDefinition } from './input.js';

/** Why a preview without visitors gave way to another pull request. */
export const EVICTED_ASLEEP =
  'The project had no free place, and this preview slept, because it had no visitors: another pull request took its place. Push a commit to get it back.';

/** The rules by which another part of the server ends a preview. `decide` does not find them. */
export const ENDINGS = {
  asked: { effect: 'destroy', endsPreview: true, staysGone: true },
  expired: {
    effect: 'destroy',
    endsPreview: true,
    detail: 'Nothing happened here for longer than the settings allow. Push a commit to bring it back.',
    staysGone: true,
  },
  'repository-removed': { effect: 'destroy', endsPreview: true },
  'project-deleted': {
    effect: 'destroy',
    endsPreview: true,
    detail: 'The project was deleted, so its preview is taken down.',
    staysGone: true,
  },
  evicted: {
    effect: 'destroy',
    endsPreview: true,
    detail:
      'The project had no free place, and this preview was the longest without a push or a visitor: another pull request took its place. Push a commit to get it back.',
    staysGone: true,
  },
  'project-removed': {
    effect: 'destroy',
    endsPreview: true,
    detail:
      'The settings on the default branch no longer name this project, so its preview is taken down. Name it again to get it back.',
  },
} satisfies Readonly<Record<string, RuleDefinition>>;
