import type { LogRedaction } from '../../src/deployments/logs/store.js';
import type { Reporter } from '../../src/reports/reporter.js';
import type { Examined } from '../../src/shared/instance.js';
import type { TargetPorts } from '../../src/targets/target.js';
import type { Clock } from '../../src/shared/tools.js';
import type { BlobStore } from '../../src/uploads/store.js';
import type { Identify } from '../api/access.js';
import type { Env } from '../config/config.js';
import type { Pace } from '../github/client/pacing.js';
import type { HubTimes } from '../live/hub.js';
import type { Stores } from '../ports.js';
import type { Limits } from '../screenshots/photographer.js';
import type { Rates } from './surfaces.js';

/** Wraps a real part, so that a test can watch it or make it fail. */
export type Around<Part> = (part: Part) => Part;

/** Parts that a caller may replace: tests, the demo and the benchmarks do. */
export interface Overrides {
  readonly clock?: Clock;
  /** Where log lines go; standard error unless given. */
  readonly write?: (line: string) => void;
  /** For programs that the app starts, such as the database. */
  readonly env?: Env;
  readonly rates?: Partial<Rates>;
  /** Looks at the installation, for administrators; nothing is looked at unless given. The commands have it: app/cli/doctor. */
  readonly examine?: () => Promise<readonly Examined[]>;
  readonly identify?: Identify;
  /** GitHub's own limits are kept unless given. */
  readonly pace?: Pace;
  /** The program of the worker process, `app/worker.js`. Unless given, this process works on what it stores itself. */
  readonly workerProgram?: string;
  /** How long a worker holds what it claimed; each kind has its own length unless given. */
  readonly leaseMs?: number;
  /** `false` starts none of the periodic jobs, such as the sweep; they run unless given. */
  readonly periodicJobs?: false;
  /** When the first sweep begins; a random moment of the first half minute unless given. */
  readonly firstSweepMs?: number;
  /** How often programs are looked at: whether they answer, whether they have visitors, and what they print. */
  readonly programsEveryMs?: number;
  /** How long pictures of previews may take. */
  readonly photographs?: Partial<Limits>;
  /** How often streams of logs look for news, and after their readers. */
  readonly streams?: Partial<HubTimes>;
  readonly around?: {
    readonly stores?: Around<Stores>;
    readonly blobs?: Around<BlobStore>;
    readonly reporter?: Around<Reporter>;
    readonly redaction?: Around<LogRedaction>;
    readonly targets?: Around<TargetPorts['targets']>;
  };
}
