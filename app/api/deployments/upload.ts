import { Id } from '../../../src/contract/schemas.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { PLAN_BYTES } from '../../../src/uploads/plan.js';
import { receivePack, receivePlan } from '../../../src/uploads/receive.js';
import { type ApiRoute, ok, parseInput } from '../route.js';

const PACK_BYTES = 500 * 1024 * 1024;

/** The names of a build's files; the answer says which are missing. */
export const uploadPlan: ApiRoute = {
  input: 'bytes',
  maxBytes: PLAN_BYTES,
  async handle(ports, { parameters, body }) {
    const deploymentId = parseInput(Id, parameters['id']);
    if (!Buffer.isBuffer(body)) throw new VitrineError('bad_request', 'Send the plan as the body.');
    return ok((await receivePlan(ports, { deploymentId, plan: body })).answer);
  },
};

/** Missing files, many in one body, used as they arrive. */
export const uploadPack: ApiRoute = {
  input: 'stream',
  maxBytes: PACK_BYTES,
  async handle(ports, { parameters, stream }) {
    const deploymentId = parseInput(Id, parameters['id']);
    return ok((await receivePack(ports, { deploymentId, pack: stream })).answer);
  },
};
