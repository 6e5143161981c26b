/** Figures and plots of a project, or of the whole server. */
import { z } from 'zod';
import type { Operation, Operations } from '../operation.js';
import { From, LIVE, watched } from './previews.js';

export const STATISTICS = '/statistics' as const;

const Asked = () =>
  z.object({
    /** The whole server for administrators, and the first project for others, unless given. */
    project: z.string().max(24).optional(),
    days: z.string().max(3).optional(),
  });

const showStatistics = {
  method: 'GET',
  path: STATISTICS,
  // Whose statistics the person may see is decided for the project that the address names.
  permission: 'project.list',
  summary: 'A page with the statistics of a project; administrators see those of the whole server',
  query: Asked,
  answers: { 200: 'page' },
  errors: ['not_found'],
} as const satisfies Operation;

const watchStatistics = {
  method: 'GET',
  path: `${LIVE}${STATISTICS}`,
  permission: 'project.list',
  summary: 'Says when the page of the statistics shows other figures',
  query: () => Asked().extend({ from: From() }),
  ...watched,
  errors: ['not_found'],
} as const satisfies Operation;

export const statisticsPages = { showStatistics, watchStatistics } as const satisfies Operations;
