import type { programs } from '../../src/contract/programs.js';
import { startProgram } from '../../src/runs/start-program.js';
import type { Handlers } from './handler.js';

export const programHandlers: Handlers<typeof programs> = {
  async startProgram(ports, { params, body }) {
    const answer = await startProgram(ports, { ...body, deploymentId: params.id });
    const { deep, lines } = await ports.redactionOf(params.id);
    return { ...answer, problem: deep(answer.problem), lines: [...lines(answer.lines)] };
  },
};
