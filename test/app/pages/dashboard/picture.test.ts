import { expect, test } from '@jest/globals';
import {
  knownPicture,
  pictureModel,
  thumbnailsOf,
  versionOfPicture,
} from '../../../../app/pages/dashboard/picture.js';
import { draftEnvironment } from '../../../../src/environments/draft.js';
import type { StoredEnvironment } from '../../../../src/environments/store.js';
import { createPictureAddresses } from '../../../../src/screenshots/picture-address.js';
import type { Screenshot, ScreenshotStore } from '../../../../src/screenshots/screenshot.js';
import { createKey, parseKeys } from '../../../../src/secrets/keys.js';
import { ENVIRONMENT_STATUS } from '../../../../src/shared/status/words.js';
import { HEAD_SHA, newEnvironment, NEXT_SHA } from '../../../support/builders.js';

const AT = new Date('2026-11-28T12:00:00Z');
const view = { page: { hash: 'a', size: 1 }, thumbnail: { hash: 'b', size: 1 } };

function live(deploymentId: string, changes: Partial<StoredEnvironment> = {}): StoredEnvironment {
  return {
    ...draftEnvironment(newEnvironment(), { id: `e-${deploymentId}`, now: AT }),
    status: ENVIRONMENT_STATUS.ready,
    current: {
      ...{ deploymentId, sha: HEAD_SHA, url: 'http://pr-1-site.localhost', at: AT },
      reach: { kind: 'files', root: 'r' },
    },
    ...changes,
  };
}

function shot(deploymentId: string, changes: Partial<Screenshot> = {}): Screenshot {
  return {
    ...{ id: deploymentId.repeat(12).slice(0, 24), projectId: 'p', environmentId: `e-${deploymentId}` },
    ...{ deploymentId, generation: 1, sha: HEAD_SHA, recordedAt: AT, reason: null, comparison: null },
    taken: { at: AT, width: 1280, height: 800, ...view },
    ...changes,
  };
}

/** What is stored, and how often it was asked for. */
function portsWith(stored: readonly Screenshot[], { isOn = true } = {}) {
  const asked: (readonly string[])[] = [];
  const screenshots: Pick<ScreenshotStore, 'ofDeployment' | 'ofDeployments' | 'latestTaken'> = {
    async ofDeployment(id) {
      return stored.find(({ deploymentId }) => deploymentId === id) ?? null;
    },
    async ofDeployments(ids) {
      asked.push(ids);
      return stored.filter(({ deploymentId }) => ids.includes(deploymentId)).toReversed();
    },
    async latestTaken(_environment, except) {
      return stored.find((one) => one.taken && one.deploymentId !== except) ?? null;
    },
  };
  const pictureAddresses = createPictureAddresses({
    keys: parseKeys(createKey('k')),
    publicUrl: 'https://vitrine.example.com',
  });
  // Only whether there are any counts here.
  const screenshotTools = isOn ? {} : null;
  return { asked, ports: { screenshots, pictureAddresses, screenshotTools } as never };
}

async function modelOf(stored: readonly Screenshot[], environment: StoredEnvironment, options = {}) {
  const { ports } = portsWith(stored, options);
  return pictureModel(ports, await knownPicture(ports, environment));
}

test('a page of previews asks once for its pictures, and leaves out what is not live or has none', async () => {
  const gone = live('d4', { status: ENVIRONMENT_STATUS.destroyed });
  const waiting = live('d5', { current: null });
  const page = [live('d1'), live('d2'), live('d3'), gone, waiting];
  const { asked, ports } = portsWith([shot('d1'), shot('d2', { taken: null, reason: 'No.' }), shot('d4')]);
  const thumbnails = await thumbnailsOf(ports, page);
  expect(asked).toEqual([['d1', 'd2', 'd3']]);
  expect(page.map(thumbnails.of)).toEqual([
    expect.stringMatching(/^\/images\/screenshots\/\w{24}\/thumbnail\.jpg\?signature=/),
    ...['', '', '', ''],
  ]);
  expect(thumbnails.areShown).toBe(true);
  const { version } = await thumbnailsOf(portsWith([shot('d1'), shot('d2')]).ports, page);
  expect(version).not.toEqual(thumbnails.version);
  expect((await thumbnailsOf(portsWith([]).ports, [waiting])).areShown).toBe(true);
});

