import { DEPLOYMENT_PAGES, type deploymentPages } from '../../../../src/contract/dashboard/deployments.js';
import { LIVE } from '../../../../src/contract/dashboard/previews.js';
import { lineOfCause } from '../../../../src/deployments/logs/read.js';
import { situationOf } from '../../../../src/deployments/situation.js';
import type { StoredDeployment } from '../../../../src/deployments/store.js';
import { timingsOf } from '../../../../src/deployments/timings.js';
import type { StoredEnvironment } from '../../../../src/environments/store.js';
import { DEPLOYMENT_STATUS } from '../../../../src/shared/status/words.js';
import { DirectAnswer, found, type Handlers } from '../../../api/handler.js';
import { sendText } from '../../../http/text-stream.js';
import { versionOf } from '../../../live/watch.js';
import type { Ports } from '../../../ports.js';
import {
  knownPicture,
  type KnownPicture,
  type PictureModel,
  pictureModel,
  versionOfPicture,
} from '../picture.js';
import { type ActionsModel, actionsOf } from '../preview-head.js';
import { roleIn } from '../role.js';
import type { Shell } from '../shell.js';
import { type StartWatch, streamOf } from '../stream.js';
import {
  createReadFiles,
  type FilesModel,
  type ImageModel,
  imagesOf,
  listOfFiles,
  type ReadFiles,
} from './artifact.js';
import { type FailureModel, failureOf, headOf, type HeadModel } from './head.js';
import { logModel, type LogModel } from './log.js';
import { type TimelineModel, timelineOf } from './timeline.js';

interface DeploymentModel {
  readonly head: HeadModel;
  readonly actions: ActionsModel;
  readonly failure: FailureModel | null;
  readonly picture: PictureModel | null;
  readonly timeline: TimelineModel;
  readonly files: FilesModel | null;
  readonly images: readonly ImageModel[];
  readonly log: LogModel;
}

type Pages = Handlers<typeof deploymentPages>;

export function deploymentPage(shell: Shell, watch: StartWatch): Pages {
  const show = shell.page<DeploymentModel>('deployment');
  const readFiles = createReadFiles();
  return {
    async showDeployment(ports, input) {
      const deployment = await deploymentOf(ports, input.params.id);
      const environment = found(await ports.environments.get(deployment.environmentId), 'preview');
      const picture = await knownPicture(ports, environment, deployment.id);
      const model = await modelOf(ports, { input, deployment, environment, picture, readFiles });
      const from = versionOf(deployment.version, environment.version, versionOfPicture(picture));
      return show(ports, input, {
        title: model.head.title,
        section: 'previews',
        favicon: model.head.badge.tone,
        scripts: ['log.js'],
        styles: ['log.css'],
        live: `${LIVE}${DEPLOYMENT_PAGES}/${deployment.id}?from=${from}`,
        model,
      });
    },

    async watchDeployment(ports, input) {
      const { id } = input.params;
      const { environmentId } = await deploymentOf(ports, id);
      const read = async () => {
        const [deployment, environment] = await Promise.all([
          ports.deployments.get(id),
          ports.environments.get(environmentId),
        ]);
        const picture = environment && (await knownPicture(ports, environment, id));
        return versionOf(deployment?.version, environment?.version, picture && versionOfPicture(picture));
      };
      return streamOf(watch, input, { key: `deployment ${id}`, from: input.query.from, read });
    },

    async findCause(ports, { params: { id } }) {
      const { cause } = await deploymentOf(ports, id);
      const line = cause && (await lineOfCause(ports.logs, { deploymentId: id, cause }));
      const page = `${DEPLOYMENT_PAGES}/${id}`;
      return { location: line === null ? `${page}#log` : `${page}?line=${String(line)}#L${String(line)}` };
    },

    async listFiles(ports, { params }) {
      const deployment = await deploymentOf(ports, params.id);
      const parts = listOfFiles(ports, deployment);
      // What is not kept any more is told before the answer begins.
      const first = await parts.next();
      return new DirectAnswer((response, headers) =>
        sendText(response, { headers, parts: withFirst(first, parts) }),
      );
    },
  };
}

async function deploymentOf(
  { deployments }: Pick<Ports, 'deployments'>,
  id: string,
): Promise<StoredDeployment> {
  return found(await deployments.get(id), 'deployment');
}

async function* withFirst(
  first: IteratorResult<string>,
  rest: AsyncGenerator<string>,
): AsyncGenerator<string> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

interface Asked {
  readonly input: Parameters<Pages['showDeployment']>[1];
  readonly deployment: StoredDeployment;
  readonly environment: StoredEnvironment;
  readonly picture: KnownPicture;
  readonly readFiles: ReadFiles;
}

/** The usual times are those of so many deployments of the project. */
const SAMPLE = 50;
/** The commit before is among so many earlier deployments, unless it was deployed again and again. */
const EARLIER = 10;

async function modelOf(ports: Ports, asked: Asked): Promise<DeploymentModel> {
  const { input, deployment, environment, readFiles } = asked;
  const { projectId, environmentId, id } = deployment;
  const [successes, earlier, files, images, log, role, picture] = await Promise.all([
    ports.deployments.list({
      scope: { projectIds: [projectId] },
      filter: { status: DEPLOYMENT_STATUS.success },
      page: { limit: SAMPLE },
    }),
    ports.deployments.listOf(environmentId, { limit: EARLIER, cursor: id }),
    readFiles(ports, deployment),
    imagesOf(ports, environment, deployment),
    logModel(ports, deployment, input.query),
    roleIn(ports, input.caller, environment),
    pictureModel(ports, asked.picture),
  ]);
  const situation = situationOf({ environment, deployment });
  const others = successes.items.filter((one) => one.id !== id);
  return {
    head: headOf({ deployment, environment, earlier: earlier.items }),
    actions: onlyRun(actionsOf({ environment, situation, role }), { deployment, environment }),
    failure: failureOf(deployment),
    picture,
    timeline: timelineOf(deployment, timingsOf(others), ports.clock.now()),
    files,
    images,
    log,
  };
}

/** Of the newest commit: both act on its workflow. The other buttons are about the preview, and on its page. */
function onlyRun(
  { redeploy, cancel, onlyReads }: ActionsModel,
  { deployment, environment }: Pick<Asked, 'deployment' | 'environment'>,
): ActionsModel {
  const isHead = environment.head?.deploymentId === deployment.id;
  return {
    ...{ redeploy: redeploy && isHead, cancel: cancel && isHead, onlyReads },
    ...{ wake: false, approve: '', extend: false, pin: false, unpin: false, destroy: false, force: false },
  };
}
