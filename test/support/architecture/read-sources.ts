import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, resolve, dirname } from 'node:path';
import ts from 'typescript';

export interface Source {
  /** From the repository's top, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

export interface Import {
  readonly specifier: string;
  /** Path of the imported source, or null for a package. */
  readonly path: string | null;
}

export const ROOT = resolve(import.meta.dirname, '../../..');

export function readSources(folders: readonly string[]): Source[] {
  return folders.flatMap((folder) => listFiles(join(ROOT, folder))).map(readSource);
}

export function listFiles(folder: string): string[] {
  const found = readdirSync(folder, { withFileTypes: true, recursive: true });
  return (
    found
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
      // `npm run prove` installs packages beside a suite.
      .filter((file) => !file.includes('/node_modules/'))
  );
}

function readSource(file: string): Source {
  const text = readFileSync(file, 'utf8');
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  return { path: relative(ROOT, file), text, tree, imports: importsOf(tree, file) };
}

/** Every import, also of types only and of what is loaded later. */
function importsOf(tree: ts.SourceFile, file: string): Import[] {
  const found: Import[] = [];
  visit(tree, (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      if (!node.moduleSpecifier || !ts.isStringLiteral(node.moduleSpecifier)) return;
      found.push(toImport(node.moduleSpecifier.text, file));
    }
    const dynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
    const [target] = dynamic ? node.arguments : [];
    if (target && ts.isStringLiteral(target)) found.push(toImport(target.text, file));
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      const { literal } = node.argument;
      if (ts.isStringLiteral(literal)) found.push(toImport(literal.text, file));
    }
  });
  return found;
}

function toImport(specifier: string, file: string): Import {
  if (!specifier.startsWith('.')) return { specifier, path: null };
  const path = relative(ROOT, resolve(dirname(file), specifier)).replace(/\.js$/, '.ts');
  return { specifier, path };
}

export function visit(node: ts.Node, seen: (node: ts.Node) => void): void {
  seen(node);
  ts.forEachChild(node, (child) => visit(child, seen));
}
