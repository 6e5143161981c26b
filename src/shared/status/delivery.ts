import type { Row } from './github.js';
import { DELIVERY_STATUS, type InboxStatus } from './words.js';

/** How people read what became of a webhook. */
export const DELIVERY: Readonly<Record<InboxStatus, Pick<Row<string, string>['text'], 'label' | 'tone'>>> = {
  [DELIVERY_STATUS.stored]: { label: 'Waiting', tone: 'progress' },
  [DELIVERY_STATUS.handled]: { label: 'Done', tone: 'good' },
  [DELIVERY_STATUS.ignored]: { label: 'Nothing to do', tone: 'neutral' },
  [DELIVERY_STATUS.parked]: { label: 'Failed', tone: 'bad' },
  [DELIVERY_STATUS.retained]: { label: 'Kept only', tone: 'muted' },
};
