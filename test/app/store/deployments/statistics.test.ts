import { beforeEach, expect, test } from '@jest/globals';
import type { Stores } from '../../../../app/ports.js';
import { changeDeployment } from '../../../../src/deployments/change.js';
import { durationClass } from '../../../../src/deployments/statistics.js';
import { countEndings } from '../../../../src/reconcile/endings.js';
import { DEPLOYMENT_STATUS, STAGE_STATUS } from '../../../../src/shared/status/words.js';
import { newDeployment } from '../../../support/builders.js';
import { emptyStores, silent } from '../empty-stores.js';

const { success, failed, running, queued } = DEPLOYMENT_STATUS;
const DAY = '2026-11-28';
const span = { from: '2026-11-01', to: '2026-11-30' };
const create = emptyStores();
let stores: Stores;
const project = { p1: '', p2: '' };

beforeEach(async () => {
  stores = await create();
  for (const [index, name] of (['p1', 'p2'] as const).entries())
    project[name] = (
      await stores.projects.ensure({ repoId: index, name, slug: name, fallbackSlug: `${name}-1` })
    ).id;
});

const idOf = (index: number) => `d${String(index).padStart(23, '0')}`;
const ports = () => ({ ...stores, log: silent });

async function start(index: number, projectId = project.p1): Promise<string> {
  const id = idOf(index);
  await stores.deployments.ensure(newDeployment({ id, projectId }));
  await changeDeployment(stores, {
    id,
    plan: () => ({ status: running, startedAt: new Date(`${DAY}T10:00:00Z`) }),
  });
  return id;
}

function end(id: string, status: typeof success | typeof failed) {
  const completedAt = new Date(`${DAY}T10:01:40Z`);
  return changeDeployment(stores, {
    id,
    plan: (seen) => (seen.status === status ? null : { status, completedAt }),
  });
}

const countsOf = async (projectId?: string) =>
  (await stores.statistics.days({ ...span, projectId })).map(({ day, counts }) => [day, counts]);

test('each end counts once for its project and once for the server, however many look for it', async () => {
  const ids = await Promise.all([start(1), start(2), start(3, project.p2)]);
  for (const [index, id] of ids.entries()) await end(id, index === 1 ? failed : success);
  await Promise.all([countEndings(ports()), countEndings(ports()), countEndings(ports())]);
  expect(await countEndings(ports())).toBe(0);
  expect(await countsOf(project.p1)).toEqual([[DAY, { [success]: 1, [failed]: 1 }]]);
  expect(await countsOf(project.p2)).toEqual([[DAY, { [success]: 1 }]]);
  expect(await countsOf()).toEqual([[DAY, { [success]: 2, [failed]: 1 }]]);
  expect((await stores.statistics.days({ ...span, projectId: project.p1 }))[0]?.durations).toEqual({
    [durationClass(100)]: 1,
  });
});

test('a crash between the counters and the deployment counts nothing twice and loses nothing', async () => {
  const id = await start(1);
  const ended = await end(id, success);
  const [ending] = ended.endings;
  if (!ending) throw new Error('There is nothing to count.');
  // The process ends here, before it writes down that this was counted; another one does it again.
  await stores.statistics.count(ending, project.p1);
  expect(await countEndings(ports())).toBe(1);
  expect(await countsOf(project.p1)).toEqual([[DAY, { [success]: 1 }]]);
});

test('one that fails to be counted stays due and holds up no other', async () => {
  await end(await start(1), success);
  await end(await start(2, project.p2), success);
  const statistics = {
    ...stores.statistics,
    count: async (...[ending, projectId]: Parameters<typeof stores.statistics.count>) => {
      if (projectId === project.p1) throw new Error('no');
      return stores.statistics.count(ending, projectId);
    },
  };
  expect(await countEndings({ ...ports(), statistics })).toBe(1);
  expect(await countEndings(ports())).toBe(1);
  expect(await countsOf()).toEqual([[DAY, { [success]: 2 }]]);
});

test('a deployment that was reopened counts as it ended at last', async () => {
  const id = await start(1);
  await end(id, failed);
  await countEndings(ports());
  await changeDeployment(stores, { id, plan: () => ({ status: queued, completedAt: null }) });
  await changeDeployment(stores, { id, plan: () => ({ status: running }) });
  await end(id, success);
  await countEndings(ports());
  const [[, counts] = []] = await countsOf(project.p1);
  expect(counts).toMatchObject({ [success]: 1, [failed]: 0 });
});

