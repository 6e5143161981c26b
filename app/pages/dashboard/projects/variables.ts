import type { projectPages, submitVariables } from '../../../../src/contract/dashboard/projects.js';
import { configuration, type SecretView, type VariableView } from '../../../../src/contract/configuration.js';
import type { BodyOf, Page } from '../../../../src/contract/operation.js';
import { isVitrineError } from '../../../../src/shared/errors.js';
import { CLASSES, STORED_LAYERS } from '../../../../src/variables/scope.js';
import { configurationHandlers } from '../../../api/configuration.js';
import type { Handlers } from '../../../api/handler.js';
import { parseInput } from '../../../api/input.js';
import { isOurFault } from '../../../http/respond.js';
import type { Ports } from '../../../ports.js';
import { type Asking, perform } from '../call.js';
import { type Done, formHandler, leadTo } from '../forms.js';
import type { Shell } from '../shell.js';
import { addressOf, type HeadModel, projectPage } from './head.js';

interface Row {
  readonly key: string;
  readonly kind: 'variable' | 'secret';
  readonly isSecret: boolean;
  readonly name: string;
  /** Of a variable: secrets are never shown. */
  readonly value: string;
  readonly layer: string;
  readonly target: string;
  readonly class: string;
  readonly pullRequest: string;
  /** "target docker", "pull request 7". */
  readonly place: string;
  readonly updatedAt: string;
  readonly updatedBy: string;
}

/** What was typed; the value of a secret is not sent back. */
interface Typed {
  readonly kind: string;
  readonly layer: string;
  readonly target: string;
  readonly class: string;
  readonly pullRequest: string;
  readonly name: string;
  readonly value: string;
  readonly lines: string;
  readonly problem: string;
}

interface VariablesModel {
  readonly head: HeadModel;
  readonly groups: readonly { readonly title: string; readonly rows: readonly Row[] }[];
  readonly typed: Typed;
  readonly isSecret: boolean;
  readonly layers: readonly Choice[];
  readonly classes: readonly Choice[];
  readonly targets: readonly string[];
  readonly isCut: boolean;
}

interface Choice {
  readonly value: string;
  readonly label: string;
  readonly isChosen: boolean;
}

type Pages = Pick<
  Handlers<typeof projectPages>,
  'showProjectVariables' | 'submitVariables' | 'submitVariableDeletion'
>;

const EMPTY: Typed = {
  ...{ kind: 'variable', layer: 'project', target: '', class: '', pullRequest: '' },
  ...{ name: '', value: '', lines: '', problem: '' },
};

export function projectVariablesPage(shell: Shell): Pages {
  const render = shell.page<VariablesModel>('project-variables');
  const show = async (
    ports: Ports,
    input: Asking & { params: { id: string } },
    typed = EMPTY,
  ): Promise<Page> => {
    const { id } = input.params;
    const { head } = await projectPage(ports, input, { id, tab: 'variables' });
    const model = { head, ...(await modelOf(ports, { input, id, typed })) };
    const title = `Variables of ${head.name}`;
    return render(ports, input, { title, section: 'projects', at: addressOf(id, 'variables'), model });
  };
  return {
    showProjectVariables: (ports, input) => show(ports, input),
    async submitVariables(ports, input) {
      const { id } = input.params;
      try {
        const { message } = await write(ports, { input, id, body: input.body });
        const flash = { tone: 'good', message } as const;
        return { status: 303, body: leadTo(ports, { location: addressOf(id, 'variables'), flash }) };
      } catch (error) {
        if (!isVitrineError(error) || isOurFault(error)) throw error;
        return { status: 200, body: await show(ports, input, typedIn(input.body, error.message)) };
      }
    },
    submitVariableDeletion: formHandler(async (ports, input) => {
      const { kind, name } = input.body;
      const query = parseInput(configuration.deleteVariable.query(), placeIn(input.body));
      const parts = { ports, input, params: { id: input.params.id, name }, query };
      if (kind === 'secret') await perform(configurationHandlers.deleteSecret, parts);
      else await perform(configurationHandlers.deleteVariable, parts);
      return { message: `${name} is deleted. Deployments from now on do not get it.` };
    }),
  };
}

type Body = BodyOf<typeof submitVariables>;

