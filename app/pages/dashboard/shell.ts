import { join } from 'node:path';
import type { Page } from '../../../src/contract/operation.js';
import { ACCOUNT } from '../../../src/contract/dashboard/account.js';
import { maskedProof } from '../../../src/people/session.js';
import type { Preferences } from '../../../src/people/user.js';
import type { Input } from '../../api/handler.js';
import { projectRoot, projectVersion } from '../../config/project-root.js';
import { createCookies } from '../../http/cookies.js';
import { PAGE_POLICY } from '../../http/respond.js';
import type { Ports } from '../../ports.js';
import { loadHtmlTemplates, type LoadTemplate } from '../../render.js';
import { type Assets, loadAssets } from './assets.js';
import { faceOf } from './avatar.js';
import { type Flash, readFlash } from './flash.js';
import { createTags } from './tags.js';
import { entriesFor, NAVIGATION, type Section } from './navigation.js';

/** What a page tells its frame. */
interface About {
  readonly title: string;
  readonly section: Section;
  /** Where the page hears that it has changed: a path below /live. */
  readonly live?: string | undefined;
  /** Modules of the page's own, besides app.js. */
  readonly scripts?: readonly string[];
  readonly styles?: readonly string[];
  /** Its address, where a form shows the page again. */
  readonly at?: string;
  /** The colour of the picture in the browser's tab. */
  readonly favicon?: Favicon;
}

export type Favicon = 'neutral' | 'progress' | 'good' | 'bad' | 'muted';

interface Frame {
  readonly title: string;
  readonly icon: string;
  readonly isSystem: boolean;
  readonly account: string;
  readonly isAccount: boolean;
  readonly flashIsBad: boolean;
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
  readonly live: string;
  readonly navigation: readonly {
    readonly label: string;
    readonly href: string;
    readonly icon: string;
    readonly isHere: boolean;
  }[];
  readonly person: { readonly name: string; readonly avatar: string } | null;
  readonly csrf: string;
  /** Of this page, for forms that come back to it. */
  readonly here: string;
  readonly theme: Preferences['theme'];
  readonly nextTheme: { readonly value: Preferences['theme']; readonly label: string; readonly icon: string };
  readonly flash: Flash | null;
  readonly version: string;
}

/** What every page of the dashboard is given besides its own model. */
export interface Framed {
  readonly frame: Frame;
}

type PageInput = Pick<Input<never>, 'caller' | 'session' | 'browser'>;

/** Renders one page, in its frame. */
export type ShowPage<Model> = (
  ports: Pick<Ports, 'users' | 'publicUrl'>,
  input: PageInput,
  page: About & { readonly model: Model },
) => Promise<Page>;

export interface Shell {
  readonly assets: Assets;
  /** The page of this template: templates/pages/dashboard/<name>.hbs. */
  readonly page: <Model extends object>(name: string) => ShowPage<Model>;
}

const PAGES = join(projectRoot(), 'templates/pages');

export function createShell(): Shell {
  const assets = loadAssets();
  const load = loadHtmlTemplates({
    directory: join(PAGES, 'dashboard'),
    partials: join(PAGES, 'partials'),
    helpers: createTags(assets),
  });
  return { assets, page: (name) => createPage(load, { name, assets }) };
}

function createPage<Model extends object>(
  load: LoadTemplate,
  { name, assets }: { readonly name: string; readonly assets: Assets },
): ShowPage<Model> {
  const render = load<Model & Framed>(name);
  const version = projectVersion();
  return async (ports, input, { model, ...about }) => {
    const frame = await frameOf({ ...assets, users: ports.users }, input, { ...about, version });
    const cookies = input.browser.flashCookie ? [createCookies(ports.publicUrl).clear('flash')] : [];
    return { html: render({ ...model, frame }), policy: PAGE_POLICY, cookies };
  };
}

const THEMES = {
  system: { value: 'light', label: 'Use the light theme', icon: 'monitor' },
  light: { value: 'dark', label: 'Use the dark theme', icon: 'sun' },
  dark: { value: 'system', label: 'Use the theme of the system', icon: 'moon' },
} as const satisfies Readonly<Record<Preferences['theme'], Frame['nextTheme']>>;

async function frameOf(
  { users, urlOf }: Pick<Ports, 'users'> & Pick<Assets, 'urlOf'>,
  { caller, session, browser }: PageInput,
  {
    section,
    live = '',
    scripts = [],
    styles = [],
    favicon = 'neutral',
    at,
    ...about
  }: About & { version: string },
): Promise<Frame> {
  const user = session && (await users.get(session.userId));
  const theme = user?.preferences.theme ?? 'system';
  const entries = entriesFor(caller, NAVIGATION);
  const flash = readFlash(browser.flashCookie);
  return {
    ...about,
    ...{ live, scripts, styles, theme, flash, nextTheme: THEMES[theme] },
    icon: urlOf(`favicon-${favicon}.svg`),
    isSystem: theme === 'system',
    account: ACCOUNT,
    isAccount: section === 'account',
    flashIsBad: flash?.tone === 'bad',
    navigation: entries.map(({ label, href, icon, section: its }) => ({
      label,
      href,
      icon,
      isHere: its === section,
    })),
    person: user && { name: user.name, avatar: faceOf(user) },
    csrf: session ? maskedProof(session, 'write') : '',
    here: at ?? browser.url,
  };
}
