import type { Caller } from '../../api/access.js';

export type Section =
  'previews' | 'projects' | 'start' | 'deliveries' | 'statistics' | 'administration' | 'account';

interface Entry {
  readonly section: Section;
  readonly label: string;
  readonly href: string;
  readonly icon: string;
  /** Only people whom the configuration of the server names may open it. */
  readonly forAdministrators?: true;
}

/** The bar at the top of every page. */
export const NAVIGATION: readonly Entry[] = [
  { section: 'previews', label: 'Previews', href: '/previews', icon: 'layout-dashboard' },
  { section: 'projects', label: 'Projects', href: '/projects', icon: 'folder' },
  { section: 'deliveries', label: 'Deliveries', href: '/deliveries', icon: 'webhook' },
  { section: 'statistics', label: 'Statistics', href: '/statistics', icon: 'chart-column' },
  {
    section: 'administration',
    label: 'Administration',
    href: '/admin',
    icon: 'server',
    forAdministrators: true,
  },
];

export function entriesFor(caller: Caller, entries: readonly Entry[]): readonly Entry[] {
  const isAdministrator = caller.kind === 'operator' || (caller.kind === 'user' && caller.administrator);
  return entries.filter(({ forAdministrators }) => isAdministrator || !forAdministrators);
}
