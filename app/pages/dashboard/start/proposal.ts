import { typedOf, valueAt, fieldOf } from '../../../../src/projects/form.js';
import type { Detected } from '../../../../src/projects/frameworks.js';
import type { KeptProjectSettings } from '../../../../src/projects/settings.js';
import { TARGET_FOR } from '../../../../src/targets/registry.js';

/** The settings that the first steps ask for, as they are typed. */
export const PROPOSED = ['target', 'install', 'build', 'output', 'start', 'port', 'spa'] as const;
type Name = (typeof PROPOSED)[number];

export type Typed = Readonly<Partial<Record<Name, string | undefined>>>;

interface FieldModel {
  readonly name: Name;
  readonly label: string;
  readonly hint: string;
  readonly typed: string;
  readonly problem: string;
}

export interface ProposalModel {
  readonly targets: readonly { readonly value: string; readonly label: string; readonly isChosen: boolean }[];
  readonly targetProblem: string;
  readonly fields: readonly FieldModel[];
  readonly isSpa: boolean;
}

interface Proposal {
  readonly detected: Detected | null;
  /** What is set already. */
  readonly settings: KeptProjectSettings;
  readonly typed: Typed | null;
  readonly problems: ReadonlyMap<string, string>;
  /** Of this server. */
  readonly targets: readonly string[];
}

const LABELS: readonly (readonly [name: Name, label: string, hint: string])[] = [
  ['install', 'Install', 'Empty: the command that fits the lock file.'],
  ['build', 'Build', 'Empty: the script "build" of package.json.'],
  ['output', 'Output', 'The folder with the built files. Empty: the Action looks for it.'],
  ['start', 'Start', 'Of a program. Empty: the script "start" of package.json.'],
  ['port', 'Port', 'On which a program listens. Empty: the server gives it one as PORT.'],
];

const SERVES = {
  [TARGET_FOR.program]: 'A Node program',
  [TARGET_FOR.image]: 'An image, built from a Dockerfile',
  [TARGET_FOR.services]: 'Services of a compose file',
} as const;

/** What is proposed: what was typed, else what is set, else what was found in the repository. */
export function proposalOf({ detected, settings, typed, problems, targets }: Proposal): ProposalModel {
  const found = proposedBy(detected, targets);
  const isSet = Object.keys(settings).length > 0;
  const text = (name: Name): string => {
    if (typed) return typed[name] ?? '';
    const field = fieldOf(name);
    return field && isSet ? typedOf(field, valueAt(settings, [name])) : (found[name] ?? '');
  };
  const target = text('target');
  return {
    targets: [
      { value: '', label: 'Files, served by this server', isChosen: target === '' },
      ...Object.entries(SERVES)
        .filter(([name]) => targets.includes(name) || name === target)
        .map(([value, label]) => ({ value, label, isChosen: value === target })),
    ],
    targetProblem: problems.get('target') ?? '',
    fields: LABELS.map(([name, label, hint]) => ({
      ...{ name, label, hint, typed: text(name), problem: problems.get(name) ?? '' },
    })),
    isSpa: text('spa') === 'true',
  };
}

function proposedBy(detected: Detected | null, targets: readonly string[]): Typed {
  if (!detected) return {};
  const target = TARGET_FOR[detected.served] ?? '';
  return {
    target: targets.includes(target) ? target : '',
    install: detected.install ?? '',
    build: detected.build ?? '',
    output: detected.output ?? '',
    start: detected.start ?? '',
    // A program of files is told its port; an image has its own.
    port: detected.served === 'image' && detected.port !== null ? String(detected.port) : '',
    spa: detected.spa ? 'true' : '',
  };
}

/** Why what was found cannot be deployed here; empty when it can. */
export function missingTarget(
  detected: Detected | null,
  {
    targets,
    targetsOff,
  }: { readonly targets: readonly string[]; readonly targetsOff: ReadonlyMap<string, string> },
): string {
  const target = detected && TARGET_FOR[detected.served];
  if (!target || targets.includes(target)) return '';
  const why = targetsOff.get(target) ?? 'it is switched off';
  return `This server cannot run it: the target "${target}" is not there, because ${why}. Its operator can change that.`;
}
