/**
 * Reads sources as far as the architecture is concerned: what they import, and their code without comments and texts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export interface SourceFile {
  /** From the root of sources, without extension: `core/evaluate`. */
  readonly module: string;
  readonly imports: readonly Import[];
  /** Code without comments, with empty texts. */
  readonly code: string;
  /** Every text in quotes; templates are none. */
  readonly texts: readonly string[];
  /** Every template, as written between its backquotes, without what it computes. */
  readonly templates: readonly string[];
  /** Every comment, as written. */
  readonly comments: readonly string[];
  /** Names that the file exports. */
  readonly exports: readonly string[];
}

export interface Import {
  /** A module of ours (`core/model`), or the name of a package (`koa`, `node:path`). */
  readonly target: string;
  readonly isOurs: boolean;
}

/** Comments, texts and templates, whichever begins first. */
const skipped = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;

/** After texts were replaced by their numbers. */
const specifiers = /\b(?:from|import)\s*\(?\s*'(\d+)'/g;

export function parseSource(module: string, source: string): SourceFile {
  const texts: string[] = [];
  const templates: string[] = [];
  const comments: string[] = [];
  const numbered = source.replace(skipped, (found) => {
    if (found.startsWith('/')) {
      comments.push(found);
      return ' ';
    }
    if (!found.startsWith('`')) return `'${texts.push(found.slice(1, -1)) - 1}'`;
    templates.push(found.slice(1, -1).replace(computed, ' '));
    return expressions(found);
  });
  const imports = [...numbered.matchAll(specifiers)].map((found) => resolve(module, texts[Number(found[1])] ?? ''));
  const code = numbered.replace(/'\d+'/g, "''");
  return { module, imports, code, texts, templates, comments, exports: exportsOf(code) };
}

const declarations =
  /^export\s+(?:async\s+)?(?:abstract\s+)?(?:function\s*\*?|class|const|let|interface|type|enum)\s+(\w+)/gm;

function exportsOf(code: string): readonly string[] {
  return [...new Set([...code.matchAll(declarations)].map(([, name = '']) => name))];
}

/** What a template computes is code. */
const computed = /\$\{([^}]*)\}/g;

function expressions(template: string): string {
  return [...template.matchAll(computed)].map((found) => `(${found[1]})`).join(' ');
}

function resolve(module: string, specifier: string): Import {
  if (!specifier.startsWith('.')) return { target: specifier, isOurs: false };
  return { target: normalize(join(dirname(module), specifier)).replace(/\.ts$/, ''), isOurs: true };
}

export function readSources(root: string): readonly SourceFile[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => parseSource(path.replace(/\.ts$/, ''), readFileSync(join(root, path), 'utf8')));
}
