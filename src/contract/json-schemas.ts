import { z } from 'zod';
import { AccessView, ShareLinkView } from './access.js';
import { AuditEntryView, InstanceView, UserView } from './administration.js';
import { SecretView, VariableView } from './configuration.js';
import { DeliveryView } from './deliveries.js';
import { DeploymentView } from './deployments.js';
import { EnvironmentView } from './environments.js';
import { StatisticsView, StepView } from './history.js';
import { FoundLineView, HealthCheckView, LogLineView } from './logs.js';
import { ChannelView, NotificationView } from './notifications.js';
import { AccountView, SessionView } from './people/account.js';
import { ApiTokenView } from './people/api-tokens.js';
import { InvitationView } from './people/invitations.js';
import { MemberView } from './people/members.js';
import { ProjectView, RepositoryView } from './projects.js';
import { ScreenshotView } from './screenshots.js';
import { ErrorAnswer } from './shapes.js';
import { LeakView } from './targets.js';
import type { JsonSchema, Schemas } from './examples.js';
import { fieldWords } from './words.js';

/** Schemas that the description names once and refers to. */
const NAMED = {
  ...{ AccountView, SessionView, ApiTokenView, EnvironmentView, DeploymentView },
  ...{ LogLineView, FoundLineView, HealthCheckView, DeliveryView, StepView, StatisticsView },
  ...{ LeakView, VariableView, SecretView, ProjectView, MemberView, RepositoryView },
  ...{ AccessView, ShareLinkView },
  ...{ UserView, AuditEntryView, InstanceView },
  ...{ InvitationView, ChannelView, NotificationView, ScreenshotView, ErrorAnswer },
} as const;

/** The schemas that have a name, written out under it. */
export function namedSchemas(): Schemas {
  return Object.fromEntries(
    Object.entries(NAMED).map(([id, schema]) => [id, convert(schema(), 'output', id)]),
  );
}

/** The JSON Schema; a reference for what has a name, also inside. `own` is the name of the schema itself, which is written out. */
export function convert(schema: z.ZodType, io: 'input' | 'output', own?: string): JsonSchema {
  const named = (registry ??= new Names());
  const id = named.get(schema).id;
  if (id !== undefined && id !== own) return { $ref: uri(id) };
  const made = z.toJSONSchema(schema, { io, metadata: named, unrepresentable: 'any' });
  const whole = (own === undefined ? undefined : made.$defs?.[own]) ?? made;
  const text = JSON.stringify(bare(whole)).replaceAll('"#/$defs/', `"${uri('')}`);
  // From text, because fields of different names share one object, and each gets words of its own.
  return JSON.parse(text, (_key, value: unknown) => addWords(value)) as JsonSchema;
}

/** Made on first use, because schemas are. */
let registry: Names | undefined;

interface Naming {
  readonly id?: string | undefined;
}

/** The names of schemas beside what their own declarations say of them. */
class Names extends z.core.$ZodRegistry<Naming> {
  constructor() {
    super();
    for (const [id, schema] of Object.entries(NAMED)) this.add(schema(), { id });
  }

  override get(schema: z.core.$ZodType): Naming {
    return { ...z.globalRegistry.get(schema), ...super.get(schema) };
  }
}

/** Says what each field of a schema means, where the schema does not. */
function addWords(schema: unknown): unknown {
  const { properties = {} } = (schema ?? {}) as JsonSchema;
  for (const [name, property] of Object.entries(properties)) {
    const description = property.description ?? fieldWords(name);
    if (description !== undefined) Object.assign(property, { description });
  }
  return schema;
}

const uri = (id: string) => `#/components/schemas/${id}`;

/** Without the keys that only a document of its own has. */
function bare({ $schema: _dialect, $defs: _defs, id: _id, ...rest }: Readonly<Record<string, unknown>>) {
  return rest;
}
