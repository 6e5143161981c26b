import { z } from 'zod';
import { VitrineError } from '../../shared/errors.js';
import { isHash } from '../../shared/hash.js';
import { parseOptions, type Release, type Run, type Target } from '../target.js';

const staticOptionsSchema = z.strictObject({
  /** Serve index.html, or 200.html, for paths without a file: for pages that route in the browser. */
  spa: z.boolean().default(false),
});
export type StaticOptions = z.infer<typeof staticOptionsSchema>;

const staticHandleSchema = z.strictObject({
  slug: z.string().min(1),
  generation: z.number().int().nonnegative(),
  projectId: z.string().min(1),
  artifact: z.string().refine(isHash),
});
export type StaticHandle = z.infer<typeof staticHandleSchema>;

/** Records which directory is published for a slug. The uploads noun removes the files that no environment names. */
export interface StaticHosting {
  /** Throws `stale_head` when a newer generation is published, `not_found` when the artifact is not complete. Resolves to the URL. */
  publish(handle: StaticHandle, options: StaticOptions): Promise<string>;
  /** Removes what this or an older generation published. Leaves a newer one alone, and succeeds when there is nothing. */
  unpublish(handle: Pick<StaticHandle, 'slug' | 'generation'>): Promise<void>;
  find(slug: string): Promise<StaticHandle | null>;
  list(): AsyncIterable<StaticHandle>;
}

/** Directories of files, served by this server itself. */
export function createStaticTarget({
  hosting,
}: {
  readonly hosting: StaticHosting;
}): Target<StaticOptions, StaticHandle> & { readonly runsIn: 'server' } {
  return {
    name: 'static',
    options: staticOptionsSchema,
    credentials: z.unknown(),
    runsIn: 'server',
    takes: 'files',
    starts: false,
    services: 'Remove "services": a folder of files has no program that could use one.',
    earlier: 'kept',
    capabilities: { sleep: null, logs: null },
    identityOf: ({ slug, generation }) => `${slug} ${generation}`,
    async deploy(release, options, run) {
      run.signal.throwIfAborted();
      const parsed = parseOptions(staticOptionsSchema, options);
      const handle = handleOf(release);
      const url = await hosting.publish(handle, parsed);
      run.log(`Published ${handle.artifact.slice(0, 12)} at ${url}`);
      return { url, handle, reach: { kind: 'files', root: handle.artifact } };
    },
    async destroy(handle, run) {
      run.signal.throwIfAborted();
      await hosting.unpublish(staticHandleSchema.parse(handle));
      run.log(`Took ${handle.slug} down`);
    },
    async inspect(handle, run) {
      run.signal.throwIfAborted();
      const found = await hosting.find(handle.slug);
      if (found === null) return { state: 'gone', detail: 'Nothing is published here.' };
      if (found.generation !== handle.generation)
        return { state: 'gone', detail: 'A newer version took its place.' };
      return { state: 'live', detail: null };
    },
    list: (run) => listUntilAborted(hosting, run),
  };
}

async function* listUntilAborted(hosting: StaticHosting, run: Run): AsyncGenerator<StaticHandle> {
  for await (const handle of hosting.list()) {
    run.signal.throwIfAborted();
    yield handle;
  }
}

function handleOf(release: Release): StaticHandle {
  const { slug, generation, projectId, artifact } = release;
  if (artifact === null || !isHash(artifact)) {
    throw new VitrineError(
      'unprocessable',
      'There is no uploaded directory to publish: upload the build first.',
    );
  }
  return { slug, generation, projectId, artifact };
}
