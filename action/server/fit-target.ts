import { VitrineError } from '../../src/shared/errors.js';
import type { BuildPlan } from '../../src/contract/deployments.js';
import type { Inputs } from '../inputs/inputs.js';
import type { InputName } from '../inputs/names.js';

interface Fitting {
  readonly inputs: Inputs;
  readonly plan: BuildPlan;
}

/** Refuses inputs that belong to another target than the one that the server deploys this project to. */
export function refuseOtherTarget({ inputs, plan }: Fitting): void {
  const byCommand = plan.takes === 'nothing';
  if (byCommand && inputs.deployCommand === null && inputs.url === null)
    throw new VitrineError(
      'bad_request',
      `The target ${JSON.stringify(plan.target)} needs the input "deploy-command".`,
    );
  if (!byCommand && inputs.deployCommand !== null) throw misplaced('deploy-command', plan);
  if (inputs.target !== null && inputs.target !== plan.target)
    throw new VitrineError(
      'bad_request',
      `The input "target" is ${JSON.stringify(inputs.target)}, but the server deploys this project to "${plan.target}". ` +
        'Remove the input, or change "target" in .github/preview.yml on the default branch.',
    );
  if (inputs.url !== null) return;
  for (const { name, given, fits } of PLACES) if (given(inputs) && !fits(plan)) throw misplaced(name, plan);
}

interface Place {
  readonly name: InputName;
  readonly given: (inputs: Inputs) => boolean;
  readonly fits: (plan: BuildPlan) => boolean;
}

const image: Place['fits'] = ({ takes }) => takes === 'image';
const images: Place['fits'] = ({ takes }) => takes === 'image' || takes === 'compose';
const files: Place['fits'] = ({ takes, starts }) => takes === 'files' && starts;
const oneProgram: Place['fits'] = (plan) => image(plan) || files(plan);

const PLACES: readonly Place[] = [
  { name: 'dockerfile', given: ({ dockerfile }) => dockerfile !== null, fits: image },
  { name: 'context', given: ({ context }) => context !== null, fits: image },
  { name: 'image', given: (inputs) => inputs.image !== null, fits: image },
  { name: 'build-args', given: ({ buildArgs }) => Object.keys(buildArgs).length > 0, fits: image },
  { name: 'build-secrets', given: ({ buildSecrets }) => Object.keys(buildSecrets).length > 0, fits: images },
  { name: 'cache', given: ({ cache }) => cache !== null, fits: images },
  { name: 'registry-auth', given: ({ registryAuth }) => registryAuth.length > 0, fits: images },
  {
    name: 'compose-file',
    given: ({ composeFile }) => composeFile !== null,
    fits: ({ takes }) => takes === 'compose',
  },
  { name: 'start-command', given: ({ startCommand }) => startCommand !== null, fits: oneProgram },
  { name: 'port', given: ({ port }) => port !== null, fits: oneProgram },
  { name: 'node-version', given: ({ nodeVersion }) => nodeVersion !== null, fits: files },
];

function misplaced(name: InputName, { target }: BuildPlan): VitrineError {
  return new VitrineError(
    'bad_request',
    `The server deploys this project to ${JSON.stringify(target)}: remove the input "${name}", or change "target" in .github/preview.yml on the default branch.`,
  );
}
