import { access, type ShareLinkView } from '../../../src/contract/access.js';
import type { accessPages } from '../../../src/contract/dashboard/access.js';
import { PREVIEWS } from '../../../src/contract/dashboard/previews.js';
import { PROJECTS } from '../../../src/contract/dashboard/projects.js';
import type { Page } from '../../../src/contract/operation.js';
import { NOT_PROTECTED_HERE } from '../../../src/deployments/protection.js';
import { isActive } from '../../../src/environments/model.js';
import type { StoredEnvironment } from '../../../src/environments/store.js';
import type { Role } from '../../../src/people/policies.js';
import { readAccessMode } from '../../../src/repositories/preview-access.js';
import { isVitrineError } from '../../../src/shared/errors.js';
import type { AccessMode } from '../../../src/shared/preview-access.js';
import type { Handlers } from '../../api/handler.js';
import { parseInput } from '../../api/input.js';
import { accessHandlers } from '../../api/previews/access.js';
import { isOurFault } from '../../http/respond.js';
import type { Ports } from '../../ports.js';
import { type Asking, perform } from './call.js';
import { formHandler } from './forms.js';
import { ACCESS_LABELS, type Choice, choiceOf } from './present.js';
import { mayWrite } from './role.js';

/** Who may open the preview, and the links that let others in. */
export interface AccessModel {
  readonly label: string;
  readonly icon: 'globe' | 'lock';
  readonly sentence: string;
  /** Why it is not what the project says, or what is missing. */
  readonly notes: readonly string[];
  /** Where the project says who may open its previews. */
  readonly settings: string;
  /** Of a public preview: what people pass on. Empty for others. */
  readonly address: string;
  /** Whether the person sees the links. */
  readonly seesLinks: boolean;
  /** Whether they can make another one. */
  readonly mayShare: boolean;
  /** The preview needs links, and the person may not make them. */
  readonly mayOnlyAsk: boolean;
  readonly links: readonly ShareLinkView[];
  readonly made: MadeLink | null;
  readonly form: LinkForm;
}

/** Shown this once: only a hash of its token is stored. */
interface MadeLink {
  readonly url: string;
  readonly name: string;
  readonly expiresAt: string;
}

interface LinkForm {
  readonly note: string;
  readonly durations: readonly Choice[];
  readonly noteProblem: string;
  readonly problem: string;
  readonly isOpen: boolean;
}

/** What came of the form for a new link. */
export interface Shared {
  readonly made?: MadeLink;
  readonly form?: LinkForm;
}

const DURATIONS = [
  ['1h', '1 hour'],
  ['1d', '1 day'],
  ['7d', '7 days'],
  ['30d', '30 days'],
  ['90d', '90 days'],
] as const;

interface Typed {
  readonly note: string;
  readonly duration: string;
}

function formOf({ note, duration }: Typed, problems: Partial<LinkForm> = {}): LinkForm {
  const durations = DURATIONS.map(([value, label]) => choiceOf(value, label, duration));
  return { ...{ note, durations, noteProblem: '', problem: '', isOpen: false }, ...problems };
}

const NEW_LINK = formOf({ note: '', duration: '7d' });

/** As many as a preview can have. */
const MOST_LINKS = 100;

interface Asked {
  readonly input: Asking;
  readonly environment: StoredEnvironment;
  readonly role: Role | null;
  readonly shared: Shared;
}

