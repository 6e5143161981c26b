import { Id, RecordProgressBody, type ProgressAnswer } from '../../../src/contract/schemas.js';
import { recordProgress as record } from '../../../src/deployments/progress.js';
import { presentEnvironment } from '../environments/present.js';
import { type ApiRoute, ok, parseInput } from '../route.js';
import { presentDeployment } from './present.js';

export const recordProgress: ApiRoute = {
  input: 'json',
  async handle(ports, { parameters, body }) {
    const deploymentId = parseInput(Id, parameters['id']);
    const { stages, ...rest } = parseInput(RecordProgressBody, body);
    const progress = { ...rest, stages: stages?.map(toStage) };
    const { deployment, environment, live } = await record(ports, { deploymentId, body: progress });
    const answer: ProgressAnswer = {
      deployment: presentDeployment(deployment),
      environment: presentEnvironment(environment),
      live,
    };
    return ok(answer);
  },
};

type StageGiven = NonNullable<RecordProgressBody['stages']>[number];

function toStage(stage: StageGiven) {
  return { ...stage, startedAt: dateOrNull(stage.startedAt), completedAt: dateOrNull(stage.completedAt) };
}

function dateOrNull(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
