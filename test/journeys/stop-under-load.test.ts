import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { connectStore } from '../../app/store/connect.js';
import type { InboxStore } from '../../src/deliveries/store.js';
import { pullRequestPayload } from '../app/webhooks/inbox/sample-payload.js';
import { nothingGitHub, type NothingGitHub } from '../support/nothing-github.js';
import { mainFixture, SECRET, type MainFixture } from '../support/run-main.js';
import { sign } from '../support/start-app.js';

const SENDERS = 16;

let fixture: MainFixture;
let github: NothingGitHub;

beforeEach(async () => {
  [fixture, github] = await Promise.all([mainFixture(), nothingGitHub()]);
});
afterEach(async () => {
  await Promise.all([fixture.close(), github.close()]);
});

/** Many at once, one after the other, for as long as somebody answers; the guids that were acknowledged. */
function pour(url: string) {
  const acknowledged: string[] = [];
  let number = 0;
  let going = true;
  async function send(): Promise<number> {
    const guid = randomUUID();
    number += 1;
    const body = JSON.stringify({ ...pullRequestPayload({ number }), number });
    const headers = {
      'content-type': 'application/json',
      'x-github-event': 'pull_request',
      'x-github-delivery': guid,
      'x-hub-signature-256': sign(body, SECRET),
    };
    const response = await fetch(`${url}/api/github/webhooks`, { method: 'POST', headers, body });
    await response.arrayBuffer();
    if (response.status === 202) acknowledged.push(guid);
    return response.status;
  }
  async function keepSending(): Promise<void> {
    while (going) await send().catch(() => (going = false));
  }
  const done = Promise.all(Array.from({ length: SENDERS }, keepSending));
  return { acknowledged, done };
}

async function guidsIn(inbox: InboxStore): Promise<Set<string>> {
  const guids = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await inbox.list({}, { limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    for (const { guid } of page.items) guids.add(guid);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return guids;
}

test('stopped while deliveries pour in, it loses none that it acknowledged and ends in order', async () => {
  const env = { ...fixture.credentials, GITHUB_API_URL: github.url, LOG_LEVEL: 'info' };
  const { child, said, ended } = fixture.run(env);
  const load = pour(await said(/ready at (http:\S+)/));
  while (load.acknowledged.length < 50) await new Promise(setImmediate);
  const asked = load.acknowledged.length;
  child.kill('SIGTERM');
  const { code, output } = await ended;
  expect({ code, faults: output.match(/^vitrine: .*$/gm) }).toEqual({ code: 0, faults: null });
  await load.done;
  expect(load.acknowledged.length).toBeGreaterThanOrEqual(asked);
  const store = await connectStore({ uri: fixture.database.uri, log: () => undefined });
  const kept = await guidsIn(store.stores.inbox);
  await store.close();
  expect(load.acknowledged.filter((guid) => !kept.has(guid))).toEqual([]);
});
