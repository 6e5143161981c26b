import { expect, test } from '@jest/globals';
import { createStores } from '../../../../app/store/connect.js';
import { migrate } from '../../../../app/store/migrations/migrate.js';
import { openConnection } from '../../../../app/store/open-connection.js';
import { changeDeployment } from '../../../../src/deployments/change.js';
import { durationClass } from '../../../../src/deployments/statistics.js';
import { countEndings } from '../../../../src/reconcile/endings.js';
import { DEPLOYMENT_STATUS, STAGE_STATUS } from '../../../../src/shared/status/words.js';
import { newDeployment } from '../../../support/builders.js';
import { testDatabase } from '../../../support/test-database.js';
import { silent } from '../empty-stores.js';

const BEFORE = 13;
const at = (second: number) => new Date(Date.UTC(2026, 10, 28, 10, 0, second));

test('stages of deployments from before are counted, and an earlier version finds nothing of them', async () => {
  const database = testDatabase();
  const connection = await openConnection({ uri: database.uri, log: silent });
  try {
    await migrate({ connection, log: silent });
    const stores = createStores(connection);
    const { id } = await stores.deployments.ensure(newDeployment());
    await changeDeployment(stores, {
      id,
      plan: ({ stages }) => ({
        status: DEPLOYMENT_STATUS.success,
        ...{ startedAt: at(0), completedAt: at(30) },
        stages: stages.map((stage) =>
          stage.name === 'building'
            ? { ...stage, status: STAGE_STATUS.completed, startedAt: at(0), completedAt: at(12) }
            : stage,
        ),
      }),
    });
    await countEndings({ ...stores, log: silent });
    await stores.statistics.measure(undefined, { at: at(0), previews: 1, bytes: 1, files: 1 });
    await migrate({ connection, log: silent, to: BEFORE });
    const [older] = await connection.collection('deploymentStatistics').find().toArray();
    expect(older).toMatchObject({ counts: { [DEPLOYMENT_STATUS.success]: 1 } });
    expect(older).not.toHaveProperty('stages');
    expect(older).not.toHaveProperty('measured');
    expect((await stores.deployments.get(id))?.tally).not.toHaveProperty('stages');

    await migrate({ connection, log: silent });
    expect((await stores.deployments.get(id))?.tally?.stages).toEqual({ building: 12 });
    expect(await stores.statistics.days({ from: '2026-11-01', to: '2026-11-30' })).toMatchObject([
      { stages: { building: { [durationClass(12)]: 1 } }, measured: null },
    ]);
    expect(await stores.statistics.recount()).toMatchObject({ corrected: 0 });
  } finally {
    await connection.destroy();
    await database.drop();
  }
});
