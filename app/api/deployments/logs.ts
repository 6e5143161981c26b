import { z } from 'zod';
import { AppendLogsBody, Id } from '../../../src/contract/schemas.js';
import { appendLogs as append } from '../../../src/deployments/logs.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { type ApiRoute, ok, pageOf, PageQuery, parseInput, parseQuery } from '../route.js';

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

const Query = z.strictObject(PageQuery);

export const readLogs: ApiRoute = {
  input: 'none',
  async handle({ deployments, logs }, { parameters, query }) {
    const id = parseInput(Id, parameters['id']);
    const page = parseQuery(Query, query);
    if (!(await deployments.get(id))) throw new VitrineError('not_found', 'There is no such deployment.');
    return ok(await logs.read(id, pageOf(page)));
  },
};
