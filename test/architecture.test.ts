import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import ts from 'typescript';
import { parse } from 'yaml';
import {
  DEPLOYMENT_STATUS,
  ENVIRONMENT_STATUS,
  DELIVERY_STATUS,
  STAGE_STATUS,
} from '../src/shared/status/words.js';
import { type Layer, LAYERS, RESERVED } from './support/architecture/layers.js';
import { ROOT, readSources, visit, type Source } from './support/architecture/read-sources.js';

const PRODUCT = readSources(['src', 'app', 'action', 'embedded-mongodb']);
const SHOWN = [...PRODUCT, ...readSources(['demo', 'bench'])];
const TESTS = readSources(['test']);

function where({ path, tree }: Source, node: ts.Node): string {
  return `${path}:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`;
}

function find(sources: readonly Source[], broken: (node: ts.Node, source: Source) => boolean): string[] {
  const found: string[] = [];
  for (const source of sources) {
    visit(source.tree, (node) => {
      if (broken(node, source)) found.push(where(source, node));
    });
  }
  return found;
}

const inside = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

test('every layer imports only what the table allows', () => {
  const broken = PRODUCT.flatMap(({ path, imports }) => {
    const layer = layerOf(path);
    if (!layer) return [`${path} is in no layer`];
    return imports.filter((one) => !isAllowed(layer, one)).map((one) => `${path} imports ${one.specifier}`);
  });
  expect(broken).toEqual([]);
});

/** The row with the longest folder decides: a part of a noun can have a row of its own. */
function layerOf(path: string): Layer | undefined {
  return LAYERS.filter(({ folder }) => inside(path, folder)).sort(
    (a, b) => b.folder.length - a.folder.length,
  )[0];
}

function isAllowed(layer: Layer, { specifier, path }: { specifier: string; path: string | null }) {
  if (path !== null) return [layer.folder, ...layer.may].some((folder) => inside(path, folder));
  if (layer.packages === 'any') return true;
  return layer.packages.some((name) => specifier === name || specifier.startsWith(`${name}/`));
}

test('a package that belongs to one folder is loaded there only', () => {
  const broken = PRODUCT.flatMap(({ path, imports }) =>
    imports
      .filter(({ specifier }) => {
        const owner = Object.entries(RESERVED).find(
          ([name]) => specifier === name || specifier.startsWith(`${name}/`),
        );
        return owner && !owner[1].some((folder) => inside(path, folder));
      })
      .map(({ specifier }) => `${path} imports ${specifier}`),
  );
  expect(broken).toEqual([]);
});

test('neither the product nor the demo imports a test', () => {
  const broken = SHOWN.flatMap(({ path, imports }) =>
    imports.filter((one) => one.path?.startsWith('test/')).map((one) => `${path} imports ${one.specifier}`),
  );
  expect(broken).toEqual([]);
});

test('no files import each other in a circle, for types either', () => {
  const graph = new Map(SHOWN.map(({ path, imports }) => [path, imports.flatMap((one) => one.path ?? [])]));
  expect([...graph.keys()].flatMap((path) => cycleFrom(graph, path))).toEqual([]);
});

function cycleFrom(graph: ReadonlyMap<string, readonly string[]>, start: string): string[] {
  const seen = new Set<string>();
  const queue = [...(graph.get(start) ?? [])];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (next === start) return [start];
    if (seen.has(next)) continue;
    seen.add(next);
    queue.push(...(graph.get(next) ?? []));
  }
  return [];
}

test('files have at most 300 lines', () => {
  const long = SHOWN.filter(({ text }) => text.split('\n').length > 301).map(({ path }) => path);
  expect(long).toEqual([]);
});

test('a folder has at most 25 files of its own', () => {
  const counts = new Map<string, number>();
  for (const { path } of PRODUCT) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  expect([...counts].filter(([, files]) => files > 25)).toEqual([]);
});

test('the table of layers has no circle: a layer imports only those before it', () => {
  const rowOf = (path: string) => LAYERS.findIndex((layer) => layer === layerOf(path));
  const backward = LAYERS.flatMap(({ folder, may }, row) =>
    may.filter((one) => rowOf(one) > row).map((one) => `${folder} may import ${one}, which stands below it`),
  );
  expect(backward).toEqual([]);
});

test('functions have at most 40 lines of their own, and 80 with the functions inside them', () => {
  const long = find(SHOWN, (node, { tree }) => {
    if (!isFunction(node)) return false;
    const inner: ts.Node[] = [];
    ts.forEachChild(node, (child) => collectFunctions(child, inner));
    const total = linesOf(tree, node);
    return total > 80 || total - inner.reduce((sum, one) => sum + linesOf(tree, one), 0) > 40;
  });
  expect(long).toEqual([]);
});

