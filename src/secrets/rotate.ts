import { isVitrineError, VitrineError } from '../shared/errors.js';
import type { LeasePorts, Tools } from '../shared/tools.js';
import type { SealPorts } from './envelope.js';
import type { SealedCollection, SealedDocument, SecretPorts } from './store.js';

type Ports = Pick<SecretPorts, 'sealed'> & SealPorts & LeasePorts & Pick<Tools, 'log' | 'newId'>;

const LEASE = 'rotate-keys';

/** Much longer than a batch takes. */
const LEASE_MS = 15_000;

const BATCH = 100;

/** Documents of one collection that need one key. */
interface Stale {
  readonly collection: SealedCollection;
  readonly keyId: string;
}

/**
 * Brings everything that is sealed under the current key, batch by batch. Each document changes by one compare-and-set, and both keys can
 * open meanwhile, so no read fails. After a crash the next run goes on with what is left. Answers how many documents it moved.
 */
export async function rotateKeys(ports: Ports, { leaseMs: ms = LEASE_MS } = {}): Promise<number> {
  const stale = await staleIn(ports);
  const lease = { name: LEASE, owner: ports.newId(), ms };
  if (stale.length === 0 || !(await ports.leases.acquire(lease))) return 0;
  const goOn = () => ports.leases.renew(lease);
  try {
    let moved = 0;
    for (const one of stale) moved += await moveAll(ports, { ...one, goOn });
    ports.log('info', 'secrets were brought under the current key', { key: ports.seal.currentKeyId, moved });
    return moved;
  } finally {
    await ports.leases.release(lease);
  }
}

async function staleIn({ sealed, seal }: Pick<Ports, 'sealed' | 'seal'>): Promise<readonly Stale[]> {
  const counted = await Promise.all(
    sealed.map(async (collection) => ({ collection, keyIds: [...(await collection.countByKey()).keys()] })),
  );
  return counted.flatMap(({ collection, keyIds }) =>
    keyIds.filter((keyId) => keyId !== seal.currentKeyId).map((keyId) => ({ collection, keyId })),
  );
}

async function moveAll(
  ports: Ports,
  { collection, keyId, goOn }: Stale & { readonly goOn: () => Promise<boolean> },
): Promise<number> {
  let moved = 0;
  let after: string | null = null;
  for (;;) {
    const batch: readonly SealedDocument[] = await collection.under(keyId, { after, limit: BATCH });
    for (const document of batch) if (await moveOne(ports, { collection, document })) moved += 1;
    after = batch.at(-1)?.id ?? after;
    if (batch.length < BATCH || !(await goOn())) return moved;
  }
}

/** One that cannot be read stays as it is: its key may come back. */
async function moveOne(
  { seal, log }: Ports,
  { collection, document }: { collection: SealedCollection; document: SealedDocument },
): Promise<boolean> {
  try {
    const texts = document.texts.map(({ sealed, context }) => seal.rewrap(sealed, context));
    return await collection.replace(document, texts);
  } catch (error) {
    if (!isVitrineError(error) || error.code !== 'secret_unreadable') throw error;
    log('error', 'a document cannot be brought under the current key', {
      collection: collection.name,
      id: document.id,
    });
    return false;
  }
}

interface KeyUse {
  readonly id: string;
  /** New secrets are sealed with it. */
  readonly current: boolean;
  /** The server has it. */
  readonly known: boolean;
  /** So many documents need it. */
  readonly documents: number;
}

/** Every key that the server has, and every key that a document needs. */
export async function keysInUse({
  sealed,
  seal,
}: Pick<Ports, 'sealed' | 'seal'>): Promise<readonly KeyUse[]> {
  const counts = new Map(seal.keyIds.map((id) => [id, 0]));
  for (const collection of sealed)
    for (const [id, count] of await collection.countByKey()) counts.set(id, (counts.get(id) ?? 0) + count);
  return [...counts].map(([id, documents]) => ({
    id,
    current: id === seal.currentKeyId,
    known: seal.keyIds.includes(id),
    documents,
  }));
}

/** Stops a server that could not read what is stored. */
export async function requireKeys(ports: Pick<Ports, 'sealed' | 'seal'>): Promise<void> {
  const missing = (await keysInUse(ports)).filter(({ known }) => !known);
  if (missing.length === 0) return;
  const list = missing.map(({ id, documents }) => `"${id}" (needed by ${documents} secrets)`).join(', ');
  throw new VitrineError(
    'secret_unreadable',
    `The database holds secrets that no key of this server can decrypt. Missing: ${list}. ` +
      'Add each to ENCRYPTION_KEYS, after the first key, or restore the file "encryption-key" in DATA_DIR.',
  );
}
