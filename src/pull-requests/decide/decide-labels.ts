import { APPROVED_LABEL } from '../trust.js';

/** The labels that people steer a preview with. */
export const LABELS = {
  /** Asks for a preview where `triggers.mode` is `label`. */
  optIn: 'preview',
  skip: 'preview:skip',
  hold: 'preview:hold',
  keep: 'preview:keep',
  approved: APPROVED_LABEL,
} as const;

/** GitHub takes labels that differ only in capitals for one. */
export function hasLabel(labels: readonly string[], wanted: string): boolean {
  return labels.some((label) => label.toLowerCase() === wanted.toLowerCase());
}

export function firstLabel(labels: readonly string[], wanted: readonly string[]): string | undefined {
  return wanted.find((label) => hasLabel(labels, label));
}
