import type { Connection } from 'mongoose';
import type { Announcement, AnnouncementStore } from '../../../src/notifications/notification.js';
import { deploymentModel } from '../deployments/document.js';
import { environmentModel } from '../environments/document.js';
import { limitOf, MAX_TIME_MS, text } from '../shared/query.js';
import { REPEATABLE } from '../shared/write.js';

const ANNOUNCED = { announcedAt: { $gt: new Date(0) } };

interface Announced {
  readonly _id: string;
  readonly announcedAt: Date;
}

/** What deployments and environments have to tell: their stores write it down together with the new status. */
export function announcementStore(connection: Connection): AnnouncementStore {
  const collections = {
    deployment: deploymentModel(connection).collection,
    environment: environmentModel(connection).collection,
  };
  const nextOf = async (noun: Announcement['noun'], most: number): Promise<Announcement[]> => {
    const found = collections[noun]
      .find<Announced>(ANNOUNCED, { projection: { announcedAt: 1 }, maxTimeMS: MAX_TIME_MS })
      .sort({ announcedAt: 1 })
      .limit(limitOf({ limit: most }))
      .hint('announced');
    return (await found.toArray()).map(({ _id, announcedAt }) => ({ noun, id: _id, at: announcedAt }));
  };
  return {
    async next(most) {
      const both = await Promise.all([nextOf('deployment', most), nextOf('environment', most)]);
      return both.flat().sort((one, other) => one.at.getTime() - other.at.getTime());
    },
    async done({ noun, id, at }) {
      const options = { maxTimeMS: MAX_TIME_MS, ...REPEATABLE };
      const same = { _id: text(id, 'the id') as never, announcedAt: at };
      await collections[noun].updateOne(same, { $unset: { announcedAt: '' } }, options);
    },
  };
}
