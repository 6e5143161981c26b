import type { EffectiveValue } from '../../../../src/projects/effective.js';
import { type SettingField, settingFields, typedOf, valueAt } from '../../../../src/projects/form.js';
import type { KeptProjectSettings } from '../../../../src/projects/settings.js';

export interface FieldModel {
  readonly id: string;
  readonly path: string;
  readonly label: string;
  readonly hint: string;
  readonly typed: string;
  readonly isLong: boolean;
  readonly choices: readonly { readonly value: string; readonly isChosen: boolean }[];
  readonly inputMode: 'decimal' | 'text';
  /** What counts, and where it comes from. */
  readonly effective: string;
  readonly origin: string;
  readonly problem: string;
}

export interface GroupModel {
  readonly id: string;
  readonly title: string;
  readonly isOpen: boolean;
  readonly fields: readonly FieldModel[];
}

export interface Shown {
  readonly settings: KeptProjectSettings;
  readonly values: Readonly<Record<string, EffectiveValue>>;
  /** What a form sent, where it is shown again. */
  readonly typed: Readonly<Record<string, string | undefined>> | null;
  readonly problems: ReadonlyMap<string, string>;
}

const ORIGINS = {
  file: 'from .github/preview.yml',
  project: 'set here',
  default: 'by default',
} as const;

/** The groups of the page in their order; what is in none of them is among the last. */
const GROUPS: readonly (readonly [id: string, title: string, keys: readonly string[]])[] = [
  [
    'build',
    'How it is built',
    [
      'target',
      'root',
      'paths',
      'workingDirectory',
      'install',
      'build',
      'output',
      'start',
      'port',
      'spa',
      'image',
      'dockerfile',
    ],
  ],
  ['triggers', 'Which pull requests get a preview', ['triggers', 'branch', 'autoDeployBranches']],
  ['limits', 'Limits', ['limits', 'resources']],
  ['run', 'While it runs', ['healthPath', 'healthTimeout', 'healthStatus', 'services', 'hooks']],
  ['report', 'What GitHub is told', ['report']],
];

export function groupsOf(shown: Shown): readonly GroupModel[] {
  const known = GROUPS.flatMap(([, , keys]) => keys);
  const first = ({ path }: SettingField) => path.split('.')[0] ?? '';
  const fields = settingFields();
  const others = fields.filter((field) => !known.includes(first(field)));
  const groups = [
    ...GROUPS.map(([id, title, keys]) => ({
      ...{ id, title },
      fields: keys.flatMap((key) => fields.filter((field) => first(field) === key)),
    })),
    { id: 'others', title: 'Other settings', fields: others },
  ];
  return groups
    .filter((group) => group.fields.length > 0)
    .map((group, index) => {
      const models = group.fields.map((field) => fieldModel(field, shown));
      const isOpen = index === 0 || models.some(({ typed, problem }) => typed !== '' || problem !== '');
      return { id: group.id, title: group.title, isOpen, fields: models };
    });
}

function fieldModel(field: SettingField, { settings, values, typed, problems }: Shown): FieldModel {
  const { path, label, kind, choices } = field;
  const stored = typedOf(field, valueAt(settings, path.split('.')));
  const text = typed?.[path] ?? stored;
  const known = values[path];
  const effective = known ? typedOf(field, known.value) : '';
  return {
    ...{ path, label },
    id: `setting-${path.replaceAll('.', '-')}`,
    hint: HINTS[path] ?? '',
    typed: text,
    isLong: kind === 'lines' || kind === 'yaml' || text.includes('\n'),
    choices: choices.map((value) => ({ value, isChosen: value === text })),
    inputMode: kind === 'number' ? 'decimal' : 'text',
    effective: effective === '' ? 'nothing' : effective.replaceAll('\n', ', '),
    origin: ORIGINS[known?.origin ?? 'default'],
    problem: problems.get(path) ?? '',
  };
}

/** What a setting is about, where its name does not say it. docs/settings.md explains all of them. */
const HINTS: Readonly<Record<string, string>> = {
  target:
    'What deploys it: the name of a target, or YAML with its name and options. Empty: files are served by this server.',
  access: 'Who may open the previews: the tab Access says what each choice means.',
  root: 'The folder of the project in its repository.',
  paths: 'A pattern a line. Only changes of these files concern the project.',
  install: 'Empty: the Action uses the lock file.',
  build: 'Empty: the script "build" of package.json.',
  output: 'The folder with the built files. Empty: the Action looks for it.',
  start: 'How a program is started.',
  port: 'On which a program listens.',
  spa: 'Unknown paths answer with index.html.',
  branch: 'From which the project is released. Empty: the default branch.',
  autoDeployBranches: 'A pattern a line: deployed on every push.',
  'triggers.mode': 'auto: every pull request. label: those with a label. manual: when a person starts it.',
  'triggers.forks': 'approve: a person with write access approves each commit of a fork.',
  'triggers.skipWords': 'A word a line. A commit message with one of them skips the preview.',
  'limits.environments': 'Previews at the same time.',
  'limits.environmentsPerUser': 'Of one author of pull requests.',
  'limits.running': 'Deployments under way at the same time.',
  'limits.whenFull': 'What happens to a pull request for which there is no place.',
  'limits.ttl': 'A preview is removed so long after the last activity.',
  'limits.sleepAfter': 'A program without visitors is stopped for so long; a visit wakes it.',
  services: 'Databases, a line each: db: postgres:16',
  healthPath: 'What is asked to find out whether the preview answers.',
};
