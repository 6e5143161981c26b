import type { uploads } from '../../src/contract/uploads.js';
import { receivePack, receivePlan } from '../../src/uploads/receive.js';
import type { Handlers } from './handler.js';

export const uploadHandlers: Handlers<typeof uploads> = {
  async uploadPlan(ports, { params, body }) {
    return (await receivePlan(ports, { deploymentId: params.id, plan: body })).answer;
  },

  async uploadPack(ports, { params, body }) {
    return (await receivePack(ports, { deploymentId: params.id, pack: body })).answer;
  },
};
