import { z } from 'zod';
import { command, port } from '../settings/fields.js';
import { DEPLOYMENTS } from './deployments.js';
import { lazily, type Operation, type Operations, type ValueOf } from './operation.js';
import { ById } from './shapes.js';

const MOST_LINES = 500;

const Digest = () => z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be a digest, such as sha256:...');

/** An image that the run pushed to this server, by its digest, or one of another registry, also by its digest. */
const ProgramImage = () =>
  z.union([
    z.strictObject({ digest: Digest() }),
    z.strictObject({
      reference: z
        .string()
        .max(500)
        .regex(/^\S+@sha256:[0-9a-f]{64}$/, 'must end with the digest of the image'),
      auth: z.strictObject({ username: z.string().max(200), password: z.string().max(16_384) }).optional(),
    }),
  ]);

const Word = () => z.string().regex(/^[a-z0-9_]{1,20}$/, 'must be one word of lower-case letters');

/** The machine on which native modules were installed. Absent where another job built. */
const BuiltOn = () =>
  z.strictObject({
    /** As `process.platform`, `process.arch` and the major version of Node. */
    platform: Word(),
    arch: Word(),
    libc: z.enum(['glibc', 'musl']).nullable(),
    nodeMajor: z.int().min(1).max(1_000),
  });

const StartProgramBody = /* @__PURE__ */ lazily(() =>
  z.strictObject({
    /** For a target that takes an image. */
    image: ProgramImage().optional(),
    /** For a target that takes a compose file: its text, and what the run built, by service. */
    compose: z
      .strictObject({
        file: z.string().max(256 * 1024),
        images: z.record(z.string().max(63), ProgramImage()),
      })
      .optional(),
    /** The workflow's own start command and port, before those of the settings. */
    start: command.optional(),
    port: port.optional(),
    /** The Node that the workflow asks for: a version or a range, as in `engines.node`. */
    nodeVersion: z
      .string()
      .max(100)
      .regex(/^[\w.*^~<>=| -]+$/, 'must be a version or a range, such as 22 or >=20')
      .optional(),
    builtOn: BuiltOn().optional(),
    /** The number of log lines that the run has: the answer brings those after them. */
    seen: z.int().min(0).max(1_000_000).default(0),
  }),
);
export type StartProgramBody = ValueOf<typeof StartProgramBody>;

const StartProgramAnswer = /* @__PURE__ */ lazily(() =>
  z.object({
    /** Visitors can come to the URL of the commit. Otherwise the run asks again. */
    started: z.boolean(),
    /** Why it will not start; the run need not ask again. */
    problem: z.string().nullable(),
    commitUrl: z.string().nullable(),
    lines: z.array(z.string()).max(MOST_LINES),
    seen: z.int(),
  }),
);
export type StartProgramAnswer = ValueOf<typeof StartProgramAnswer>;

export const startProgram = {
  method: 'POST',
  path: `${DEPLOYMENTS}/:id/program`,
  permission: 'deployment.upload',
  resource: { deploymentId: 'id' },
  summary: 'Starts the program of a deployment, and says how far that is. The run asks until it has started',
  params: ById,
  body: StartProgramBody,
  answers: { 200: StartProgramAnswer },
  errors: ['conflict', 'stale_head', 'environment_gone', 'unprocessable', 'unavailable'],
} as const satisfies Operation;

export const programs = { startProgram } as const satisfies Operations;