/** The fields of the layers that were not chosen are empty. */
function placeIn({
  layer,
  target,
  class: kind,
  pull_request: number,
}: Pick<Body, 'layer' | 'target' | 'class' | 'pull_request'>) {
  return {
    layer,
    ...(layer === 'target' && target && { target: target.trim() }),
    ...(layer === 'class' && kind && { class: kind }),
    ...(layer === 'pull-request' && number && { pull_request: number.trim() }),
  };
}

interface Write {
  readonly input: Asking;
  readonly id: string;
  readonly body: Body;
}

async function write(ports: Ports, { input, id, body }: Write): Promise<Done> {
  const { kind, name = '', value = '', lines = '' } = body;
  const { pull_request: number, ...place } = placeIn(body);
  const content = lines.trim() === '' ? { values: { [name.trim()]: value } } : { lines };
  const sent = { ...place, ...(number && { pullRequest: Number(number) }), ...content };
  const parsed = parseInput(configuration.setVariables.body(), sent);
  const parts = { ports, input, params: { id }, body: parsed };
  const { names, warnings } =
    kind === 'secret'
      ? await perform(configurationHandlers.setSecrets, parts)
      : await perform(configurationHandlers.setVariables, parts);
  const what =
    names.length === 1
      ? `${names[0] ?? ''} is set. Deployments from now on get it.`
      : `${String(names.length)} names are set. Deployments from now on get them.`;
  return { message: [what, ...warnings].join(' ') };
}

function typedIn(body: Body, problem: string): Typed {
  const { kind, layer, target = '', class: of = '', pull_request: pullRequest = '', name = '' } = body;
  const isSecret = kind === 'secret';
  return {
    ...{ kind, layer, target, class: of, pullRequest, name, problem },
    value: isSecret ? '' : (body.value ?? ''),
    lines: isSecret ? '' : (body.lines ?? ''),
  };
}

const LAYERS: Readonly<Record<string, string>> = {
  project: 'The whole project',
  target: 'One target',
  class: 'One kind of environment',
  'pull-request': 'One pull request',
};

/** So many of each layer are shown. */
const MOST = 100;

async function modelOf(
  ports: Ports,
  { input, id, typed }: { readonly input: Asking; readonly id: string; readonly typed: Typed },
): Promise<Omit<VariablesModel, 'head'>> {
  const layers = STORED_LAYERS.filter((layer) => layer !== 'org');
  const asked = await Promise.all(
    layers.map(async (layer) => {
      const parts = { ports, input, params: { id }, query: { layer, limit: MOST } };
      const [variables, secrets] = await Promise.all([
        perform(configurationHandlers.listVariables, parts),
        perform(configurationHandlers.listSecrets, parts),
      ]);
      return { layer, variables, secrets };
    }),
  );
  const choice = (chosen: string) => (value: string, label: string) => ({
    ...{ value, label, isChosen: value === chosen },
  });
  return {
    groups: asked
      .map(({ layer, variables, secrets }) => ({
        title: LAYERS[layer] ?? layer,
        rows: [...variables.items.map(rowOf), ...secrets.items.map(rowOf)].sort((a, b) =>
          a.name < b.name ? -1 : 1,
        ),
      }))
      .filter(({ rows }) => rows.length > 0),
    typed,
    isSecret: typed.kind === 'secret',
    layers: layers.map((layer) => choice(typed.layer)(layer, LAYERS[layer] ?? layer)),
    classes: CLASSES.map((one) => choice(typed.class)(one, one)),
    targets: [...ports.targets.keys()],
    isCut: asked.some(({ variables, secrets }) => variables.nextCursor ?? secrets.nextCursor),
  };
}

function rowOf(one: SecretView | VariableView): Row {
  const isSecret = !('value' in one);
  const { name, layer, target, pullRequest, updatedAt, updatedBy } = one;
  const pull = pullRequest === null ? '' : String(pullRequest);
  return {
    ...{ name, layer, isSecret, target: target ?? '', class: one.class ?? '', pullRequest: pull },
    key: `${isSecret ? 's' : 'v'}-${one.id ?? name}`,
    kind: isSecret ? 'secret' : 'variable',
    value: 'value' in one ? one.value : '',
    place: [target, one.class, pull === '' ? '' : `#${pull}`].filter(Boolean).join(' '),
    updatedAt: updatedAt ?? '',
    updatedBy: updatedBy ?? '',
  };
}
