/** A compose file after its check: what a preview may do, in one form each, whatever form it was written in. */
export interface ComposeModel {
  readonly services: ReadonlyMap<string, ServiceModel>;
  readonly volumes: readonly string[];
}

export interface ServiceModel {
  readonly line: number;
  /** A reference to an image of another registry; null when the run built it. */
  readonly image: string | null;
  readonly isBuilt: boolean;
  /** Undefined: what the image says. */
  readonly command: string | readonly string[] | undefined;
  readonly entrypoint: string | readonly string[] | undefined;
  readonly environment: readonly (readonly [string, string])[];
  /** Ports inside the container, over TCP. */
  readonly ports: readonly number[];
  readonly dependsOn: readonly Dependency[];
  readonly healthcheck: Healthcheck | undefined;
  readonly workingDir: string | undefined;
  readonly user: string | undefined;
  readonly stopSignal: string | undefined;
  readonly stopGraceMs: number | undefined;
  readonly tmpfs: readonly Tmpfs[];
  readonly mounts: readonly Mount[];
  readonly limits: ServiceLimits;
}

export interface Dependency {
  readonly service: string;
  readonly line: number;
  readonly condition: DependencyCondition;
  readonly restart: boolean;
  /** A dependency that need not exist. */
  readonly required: boolean;
}

export const CONDITIONS = ['service_started', 'service_healthy', 'service_completed_successfully'] as const;
export type DependencyCondition = (typeof CONDITIONS)[number];

export type Healthcheck =
  | { readonly disable: true }
  | {
      readonly disable: false;
      readonly test: readonly string[] | undefined;
      readonly intervalMs: number | undefined;
      readonly timeoutMs: number | undefined;
      readonly retries: number | undefined;
      readonly startPeriodMs: number | undefined;
      readonly startIntervalMs: number | undefined;
    };

export interface Tmpfs {
  readonly path: string;
  /** Undefined: the most that there may be. */
  readonly bytes: number | undefined;
}

export interface Mount {
  readonly line: number;
  /** Null: a volume without a name, which belongs to this mount alone. */
  readonly volume: string | null;
  readonly target: string;
  readonly readOnly: boolean;
}

/** What the file asks for; undefined where it leaves it to the server. */
export interface ServiceLimits {
  readonly line: number;
  readonly memoryBytes: number | undefined;
  readonly cpus: number | undefined;
  readonly pids: number | undefined;
}