/** Null for a preview that was removed: it cannot be opened. */
export async function accessOf(
  ports: Ports,
  { input, environment, role, shared }: Asked,
): Promise<AccessModel | null> {
  if (!isActive(environment)) return null;
  const { id, projectId, current } = environment;
  const writes = mayWrite(role);
  const [mode, project, links] = await Promise.all([
    readAccessMode(ports, environment),
    perform(accessHandlers.getProjectAccess, { ports, input, params: { id: projectId } }),
    writes
      ? perform(accessHandlers.listShareLinks, { ports, input, params: { id }, query: { limit: MOST_LINKS } })
      : { items: [] },
  ]);
  const isPublic = mode === 'public';
  const isElsewhere = current?.reach.kind === 'elsewhere';
  const needsLinks = !isPublic && !isElsewhere;
  return {
    ...(isElsewhere && !isPublic ? UNPROTECTED : wordsFor(mode, environment)),
    notes: isElsewhere ? [] : notesOn({ mode, environment, project }),
    settings: `${PROJECTS}/${projectId}/access`,
    address: isPublic ? (current?.url ?? environment.url) : '',
    seesLinks: writes && (needsLinks || links.items.length > 0),
    mayShare: writes && needsLinks,
    mayOnlyAsk: !writes && needsLinks,
    links: links.items,
    made: shared.made ?? null,
    form: shared.form ?? NEW_LINK,
  };
}

type Words = Pick<AccessModel, 'label' | 'icon' | 'sentence'>;

const UNPROTECTED: Words = { label: 'Not protected here', icon: 'globe', sentence: NOT_PROTECTED_HERE };

function wordsFor(mode: AccessMode, { repository }: Pick<StoredEnvironment, 'repository'>): Words {
  const label = ACCESS_LABELS[mode];
  if (mode === 'public') return { label, icon: 'globe', sentence: 'Everybody who knows the address.' };
  const sentence =
    mode === 'password'
      ? 'Visitors enter the password of the project.'
      : `Visitors sign in, and need read access to ${repository}.`;
  return { label, icon: 'lock', sentence };
}

interface Noted {
  readonly mode: AccessMode;
  readonly environment: Pick<StoredEnvironment, 'head'>;
  readonly project: { readonly access: AccessMode; readonly password: object | null };
}

function notesOn({ mode, environment, project }: Noted): readonly string[] {
  const isAskedFor = mode !== project.access && environment.head?.access === mode;
  return [
    ...(isAskedFor
      ? ['The pull request asks for this in its .github/preview.yml; the project asks for less.']
      : []),
    ...(mode === 'password' && project.password === null
      ? ['No password is set, so only shared links open it. An administrator of the project sets one.']
      : []),
  ];
}

type Forms = Pick<Handlers<typeof accessPages>, 'submitShareLink' | 'submitLinkRevocation'>;
type Show = (
  ports: Ports,
  input: Asking & { readonly params: { readonly id: string } },
  shared: Shared,
) => Promise<Page>;

export function sharingForms(show: Show): Forms {
  return {
    async submitShareLink(ports, input) {
      return show(ports, input, await share(ports, input, input.body));
    },

    submitLinkRevocation: formHandler(async (ports, input) => {
      const { id, linkId } = input.params;
      await perform(accessHandlers.revokeShareLink, { ports, input, params: { id, linkId } });
      return {
        message:
          'The link is revoked: it opens nothing any more. Who came in with it is let in no longer, after a few seconds.',
        to: `${PREVIEWS}/${id}`,
      };
    }),
  };
}

const LONGEST_NOTE = 100;

async function share(
  ports: Ports,
  input: Asking & { readonly params: { readonly id: string } },
  typed: Typed,
): Promise<Shared> {
  const note = typed.note.trim();
  const refused = (problems: Partial<LinkForm>) => ({ form: formOf(typed, { ...problems, isOpen: true }) });
  if (note.length > LONGEST_NOTE)
    return refused({ noteProblem: `The note is too long: ${String(LONGEST_NOTE)} characters are the most.` });
  try {
    const { duration } = typed;
    const body = parseInput(access.createShareLink.body(), { duration, ...(note !== '' && { name: note }) });
    const { link, url } = await perform(accessHandlers.createShareLink, {
      ...{ ports, input, params: { id: input.params.id }, body },
    });
    return { made: { url, name: link.name, expiresAt: link.expiresAt } };
  } catch (error) {
    if (!isVitrineError(error) || isOurFault(error)) throw error;
    return refused({ problem: error.message });
  }
}
