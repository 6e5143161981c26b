import type { Scene } from './scene.js';

export interface View {
  /** The name of its file in docs/images/dashboard. */
  readonly name: string;
  readonly path: (scene: Scene) => string;
  readonly theme: 'light' | 'dark';
  readonly size: keyof typeof SIZES;
  /** Something that is there once the page is whole. */
  readonly waitFor: string;
  /** The part that is in sight; the whole page unless false. */
  readonly isWhole?: boolean;
}

export const SIZES = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
} as const;

/** Each page in both themes on a desktop, and on a phone. */
const pages = (name: string, path: View['path'], waitFor: string): readonly View[] => [
  { name, path, waitFor, theme: 'light', size: 'desktop' },
  { name: `${name}-dark`, path, waitFor, theme: 'dark', size: 'desktop' },
  { name: `${name}-phone`, path, waitFor, theme: 'light', size: 'phone' },
];

export const VIEWS: readonly View[] = [
  ...pages('overview', () => '/previews', '.preview'),
  ...pages('preview', ({ live }) => `/previews/${live.id}`, '#title'),
  ...pages('preview-failed', ({ failed }) => `/previews/${failed.id}`, '#failure'),
  ...pages('preview-program', ({ program }) => `/previews/${program.id}`, '#title'),
  ...pages('deployment', ({ failed }) => `/deployments/${failed.head?.deploymentId ?? ''}`, 'h1'),
  ...pages('project', ({ live }) => `/projects/${live.projectId}/settings`, 'h1'),
  ...pages('project-access', ({ program }) => `/projects/${program.projectId}/access`, 'h1'),
  ...pages('deliveries', () => '/deliveries', 'h1'),
  ...pages('statistics', () => '/statistics', 'h1'),
  ...pages('start', () => '/start', 'h1'),
  ...pages('account', () => '/account', 'h1'),
  ...pages('administration', () => '/admin', 'h1'),
];
