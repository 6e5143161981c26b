export interface AuditEntry {
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: string;
  readonly at: Date;
}

export interface AuditLog {
  record(entry: Omit<AuditEntry, 'at'>): Promise<void>;
  /** The newest entries about a subject. */
  of(subject: string, limit: number): Promise<readonly AuditEntry[]>;
}

export interface AuditPorts {
  readonly audit: AuditLog;
}
