import { expect, test } from '@jest/globals';
import { createKeyedQueue } from '../../../../app/webhooks/inbox/worker.js';

function gate() {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { open, passed };
}

test('work with one key runs one after the other, and work with another key beside it', async () => {
  const inOrder = createKeyedQueue();
  const seen: string[] = [];
  const first = gate();
  const work =
    (name: string, until: Promise<void> = Promise.resolve()) =>
    async () => {
      seen.push(`${name} begins`);
      await until;
      seen.push(`${name} ends`);
    };
  const all = [
    inOrder('pr', work('one', first.passed)),
    inOrder('pr', work('two')),
    inOrder('other', work('three')),
  ];
  await all[2];
  expect(seen).toEqual(['one begins', 'three begins', 'three ends']);
  first.open();
  await Promise.all(all);
  expect(seen.slice(3)).toEqual(['one ends', 'two begins', 'two ends']);
});
