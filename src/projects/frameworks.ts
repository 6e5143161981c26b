/** What a preview of the project is: files that the server serves, a program that it starts, an image, or the services of a compose file. */
export type Served = 'files' | 'program' | 'image' | 'services';

export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'bun';

/** What was seen of the folder that is built: the names in it, and the texts of those among `FILES_TO_READ`. */
export interface Seen {
  readonly names: readonly string[];
  readonly texts: Readonly<Partial<Record<string, string>>>;
}

export interface Detected {
  /** For people: "Vite", "Next.js (static export)". */
  readonly framework: string;
  readonly served: Served;
  readonly packageManager: PackageManager | null;
  /** Which Node the project asks for, and the file that says so. */
  readonly node: { readonly version: string; readonly file: string } | null;
  /** Proposed settings; an absent one is left to the Action, which finds out while it builds. */
  readonly install: string | null;
  readonly build: string | null;
  readonly output: string | null;
  readonly start: string | null;
  readonly port: number | null;
  readonly spa: boolean;
  /** What a person should know or do before the first preview. */
  readonly notes: readonly string[];
}

/** The parts of `package.json` that say what a project is. */
export interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly engines: Readonly<Record<string, string>>;
  readonly packageManager: string;
}

/** A guess. One that is certain to be a site of files is not taken for a program because there is a Dockerfile too. */
export type Found = Omit<Detected, 'packageManager' | 'node'> & { readonly isCertain: boolean };

interface Given {
  readonly seen: Seen;
  readonly manifest: Manifest | null;
}

interface Framework {
  /** It is the framework when the project uses one of these. */
  readonly packages: readonly string[];
  readonly guess: (given: Given) => Found;
}

const NOTHING = { install: null, build: null, output: null, start: null, port: null, spa: false, notes: [] };

function site(framework: string, output: string, more: Partial<Found> = {}): Found {
  return { ...NOTHING, framework, served: 'files', output, isCertain: true, ...more };
}

function program(framework: string, port: number, more: Partial<Found> = {}): Found {
  return { ...NOTHING, framework, served: 'program', port, isCertain: true, ...more };
}

/** A framework that builds files and no more. */
function always(packages: readonly string[], found: Found): Framework {
  return { packages, guess: () => found };
}

function config({ texts }: Seen, name: string): string {
  return ['js', 'mjs', 'ts'].map((ending) => texts[`${name}.config.${ending}`]).find(Boolean) ?? '';
}

const uses = (manifest: Manifest | null, name: string): boolean =>
  Object.hasOwn(manifest?.dependencies ?? {}, name);

const script = (manifest: Manifest | null, name: string): string => manifest?.scripts[name] ?? '';

/** The order matters: most frameworks bring Vite, and many bring a server. */
export const FRAMEWORKS: readonly Framework[] = [
  { packages: ['next'], guess: next },
  { packages: ['nuxt', 'nuxt3'], guess: nuxt },
  { packages: ['astro'], guess: astro },
  { packages: ['@sveltejs/kit'], guess: svelteKit },
  { packages: ['@remix-run/node', '@remix-run/serve', '@react-router/dev'], guess: reactRouter },
  always(['gatsby'], site('Gatsby', 'public')),
  always(['@docusaurus/core'], site('Docusaurus', 'build')),
  always(['@11ty/eleventy'], site('Eleventy', '_site')),
  { packages: ['vitepress'], guess: vitePress },
  { packages: ['@angular/core'], guess: angular },
  always(['react-scripts'], site('Create React App', 'build', { spa: true })),
  always(['@vue/cli-service'], site('Vue CLI', 'dist', { spa: true })),
  { packages: ['@nestjs/core'], guess: ({ manifest }) => server('NestJS', manifest) },
  { packages: ['fastify'], guess: ({ manifest }) => server('Fastify', manifest) },
  { packages: ['express'], guess: ({ manifest }) => server('Express', manifest) },
  { packages: ['koa'], guess: ({ manifest }) => server('Koa', manifest) },
  { packages: ['@hapi/hapi'], guess: ({ manifest }) => server('hapi', manifest) },
  { packages: ['@hono/node-server'], guess: ({ manifest }) => server('Hono', manifest) },
  always(['vite'], site('Vite', 'dist', { spa: true })),
  always(['parcel'], site('Parcel', 'dist')),
];

