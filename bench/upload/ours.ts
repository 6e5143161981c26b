import { join } from 'node:path';
import { stepEnvironment } from '../action/step-environment.js';
import { createPublisher, type Begun } from '../ours/publisher.js';
import { readPreview } from '../ours/read-preview.js';
import { startOurs } from '../ours/start-ours.js';
import { runTimed } from '../harness/run-timed.js';
import type { StartDeployer, UploadStage } from './deployer.js';

/** How the client is started for one deployment, besides the program itself. */
export interface ClientRun {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Given {
  readonly directory: string;
  readonly begun: Begun;
  readonly push: number;
}

/** The App with an empty database and an empty disk, and the part of the Action that uploads. */
export const ours: StartDeployer = (stage) => {
  const script = join(import.meta.dirname, 'client/main.js');
  return startDeployer(stage, async ({ directory, begun }) => ({
    args: [script, directory, `http://localhost:${stage.proxy.port}`, begun.id, begun.token],
  }));
};

/** The same with all of the Action: identity, stages, logs, and a visit to what was deployed. */
export const wholeAction: StartDeployer = async (stage) => {
  const { setting, proxy, github } = stage;
  const folder = await setting.scratch.memory('action');
  const inputs = { 'server-url': `http://localhost:${proxy.port}`, prebuilt: 'true', 'output-dir': '.' };
  const port = Number(new URL(github.url).port);
  return startDeployer(stage, async ({ directory, push }) => ({
    args: [join(setting.root, 'dist/index.js')],
    env: await stepEnvironment({ folder, workspace: directory, port, push, inputs }),
  }));
};

async function startDeployer(
  stage: UploadStage,
  client: (given: Given) => Promise<ClientRun>,
): ReturnType<StartDeployer> {
  const { setting, proxy, database, github, credentials, round } = stage;
  const base = `upload_${round}`;
  const { child, port } = await startOurs(setting, {
    credentials,
    mongodbUri: database.address(base),
    githubUrl: github.url,
    dataDir: await setting.scratch.memory('ours'),
    publicUrl: `http://localhost:${proxy.port}`,
  });
  await proxy.target(port);
  const publisher = createPublisher({ port, secret: credentials.secret });
  let push = 0;
  let url = '';
  return {
    async deploy(directory) {
      push += 1;
      const begun = await publisher.begin(push);
      const run = await client({ directory, begun, push });
      const seconds = await runTimed(setting.children, {
        command: process.execPath,
        core: 'beside',
        ...run,
      });
      url = await publisher.finish(begun);
      return seconds;
    },
    read: (path) => readPreview({ port, host: new URL(url).host, path }),
    async stop() {
      await child.kill();
      await database.client.db(base).dropDatabase();
    },
  };
}
