import { AppendLogsBody, Id } from '../../../src/contract/schemas.js';
import { appendLogs as append } from '../../../src/deployments/logs.js';
import { parseInput } from '../parse-input.js';
import type { ApiRoute } from '../route.js';

export const appendLogs: ApiRoute = {
  input: 'json',
  async handle(ports, { parameters, body }) {
    const deploymentId = parseInput(Id, parameters['id']);
    const { seq, lines } = parseInput(AppendLogsBody, body);
    const dated = lines.map((line) => ({ ...line, at: new Date(line.at) }));
    await append(ports, { deploymentId, body: { seq, lines: dated } });
    return { status: 202, body: { stored: true } };
  },
};
