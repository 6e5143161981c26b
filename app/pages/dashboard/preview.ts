import type { accessPages } from '../../../src/contract/dashboard/access.js';
import { LIVE, PREVIEWS, type previewPages } from '../../../src/contract/dashboard/previews.js';
import type { Page } from '../../../src/contract/operation.js';
import { situationOf } from '../../../src/deployments/situation.js';
import type { StoredDeployment } from '../../../src/deployments/store.js';
import type { StoredEnvironment } from '../../../src/environments/store.js';
import { environmentHandlers } from '../../api/environments.js';
import { configurationHandlers } from '../../api/configuration.js';
import { found, type Handlers } from '../../api/handler.js';
import { historyHandlers } from '../../api/history.js';
import { versionOf } from '../../live/watch.js';
import type { Ports } from '../../ports.js';
import { type Asking, perform } from './call.js';
import { knownPicture, type PictureModel, pictureModel, versionOfPicture } from './picture.js';
import { type AccessModel, accessOf, type Shared, sharingForms } from './preview-access.js';
import { actionsOf, headOf, type HeadModel, type ActionsModel } from './preview-head.js';
import {
  type ChainModel,
  chainOf,
  containersOf,
  type ContainerModel,
  deploymentsOf,
  type DeploymentModel,
  healthOf,
  type HealthModel,
  stagesOf,
  type StageModel,
  variablesOf,
  type VariableModel,
} from './preview-sections.js';
import { previewForms } from './preview-forms.js';
import { roleIn } from './role.js';
import type { Shell } from './shell.js';
import { type StartWatch, streamOf } from './stream.js';

interface PreviewModel {
  readonly head: HeadModel;
  readonly actions: ActionsModel;
  readonly picture: PictureModel | null;
  readonly stages: readonly StageModel[];
  readonly chain: readonly ChainModel[];
  readonly deployments: readonly DeploymentModel[];
  readonly health: HealthModel | null;
  readonly containers: readonly ContainerModel[];
  readonly variables: readonly VariableModel[];
  readonly variablesPage: string;
  readonly access: AccessModel | null;
}

/** So many of each are on the page. */
const RECENT = 10;
const CHECKS = 100;

type Pages = Pick<Handlers<typeof previewPages>, 'showPreview' | 'watchPreview' | keyof typeof previewForms> &
  Pick<Handlers<typeof accessPages>, 'submitShareLink' | 'submitLinkRevocation'>;

export function previewPage(shell: Shell, watch: StartWatch): Pages {
  const render = shell.page<PreviewModel>('preview');
  const show = async (ports: Ports, input: OfPreview, shared: Shared): Promise<Page> => {
    const environment = found(await ports.environments.get(input.params.id), 'preview');
    const newest = await newestOf(ports, environment);
    const known = await knownPicture(ports, environment);
    const [rest, picture] = await Promise.all([
      modelOf(ports, { input, environment, newest, shared }),
      pictureModel(ports, known),
    ]);
    const model = { ...rest, picture };
    const from = versionOf(environment.version, newest?.updatedAt, versionOfPicture(known));
    return render(ports, input, {
      title: model.head.title,
      section: 'previews',
      favicon: model.head.badge.tone,
      live: `${LIVE}${PREVIEWS}/${environment.id}?from=${from}`,
      model,
    });
  };
  return {
    ...previewForms,
    ...sharingForms(show),
    showPreview: (ports, input) => show(ports, input, {}),
    async watchPreview(ports, input) {
      const { id } = input.params;
      const read = async () => {
        const environment = await ports.environments.get(id);
        const newest = environment && (await newestOf(ports, environment));
        const picture = environment && (await knownPicture(ports, environment));
        return versionOf(environment?.version, newest?.updatedAt, picture && versionOfPicture(picture));
      };
      return streamOf(watch, input, { key: `preview ${id}`, from: input.query.from, read });
    },
  };
}

/** The deployment of the newest commit. */
async function newestOf(
  { deployments }: Pick<Ports, 'deployments'>,
  { head }: StoredEnvironment,
): Promise<StoredDeployment | null> {
  return head && deployments.get(head.deploymentId);
}

interface OfPreview extends Asking {
  readonly params: { readonly id: string };
}

interface Asked {
  readonly input: OfPreview;
  readonly environment: StoredEnvironment;
  readonly newest: StoredDeployment | null;
  readonly shared: Shared;
}

async function modelOf(
  ports: Ports,
  { input, environment, newest, shared }: Asked,
): Promise<Omit<PreviewModel, 'picture'>> {
  const { id, projectId, current, pullRequest } = environment;
  const page = { limit: RECENT };
  const params = { id };
  const configured = { ports, input, params: { id: projectId }, query: placeOf(pullRequest) };
  const [view, chain, history, containers, checks, variables, secrets, role] = await Promise.all([
    perform(environmentHandlers.getEnvironment, { ports, input, params }),
    perform(historyHandlers.listDecisions, { ports, input, params }),
    ports.deployments.listOf(id, page),
    perform(environmentHandlers.listContainers, { ports, input, params, query: page }),
    current ? ports.healthChecks.listOf(current.deploymentId, { limit: CHECKS }) : null,
    perform(configurationHandlers.listVariables, configured),
    perform(configurationHandlers.listSecrets, configured),
    roleIn(ports, input.caller, environment),
  ]);
  const situation = situationOf({ environment, deployment: newest });
  return {
    head: headOf({ environment, newest, situation, view }),
    actions: actionsOf({ environment, situation, role }),
    stages: stagesOf(newest),
    chain: chainOf(chain.items),
    deployments: deploymentsOf(history.items, environment),
    health: healthOf(environment, checks?.items ?? []),
    containers: containersOf(containers.items),
    variables: variablesOf(variables.items, secrets.items),
    variablesPage: `/projects/${projectId}/variables`,
    access: await accessOf(ports, { input, environment, role, shared }),
  };
}

function placeOf(pullRequest: StoredEnvironment['pullRequest']) {
  return { limit: CHECKS, ...(pullRequest && { pull_request: pullRequest.number }) };
}
