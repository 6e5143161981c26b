/** What each kind of call may do. Tokens carry no more than this, for one repository; app.yml asks for the sum. */
export const PERMISSIONS = {
  /** Pull requests, changed files, settings file, permission of a person. */
  read: { metadata: 'read', contents: 'read', pull_requests: 'read' },
  /** Check run, comment, deployment. */
  report: { metadata: 'read', checks: 'write', pull_requests: 'write', deployments: 'write' },
  /** Which workflows of a commit have ended. */
  runs: { metadata: 'read', actions: 'read' },
  /** Only where a project asks for a commit status. */
  status: { metadata: 'read', statuses: 'write' },
} as const satisfies Record<string, Readonly<Record<string, 'read' | 'write'>>>;

export type Purpose = keyof typeof PERMISSIONS;
