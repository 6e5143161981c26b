import { isDigest, isTag } from '../../src/images/name.js';
import { LARGEST_MANIFEST } from '../../src/images/manifest.js';
import { findManifest, pushManifest } from '../../src/images/push.js';
import { RegistryError } from '../../src/images/registry-error.js';
import type { StoredManifest } from '../../src/images/store.js';
import { readBody } from '../http/body.js';
import type { Entry } from './access.js';
import { answer, answerJson } from './answer.js';
import { sendBlob } from './blobs.js';
import { refuseMethod, type RegistryPorts, type Visit } from './visit.js';

type Asked = Entry & { readonly reference: string };

/** GET, HEAD, PUT and DELETE of a manifest, by tag or digest. */
export async function answerManifest(ports: RegistryPorts, visit: Visit, asked: Asked): Promise<void> {
  refuseMethod(visit, ['GET', 'HEAD', 'PUT', 'DELETE']);
  if (visit.request.method === 'PUT') return putManifest(ports, visit, asked);
  if (visit.request.method === 'DELETE') return deleteManifest(ports, visit, asked);
  const { repository, reference } = asked;
  const manifest = await findManifest(ports, { repository: repository.name, reference });
  if (!manifest) throw unknownManifest(reference);
  const { digest, size, mediaType: type } = manifest;
  await sendBlob(ports, visit.response, { digest, size, type });
}

const IDLE_MS = 15_000;
const TIMEOUT_MS = 60_000;

async function putManifest(
  ports: RegistryPorts,
  visit: Visit,
  { repository, reference }: Asked,
): Promise<void> {
  const { request, response } = visit;
  const limits = { maxBytes: LARGEST_MANIFEST, idleMs: IDLE_MS, timeoutMs: TIMEOUT_MS };
  const bytes = await readBody(request, { ...limits, budget: ports.manifestBudget });
  const contentType = request.headers['content-type'] ?? '';
  const pushed = { repository, reference, contentType, bytes };
  const { digest, subject } = await pushManifest(ports, pushed);
  const location = `/v2/${repository.name}/manifests/${digest}`;
  const headers = {
    location,
    'docker-content-digest': digest,
    ...(subject !== null && { 'oci-subject': subject }),
  };
  answer(response, { status: 201, headers });
}

async function deleteManifest(
  { images }: RegistryPorts,
  { response }: Visit,
  { repository, reference }: Asked,
): Promise<void> {
  const gone = isDigest(reference)
    ? await images.removeManifest(repository.name, reference)
    : await images.removeTag(repository.name, reference);
  if (!gone) throw unknownManifest(reference);
  answer(response, { status: 202 });
}

function unknownManifest(reference: string): RegistryError {
  return new RegistryError('MANIFEST_UNKNOWN', `This repository has no manifest ${reference.slice(0, 128)}.`);
}

const MOST_TAGS = 100;

export async function answerTags(
  { images }: RegistryPorts,
  visit: Visit,
  { repository }: Entry,
): Promise<void> {
  refuseMethod(visit, ['GET', 'HEAD']);
  const { name } = repository;
  const last = visit.query.get('last') ?? '';
  const asked = Number(visit.query.get('n') ?? MOST_TAGS);
  if (!Number.isSafeInteger(asked) || asked < 0 || (last !== '' && !isTag(last)))
    throw new RegistryError('UNSUPPORTED', 'n is a number of tags, and last is a tag.');
  const limit = Math.min(asked, MOST_TAGS);
  const { tags, more } = limit === 0 ? { tags: [], more: false } : await images.tags(name, { last, limit });
  const next = `</v2/${name}/tags/list?n=${limit}&last=${tags.at(-1) ?? ''}>; rel="next"`;
  answerJson(visit.response, { headers: more ? { link: next } : {}, value: { name, tags } });
}

const MOST_REFERRERS = 100;
const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';

/** What says something about a manifest, such as its signatures, as an index. */
export async function answerReferrers(
  { images }: RegistryPorts,
  visit: Visit,
  { repository, digest }: Entry & { digest: string },
): Promise<void> {
  refuseMethod(visit, ['GET', 'HEAD']);
  if (!isDigest(digest)) throw new RegistryError('DIGEST_INVALID', 'A digest is sha256: and 64 hex digits.');
  const wanted = visit.query.get('artifactType');
  const all = await images.referrers(repository.name, digest, MOST_REFERRERS);
  const manifests = all
    .filter(({ artifactType }) => wanted === null || artifactType === wanted)
    .map(describe);
  const headers = {
    'content-type': INDEX_TYPE,
    ...(wanted !== null && { 'oci-filters-applied': 'artifactType' }),
  };
  answerJson(visit.response, { headers, value: { schemaVersion: 2, mediaType: INDEX_TYPE, manifests } });
}

function describe({ mediaType, digest, size, artifactType, annotations }: StoredManifest) {
  return { mediaType, digest, size, ...(artifactType !== null && { artifactType }), annotations };
}
