import type { Ports } from '../../app/ports.js';
import type { Environment } from '../../src/environments/model.js';
import type { Claim, StoredEnvironment } from '../../src/environments/store.js';
import type { Reporter } from '../../src/reports/reporter.js';
import { environmentWith } from '../app/github/report/scenes.js';
import { startStage, type Stage } from '../app/github/stage.js';
import { until } from '../contracts/until.js';
import { openTestStore } from '../support/open-test-store.js';

export interface ReportStage extends AsyncDisposable {
  readonly github: Stage;
  readonly ports: Ports;
  readonly environment: StoredEnvironment;
  /** The same world with something around the reporter. */
  portsWith(around: (reporter: Reporter) => Partial<Reporter>): Ports;
  /** As soon as the report is due. */
  claim(owner?: string, leaseMs?: number): Promise<Claim>;
  /** Changes the document, as a use case would: its report is due. */
  change(patch: Partial<Pick<Environment, 'error' | 'head' | 'decision' | 'status'>>): Promise<void>;
  stored(): Promise<StoredEnvironment>;
  check(): Promise<{ status: string; conclusion: string | null } | undefined>;
}

/** The real store and the real reporter before an emulated GitHub, with one environment whose commit is waited for. No runner: a test claims by itself. */
export async function startReportStage(): Promise<ReportStage> {
  const [github, store] = await Promise.all([startStage(), openTestStore()]);
  const ports = { ...store.stores, reporter: github.reporter } as unknown as Ports;
  const { environments } = ports;
  const environment = await makeEnvironment(ports, github);
  return {
    github,
    ports,
    environment,
    portsWith: (around) => ({ ...ports, reporter: { ...github.reporter, ...around(github.reporter) } }),
    claim: (owner = 'a', leaseMs = 60_000) => until(() => environments.claim('report', { owner, leaseMs })),
    async change(patch) {
      const seen = await environments.get(environment.id);
      if (!seen || !(await environments.change(seen, { patch, due: ['report'] })))
        throw new Error('Too late.');
    },
    async stored() {
      const seen = await environments.get(environment.id);
      if (!seen) throw new Error('It is gone.');
      return seen;
    },
    async check() {
      const ref = { owner: 'acme', repo: 'hello', ref: github.sha };
      const { data } = await github.octokit.rest.checks.listForRef(ref);
      return data.check_runs[0];
    },
    async [Symbol.asyncDispose]() {
      await github.close();
      await store.close();
    },
  };
}

async function makeEnvironment({ environments }: Ports, github: Stage): Promise<StoredEnvironment> {
  const { repo, number, sha } = github;
  const like = environmentWith();
  const fresh = await environments.ensure({
    projectId: like.projectId,
    project: like.project,
    repoId: repo.repoId,
    repository: repo.fullName,
    installationId: repo.installationId,
    name: `pr-${number}`,
    slug: `pr-${number}-hello`,
    url: like.url,
  });
  const pullRequest = like.pullRequest && { ...like.pullRequest, number };
  const head = like.head && { ...like.head, sha };
  const patch = { pullRequest, head, decision: like.decision, generation: 1 };
  const made = await environments.change(fresh, { patch, due: ['report'] });
  if (!made) throw new Error('The environment could not be made.');
  return made;
}
