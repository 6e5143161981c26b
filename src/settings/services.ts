import { z } from 'zod';
import {
  MOST_SERVICES,
  SERVICE_KINDS,
  type ServiceKind,
  type ServiceSettings,
  urlVariableOf,
} from '../shared/services.js';
import { variableNameProblem } from '../variables/names.js';
import { didYouMean, quoted } from './problem.js';

const HELP = 'must be a database and its version, such as postgres:16';

/** Databases by their names: `db: postgres:16`. */
export const services = z
  .record(z.string(), z.string(HELP))
  .transform((record, context): readonly ServiceSettings[] => {
    const all = Object.entries(record);
    if (all.length > MOST_SERVICES)
      context.addIssue({
        code: 'custom',
        message: `has more than ${String(MOST_SERVICES)} databases; remove some`,
      });
    return all.flatMap(([name, asked]) => {
      const found = nameProblem(name) ?? serviceOf(name, asked);
      if (typeof found !== 'string') return [found];
      context.addIssue({ code: 'custom', path: [name], message: found });
      return [];
    });
  });

/** It is a host name, and a part of the name of a variable. */
function nameProblem(name: string): string | undefined {
  if (!/^[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$/.test(name))
    return 'is not a name for a database; use up to 30 lower-case letters, digits and "-", beginning with a letter';
  if (name === 'localhost')
    return 'is not a name for a database, because it is a name of every machine; choose another name';
  const variable = urlVariableOf({ name });
  const problem = variableNameProblem(variable);
  return problem && `cannot be the name of a database, because ${variable} ${problem}`;
}

/** A database, or what is wrong with the text. */
function serviceOf(name: string, text: string): ServiceSettings | string {
  const [kind = '', version, ...rest] = text.split(':');
  if (!isKind(kind)) return unknownKind(kind);
  if (rest.length > 0 || version === undefined || !/^\d[\w.-]{0,39}$/.test(version))
    return `must have a version that begins with a digit, such as ${kind}:${EXAMPLES[kind]}`;
  return { name, kind, version };
}

const EXAMPLES: Readonly<Record<ServiceKind, string>> = {
  postgres: '16',
  mysql: '8.4',
  mariadb: '11.4',
  redis: '7',
  mongodb: '7.0',
};

function isKind(kind: string): kind is ServiceKind {
  return SERVICE_KINDS.some((known) => known === kind);
}

function unknownKind(kind: string): string {
  const meant = KNOWN_AS[kind.toLowerCase()] ?? didYouMean(kind, SERVICE_KINDS);
  const advice = meant === undefined ? HELP : `did you mean ${meant}?`;
  return `names ${quoted(kind)}, which is none of ${SERVICE_KINDS.join(', ')}; ${advice}`;
}

/** What else they are called. */
const KNOWN_AS: Readonly<Record<string, ServiceKind | undefined>> = {
  mongo: 'mongodb',
  pg: 'postgres',
  postgresql: 'postgres',
  valkey: 'redis',
};
