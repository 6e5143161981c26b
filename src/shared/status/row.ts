import type { GitHubWords } from './github.js';

export type Tone = 'neutral' | 'progress' | 'good' | 'bad' | 'muted';

export interface Row<Status extends string, Event extends string> {
  readonly on: Readonly<Partial<Record<Event, Status>>>;
  readonly text: { readonly label: string; readonly emoji: string; readonly tone: Tone };
  /** Nothing more happens by itself. */
  readonly settled: boolean;
  readonly github: GitHubWords;
  /** Words of the seed systems that mean this status, lower-case. */
  readonly seeds: readonly string[];
}