function isFunction(node: ts.Node): boolean {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;
}

function collectFunctions(node: ts.Node, into: ts.Node[]): void {
  if (isFunction(node)) into.push(node);
  else ts.forEachChild(node, (child) => collectFunctions(child, into));
}

function linesOf(tree: ts.SourceFile, node: ts.Node): number {
  const line = (position: number) => tree.getLineAndCharacterOfPosition(position).line;
  return line(node.end) - line(node.getStart(tree)) + 1;
}

test('no file or folder is a dumping ground', () => {
  const vague = /(^|\/)(utils?|helpers?|common|misc|lib)(\/|\.ts$)/;
  expect([...SHOWN, ...TESTS].map(({ path }) => path).filter((path) => vague.test(path))).toEqual([]);
});

test('files are named in kebab-case', () => {
  const odd = [...SHOWN, ...TESTS].filter(
    ({ path }) => !/^[a-z0-9-]+(\.(test|prove))?\.ts$/.test(basename(path)),
  );
  expect(odd.map(({ path }) => path)).toEqual([]);
});

test('nothing is typed any, exported by default or an enum', () => {
  const broken = find(
    [...SHOWN, ...TESTS],
    (node) =>
      node.kind === ts.SyntaxKind.AnyKeyword || ts.isExportAssignment(node) || ts.isEnumDeclaration(node),
  );
  expect(broken).toEqual([]);
});

test('no test replaces a module', () => {
  expect(
    TESTS.filter(({ text }) => /jest\.(unstable_)?mock(Module)?\(/.test(text)).map(({ path }) => path),
  ).toEqual([]);
});

test('no test asserts how long something took by the clock on the wall', () => {
  const reading = /\b(performance\.now|Date\.now|hrtime(\.bigint)?)\(/;
  const differs = (node: ts.Node): boolean =>
    (ts.isBinaryExpression(node) &&
      node.operatorToken.kind === ts.SyntaxKind.MinusToken &&
      reading.test(node.getText())) ||
    (ts.isIdentifier(node) && /^elapsed/.test(node.text)) ||
    (ts.forEachChild(node, (child) => differs(child) || undefined) ?? false);
  const broken = find(
    TESTS,
    (node) =>
      ts.isCallExpression(node) &&
      node.expression.getText() === 'expect' &&
      node.arguments.some((argument) => differs(argument)),
  );
  expect(broken).toEqual([]);
});

test('only the entries read the environment of the process', () => {
  const broken = find(PRODUCT, (node, { path }) => {
    if (basename(path) === 'main.ts' || path === 'app/config/config.ts') return false;
    return ts.isPropertyAccessExpression(node) && node.getText() === 'process.env';
  });
  expect(broken).toEqual([]);
});

test('status words are spelled in src/shared/status only', () => {
  const words = new Set<string>([
    ...Object.values(ENVIRONMENT_STATUS),
    ...Object.values(DEPLOYMENT_STATUS),
    ...Object.values(STAGE_STATUS),
    ...Object.values(DELIVERY_STATUS),
  ]);
  const broken = find(PRODUCT, (node, { path }) => {
    if (path.startsWith('src/shared/status/')) return false;
    return ts.isStringLiteral(node) && words.has(node.text) && !ts.isImportDeclaration(node.parent);
  });
  expect(broken).toEqual([]);
});

test('a target is named among the targets only', () => {
  const broken = find(PRODUCT, (node, { path }) => {
    if (path.startsWith('src/targets/')) return false;
    return (
      ts.isStringLiteral(node) && ['static', 'command', 'kubernetes', 'fly', 'vercel'].includes(node.text)
    );
  });
  expect(broken).toEqual([]);
});

test('nothing builds a command as a string or evaluates text', () => {
  const broken = find(SHOWN, (node) => {
    if (ts.isPropertyAssignment(node))
      return node.name.getText() === 'shell' && node.initializer.getText() === 'true';
    const called = ts.isCallExpression(node) || ts.isNewExpression(node) ? node.expression.getText() : '';
    return ['eval', 'Function', 'exec', 'execSync'].includes(called);
  });
  expect(broken).toEqual([]);
});

test('action.yml declares exactly the inputs that the Action reads', () => {
  const declared = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as {
    inputs: Record<string, unknown>;
  };
  const names = readFileSync(join(ROOT, 'action/inputs/names.ts'), 'utf8').matchAll(/'([a-z][a-z-]*)'/g);
  expect(Object.keys(declared.inputs).sort()).toEqual(
    [...new Set([...names].map(([, name]) => name))].sort(),
  );
});
