import { Document, isCollection, isScalar, type Node } from 'yaml';
import { toKebab } from '../settings/problem.js';
import type { EffectiveValue, Origin } from './effective.js';
import { asWritten, fieldOf } from './form.js';
import { SERVER_ONLY } from './settings.js';

const WORDS: Readonly<Record<Origin, string>> = {
  file: ' from the file',
  project: ' set here',
  default: ' default',
};

/**
 * What `.github/preview.yml` would say if it said everything that counts for the project, each value with its origin. The file can be read
 * again; what only the server can know, such as the branches to deploy, is no part of it.
 */
export function effectiveFile(
  values: Readonly<Record<string, EffectiveValue>>,
  { name }: { readonly name: string },
): string {
  const document = new Document({});
  for (const [path, { value, origin }] of Object.entries(values)) {
    const [key = ''] = path.split('.');
    if (value === null || value === undefined || SERVER_ONLY.includes(key) || isPlace(key)) continue;
    document.setIn(path.split('.').map(toKebab), nodeOf(document, { path, value, origin }));
  }
  addPlace(document, values, name);
  return document.toString({ lineWidth: 0 });
}

/** A file says where a project is only in its list of projects. */
const isPlace = (key: string): boolean => key === 'root' || key === 'paths';

function addPlace(
  document: Document,
  { root, paths }: Readonly<Record<string, EffectiveValue | undefined>>,
  name: string,
): void {
  const place = { root: root?.value, paths: paths?.value };
  const given = Object.entries(place).filter(([, value]) => value !== undefined && !isEmpty(value));
  const isWhole = given.length === 0 || (given.length === 1 && place.root === '.');
  if (!isWhole) document.set('projects', document.createNode([{ name, ...Object.fromEntries(given) }]));
}

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

interface Leaf extends EffectiveValue {
  readonly path: string;
}

function nodeOf(document: Document, { path, value, origin }: Leaf): Node {
  const field = fieldOf(path);
  const node = document.createNode(field ? asWritten(field, value) : value) as Node;
  if (isCollection(node)) node.flow = true;
  if (isCollection(node) || isScalar(node)) node.comment = WORDS[origin];
  return node;
}
