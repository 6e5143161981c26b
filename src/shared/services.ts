/** The databases that a preview can ask for in its settings. */
export const SERVICE_KINDS = ['postgres', 'mysql', 'mariadb', 'redis', 'mongodb'] as const;
export type ServiceKind = (typeof SERVICE_KINDS)[number];

/** One database, as the settings ask for it: `db: postgres:16`. */
export interface ServiceSettings {
  /** The host name by which the program reaches it. */
  readonly name: string;
  readonly kind: ServiceKind;
  /** A tag of the official image. */
  readonly version: string;
}

/** Each costs the operator memory. */
export const MOST_SERVICES = 5;

/** The variable that holds the URL of a database: `MY_DB_URL` for `my-db`. */
export function urlVariableOf({ name }: Pick<ServiceSettings, 'name'>): string {
  return `${name.toUpperCase().replace(/-/g, '_')}_URL`;
}
