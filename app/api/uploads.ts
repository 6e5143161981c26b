import type { uploads } from '../../src/contract/uploads.js';
import { receivePack, receivePlan } from '../../src/uploads/receive.js';
import type { Handlers } from './handler.js';
import type { programs } from '../../src/contract/programs.js';
import { startProgram } from '../../src/runs/start-program.js';

export const uploadHandlers: Handlers<typeof uploads> = {
  async uploadPlan(ports, { params, body }) {
    return (await receivePlan(ports, { deploymentId: params.id, plan: body })).answer;
  },

  async uploadPack(ports, { params, body }) {
    return (await receivePack(ports, { deploymentId: params.id, pack: body })).answer;
  },
};

export const programHandlers: Handlers<typeof programs> = {
  async startProgram(ports, { params, body }) {
    const answer = await startProgram(ports, { ...body, deploymentId: params.id });
    const { deep, lines } = await ports.redactionOf(params.id);
    return { ...answer, problem: deep(answer.problem), lines: [...lines(answer.lines)] };
  },
};
