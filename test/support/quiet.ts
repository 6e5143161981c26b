import type { Stores } from '../../app/ports.js';
import { eventually } from '../../demo/expect.js';

/** Until every delivery is worked on and nothing is due, as the documents say it: for servers that are processes of their own. */
export async function quiet({ inbox, environments }: Pick<Stores, 'inbox' | 'environments'>): Promise<void> {
  const look = async () => {
    // In this order: a delivery counts as done only after its environment was written.
    const { stored } = await inbox.counts();
    const { items } = await environments.list({}, { limit: 50 });
    const due = items.filter((one) => one.due.report.at !== null || one.due.teardown.at !== null);
    return { unread: stored, due: due.map(({ slug }) => slug) };
  };
  await eventually(look, {
    until: ({ unread, due }) => unread === 0 && due.length === 0,
    otherwise: 'The servers should have done everything by now.',
  });
}
