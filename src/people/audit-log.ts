import type { Page, PageRequest } from '../shared/pages.js';

export interface AuditEntry {
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: string;
  readonly at: Date;
}

export interface StoredAuditEntry extends AuditEntry {
  readonly id: string;
}

/** At most one of these. */
export interface AuditFilter {
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
}

export interface AuditLog {
  record(entry: Omit<AuditEntry, 'at'>): Promise<void>;
  /** The newest entries about a subject. */
  of(subject: string, limit: number): Promise<readonly AuditEntry[]>;
  /** Newest first. */
  list(filter: AuditFilter, page: PageRequest): Promise<Page<StoredAuditEntry>>;
}

export interface AuditPorts {
  readonly audit: AuditLog;
}
