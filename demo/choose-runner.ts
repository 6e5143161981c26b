import { z } from 'zod';
import { findEngine } from '../app/engine/address.js';
import { createDockerEngine } from '../app/engine/docker-engine.js';
import { messageOf } from '../src/shared/errors.js';
import { baseReference, chooseNode, ensureBase } from '../src/targets/node/base-image.js';
import type { Teller } from './teller.js';

/** The engine of this machine, as the variables of the same names say. */
export interface DockerOfMachine {
  readonly host: string | undefined;
  /** The name of the base image, with `{version}`. */
  readonly nodeImage?: string | undefined;
}

/** Variables of the server that decide what runs the program of the second story. */
export type RunnerVariables = Readonly<Record<'DOCKER_HOST' | 'NODE_RUNNER' | 'NODE_IMAGE', string>>;

const USUAL_IMAGE = 'node:{version}-slim';

/** Runs without an engine, and leaves that of the machine alone. */
export const AS_PROCESSES: RunnerVariables = {
  DOCKER_HOST: 'off',
  NODE_RUNNER: 'process',
  NODE_IMAGE: '',
};

const PULL_MS = 3 * 60_000;

interface Choosing {
  readonly docker: DockerOfMachine;
  /** The package.json of the program. */
  readonly manifest: string;
  readonly teller: Teller;
  readonly defaultSocket?: string;
}

/** Containers where an engine has the base image or can pull it, and processes otherwise. Says which. */
export async function chooseRunner({
  docker,
  manifest,
  teller,
  defaultSocket,
}: Choosing): Promise<RunnerVariables> {
  const { host, nodeImage = USUAL_IMAGE } = docker;
  const found = findEngine(host, { ...(defaultSocket !== undefined && { defaultSocket }) });
  if ('missing' in found) return AS_PROCESSES;
  const { engines } = Manifest.parse(JSON.parse(manifest));
  const reference = baseReference(nodeImage, chooseNode(engines.node));
  const signal = AbortSignal.timeout(PULL_MS);
  const log = (line: string) => teller.note(line);
  try {
    await ensureBase(createDockerEngine(found.address), reference, { log, signal });
  } catch (error) {
    teller.note(
      `Docker is there, and programs run as processes, because the image ${reference} is not: ${messageOf(error).slice(0, 200)}`,
    );
    return AS_PROCESSES;
  }
  teller.note(`Docker is there: programs run in containers of ${reference}`);
  return { DOCKER_HOST: host ?? '', NODE_RUNNER: '', NODE_IMAGE: nodeImage };
}

const Manifest = z.object({ engines: z.object({ node: z.string() }) });