test('the overview has no room for pictures where none are taken, unless another server takes them', async () => {
  const off = { isOn: false };
  expect((await thumbnailsOf(portsWith([], off).ports, [live('d1')])).areShown).toBe(false);
  expect((await thumbnailsOf(portsWith([shot('d1')], off).ports, [live('d1')])).areShown).toBe(true);
});

const before = { deploymentId: 'd0', sha: NEXT_SHA, before: view };
const red = { hash: 'c', size: 1 };
test.each([
  [null, 'There is no earlier picture to compare it with.', ['At aaaaaaa']],
  [{ ...before, changedShare: 0, difference: null }, 'The page looks as it did at bbbbbbb.', ['At aaaaaaa']],
  [
    { ...before, changedShare: 0.0317, difference: red },
    '3.2 % of the page changed since bbbbbbb.',
    ['Before, at bbbbbbb', 'After, at aaaaaaa', 'Difference, in red'],
  ],
  [
    { ...before, changedShare: 0.000_01, difference: red },
    'Less than 0.1 % of the page changed since bbbbbbb.',
    ['Before, at bbbbbbb', 'After, at aaaaaaa', 'Difference, in red'],
  ],
])('what changed is said in words and shown side by side: %#', async (comparison, sentence, labels) => {
  const model = await modelOf([shot('d1', { comparison })], live('d1'));
  expect(model).toMatchObject({ sentence, takenAt: AT.toISOString() });
  expect(model?.views.map(({ label }) => label)).toEqual(labels);
  for (const { small, large } of model?.views ?? []) expect(small + large).not.toContain('https:');
});

const due = (screenshot: Partial<StoredEnvironment['due']['screenshot']>) => {
  const { due: all } = live('d1');
  return { due: { ...all, screenshot: { ...all.screenshot, ...screenshot } } };
};
const ASLEEP = 'No picture was taken: it sleeps, and a picture does not wake it.';

test.each([
  ['it failed', [shot('d1', { taken: null, reason: ASLEEP })], {}, ASLEEP],
  ['it is due', [], due({ at: AT }), 'It is photographed in a moment.'],
  ['it is tried again', [], due({ at: AT, error: ASLEEP }), `${ASLEEP} The server tries again.`],
  ['it is older', [], {}, 'There is no picture: it went live before pictures were taken.'],
])('where there is no picture, the reason is told: %s', async (_name, stored, changes, sentence) => {
  const environment = live('d1', changes);
  expect(await modelOf(stored, environment)).toEqual({ sentence, takenAt: '', views: [] });
  const [older] = [shot('d0', { sha: NEXT_SHA })];
  const model = await modelOf([...stored, older], environment);
  expect(model?.sentence).toBe(`${sentence} This is how it looked at bbbbbbb.`);
  expect(model?.views).toHaveLength(1);
});

test('a server that takes no pictures says so, and nothing is said of a preview that is not live', async () => {
  expect((await modelOf([], live('d1'), { isOn: false }))?.sentence).toMatch(/SCREENSHOTS=on/);
  expect(await modelOf([shot('d1')], live('d1', { status: ENVIRONMENT_STATUS.destroyed }))).toBeNull();
  expect(await modelOf([], live('d1', { current: null }))).toBeNull();
});

test('a deployment that is not live any more has its own picture or its own reason, and no other', async () => {
  const { ports } = portsWith([shot('d1'), shot('d2', { taken: null, reason: ASLEEP }), shot('d4')]);
  const of = async (id: string) => pictureModel(ports, await knownPicture(ports, live('d4'), id));
  expect(await of('d1')).toMatchObject({ takenAt: AT.toISOString() });
  expect(await of('d2')).toEqual({ sentence: ASLEEP, takenAt: '', views: [] });
  expect(await of('d3')).toBeNull();
});

test('an open page hears of a new picture, and of a try that failed', async () => {
  const versionOf = async (stored: readonly Screenshot[], environment: StoredEnvironment) =>
    JSON.stringify(versionOfPicture(await knownPicture(portsWith(stored).ports, environment)));
  const versions = [
    await versionOf([], live('d1')),
    await versionOf([], live('d1', due({ at: AT, error: ASLEEP }))),
    await versionOf([shot('d1')], live('d1')),
    await versionOf([shot('d1', { recordedAt: new Date(0) })], live('d1')),
  ];
  expect(new Set(versions).size).toBe(versions.length);
});
