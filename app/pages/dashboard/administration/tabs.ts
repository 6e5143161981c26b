import { ADMIN } from '../../../../src/contract/dashboard/administration.js';
import type { Shell, ShowPage } from '../shell.js';

interface Tab {
  readonly label: string;
  readonly href: string;
  readonly isHere: boolean;
}

interface Tabbed {
  readonly tabs: readonly Tab[];
}

/** Renders a page of the administration, with its tabs. */
export type ShowTab<Model> = (
  ports: Parameters<ShowPage<Model>>[0],
  input: Parameters<ShowPage<Model>>[1],
  page: { readonly title: string; readonly model: Model; readonly live?: string },
) => ReturnType<ShowPage<Model>>;

const TABS = [
  ['Health', ADMIN],
  ['People', `${ADMIN}/users`],
  ['Limits', `${ADMIN}/limits`],
  ['Leaks', `${ADMIN}/leaks`],
  ['Migrations', `${ADMIN}/migrations`],
  ['Keys', `${ADMIN}/keys`],
  ['Audit log', `${ADMIN}/audit`],
] as const;

/** A page of the administration: its title is the label of its tab. */
export function tabbed<Model extends object>(shell: Shell, name: string): ShowTab<Model> {
  const show = shell.page<Model & Tabbed>(name);
  return (ports, input, { title, model, live }) => {
    const tabs = TABS.map(([label, href]) => ({ label, href, isHere: label === title }));
    const about = { title: `${title} · Administration`, section: 'administration', live } as const;
    return show(ports, input, { ...about, model: { ...model, tabs } });
  };
}