function next({ seen }: Given): Found {
  const text = config(seen, 'next');
  if (/output\s*:\s*['"`]export['"`]/.test(text)) return site('Next.js (static export)', 'out');
  const isSmall = /output\s*:\s*['"`]standalone['"`]/.test(text);
  const note =
    'With output: "standalone" in next.config the upload is many times smaller; with output: "export" the preview needs no program.';
  return program('Next.js (server)', 3_000, { notes: isSmall ? [] : [note] });
}

function nuxt({ seen, manifest }: Given): Found {
  const isStatic =
    /\bgenerate\b/.test(script(manifest, 'build')) || /\bssr\s*:\s*false/.test(config(seen, 'nuxt'));
  if (isStatic) return site('Nuxt (static)', '.output/public', { build: 'npx nuxt generate' });
  return program('Nuxt (server)', 3_000);
}

function astro({ seen, manifest }: Given): Found {
  const isServer =
    /output\s*:\s*['"`](?:server|hybrid)['"`]/.test(config(seen, 'astro')) && uses(manifest, '@astrojs/node');
  if (!isServer) return site('Astro', 'dist');
  return program('Astro (server)', 4_321, { start: 'HOST=0.0.0.0 node ./dist/server/entry.mjs' });
}

function svelteKit({ manifest }: Given): Found {
  if (uses(manifest, '@sveltejs/adapter-node'))
    return program('SvelteKit (server)', 3_000, { start: 'node build' });
  const note =
    'Install @sveltejs/adapter-static or @sveltejs/adapter-node: another adapter makes nothing that can be shown here.';
  const isStatic = uses(manifest, '@sveltejs/adapter-static');
  return site('SvelteKit', 'build', { notes: isStatic ? [] : [note] });
}

function reactRouter({ seen, manifest }: Given): Found {
  const isRouter = uses(manifest, '@react-router/dev');
  if (isRouter && /\bssr\s*:\s*false/.test(config(seen, 'react-router')))
    return site('React Router', 'build/client', { spa: true });
  return program(isRouter ? 'React Router (server)' : 'Remix', 3_000);
}

function vitePress({ manifest }: Given): Found {
  const build = Object.values(manifest?.scripts ?? {}).find((one) => /\bvitepress build\b/.test(one)) ?? '';
  const [, folder = ''] = /\bvitepress build\s+([\w./-]+)/.exec(build) ?? [];
  const at = folder.replace(/^\.?\/+|\/+$/g, '');
  const name = Object.entries(manifest?.scripts ?? {}).find(([, one]) => one === build)?.[0] ?? 'build';
  return site('VitePress', `${at === '' ? '' : `${at}/`}.vitepress/dist`, {
    build: name === 'build' ? null : `npm run ${name}`,
  });
}

/** The builder of today writes what browsers load into a folder of its own. */
function angular({ seen }: Given): Found {
  const text = seen.texts['angular.json'] ?? '';
  const [, path] = /"outputPath"\s*:\s*"([\w./@-]{1,200})"/.exec(text) ?? [];
  const [, name = ''] = /"projects"\s*:\s*\{\s*"([\w./@-]{1,100})"/.exec(text) ?? [];
  const isNew = /"builder"\s*:\s*"@angular(?:-devkit)?\/(?:build|build-angular):application"/.test(text);
  const base = path ?? (name === '' ? 'dist' : `dist/${name}`);
  return site('Angular', isNew ? `${base}/browser` : base, { spa: true });
}

function server(framework: string, manifest: Manifest | null): Found {
  const note = 'package.json has no script "start": say how the program is started.';
  return program(framework, 3_000, { notes: script(manifest, 'start') === '' ? [note] : [] });
}

/** None of the frameworks. */
export function plainProject({ seen: { names }, manifest }: Given): Found {
  if (script(manifest, 'build') !== '') {
    const note =
      'The Action looks for the built files in dist, build, out, public and _site. Name the folder if it is another one.';
    return { ...site('A site with a build', ''), output: null, isCertain: false, notes: [note] };
  }
  if (script(manifest, 'start') !== '') return { ...server('A Node program', manifest), isCertain: false };
  if (names.includes('index.html')) return { ...site('Plain files', '.'), isCertain: false };
  const note =
    'Nothing here says what it is. Say which folder holds the files of the site, or how they are built.';
  return { ...site('Not recognised', ''), output: null, isCertain: false, notes: [note] };
}