test('a recount corrects wrong counters, beside endings that wait to be counted, and changes nothing that is right', async () => {
  const ids = [await start(1), await start(2), await start(3, project.p2)];
  for (const id of ids) await end(id, success);
  await countEndings(ports());
  await end(await start(4), failed);
  expect(await stores.statistics.recount()).toEqual({ days: 3, corrected: 0 });
  // Counted by mistake: the deployment is not there.
  await stores.statistics.count({ key: 'x', day: DAY, status: failed, seconds: 1, by: 1 }, project.p1);
  await stores.statistics.count({ key: 'y', day: '2026-11-02', status: failed, seconds: 1, by: 1 }, 'p9');
  expect(await stores.statistics.recount()).toEqual({ days: 5, corrected: 4 });
  expect(await countsOf(project.p1)).toEqual([[DAY, { [success]: 2 }]]);
  await countEndings(ports());
  expect(await countsOf(project.p1)).toEqual([[DAY, { [success]: 2, [failed]: 1 }]]);
  expect(await stores.statistics.recount()).toMatchObject({ corrected: 0 });
});

test('an ending that was counted and not forgotten yet is right for the recount too', async () => {
  const ended = await end(await start(1), success);
  for (const ending of ended.endings) await stores.statistics.count(ending, project.p1);
  expect(await stores.statistics.recount()).toMatchObject({ corrected: 0 });
});

test('the statistics of a project go with it, and stay in those of the server', async () => {
  await end(await start(1), success);
  await countEndings(ports());
  await stores.statistics.deleteOfProject(project.p1);
  await stores.projects.delete(project.p1);
  const forServerOnly = async () => {
    expect(await countsOf(project.p1)).toEqual([]);
    expect(await countsOf()).toEqual([[DAY, { [success]: 1 }]]);
  };
  await forServerOnly();
  expect(await stores.statistics.recount()).toMatchObject({ corrected: 0 });
  await forServerOnly();
});

test('stages are counted with the end of their deployment, and the recount knows them', async () => {
  const id = await start(1);
  const [startedAt, stageEnd] = [new Date(`${DAY}T10:00:00Z`), new Date(`${DAY}T10:01:00Z`)];
  await changeDeployment(stores, {
    id,
    plan: ({ stages }) => ({
      stages: stages.map((stage) =>
        stage.name === 'building'
          ? { ...stage, status: STAGE_STATUS.completed, startedAt, completedAt: stageEnd }
          : stage,
      ),
    }),
  });
  await end(id, success);
  await countEndings(ports());
  const stagesOf = async () => (await stores.statistics.days({ ...span, projectId: project.p1 }))[0]?.stages;
  expect(await stagesOf()).toEqual({ building: { [durationClass(60)]: 1 } });
  expect(await stores.statistics.recount()).toMatchObject({ corrected: 0 });
  const wrong = {
    key: 'x',
    day: DAY,
    status: success,
    seconds: null,
    stages: { building: 5 },
    by: 1,
  } as const;
  await stores.statistics.count(wrong, project.p1);
  expect(await stores.statistics.recount()).toMatchObject({ corrected: 2 });
  expect(await stagesOf()).toEqual({ building: { [durationClass(60)]: 1 } });
});

test('what was measured last on a day is kept, and the largest projects of the day are found', async () => {
  const at = new Date(`${DAY}T10:00:00Z`);
  const measured = (bytes: number) => ({ at, previews: 2, bytes, files: 3 });
  await stores.statistics.measure(undefined, measured(900));
  await stores.statistics.measure(project.p1, measured(100));
  await stores.statistics.measure(project.p1, measured(200));
  await stores.statistics.measure(project.p2, measured(500));
  expect(await stores.statistics.days(span)).toEqual([
    { day: DAY, counts: {}, durations: {}, stages: {}, measured: measured(900) },
  ]);
  expect(await stores.statistics.largest(DAY, 1)).toEqual([{ projectId: project.p2, bytes: 500 }]);
  expect(await stores.statistics.largest(DAY, 5)).toHaveLength(2);
  expect(await stores.statistics.recount()).toMatchObject({ corrected: 0 });
  await end(await start(1), success);
  await countEndings(ports());
  expect(await countsOf(project.p1)).toEqual([[DAY, { [success]: 1 }]]);
});
