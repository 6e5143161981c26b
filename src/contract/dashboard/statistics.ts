/** Figures and plots of a project, or of the whole server. */
import { z } from 'zod';
import type { Operation, Operations } from '../operation.js';

export const STATISTICS = '/statistics' as const;

const showStatistics = {
  method: 'GET',
  path: STATISTICS,
  // Whose statistics the person may see is decided for the project that the address names.
  permission: 'project.list',
  summary: 'A page with the statistics of a project; administrators see those of the whole server',
  query: () =>
    z.object({
      /** The whole server for administrators, and the first project for others, unless given. */
      project: z.string().max(24).optional(),
      days: z.string().max(3).optional(),
    }),
  answers: { 200: 'page' },
  errors: ['not_found'],
} as const satisfies Operation;

export const statisticsPages = { showStatistics } as const satisfies Operations;
