/** Apart from the rest, which the Action loads before its first request: zod is large. */
import { z } from 'zod';
import {
  isStatusText,
  LONGEST_SECONDS,
  readHealthStatus,
  readHealthTimeout,
  STATUS_HELP,
  TIMEOUT_HELP,
} from './health.js';

/** Where one is stored or sent. */
export const healthRules = () => ({
  healthTimeoutMs: z
    .int()
    .min(1_000)
    .max(LONGEST_SECONDS * 1_000)
    .optional(),
  healthStatus: z.string().max(100).refine(isStatusText, STATUS_HELP).optional(),
});

/** As people write it. */
export const healthTimeoutText = () =>
  z.string(TIMEOUT_HELP).refine((text) => readHealthTimeout(text) !== null, TIMEOUT_HELP);

const statusPart = () => z.union([z.int(), z.string()]);

/** As people write it: a status, a range of them, or a list of both. */
export const healthStatusText = () =>
  z
    .union([statusPart(), z.array(statusPart()).min(1)], { error: STATUS_HELP })
    .transform((given, context) => {
      const read = readHealthStatus([given].flat().join(','));
      if (read !== null) return read;
      context.addIssue({ code: 'custom', message: STATUS_HELP });
      return z.NEVER;
    });
