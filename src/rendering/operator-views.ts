/**
 * The operator's directory of views, whose templates and texts replace the shipped ones. A template is code, so the
 * directory belongs to the node, and nothing in it comes from the store. `operatorViewsFindings` reports faults before
 * a node starts with it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ejs from 'ejs';
import { catalogueFindings, fallbackLocale, loadCatalogues } from './catalogue.ts';
import { localeOf } from './locale.ts';
import type { TemplateVersion } from './templates.ts';

export interface OperatorViewsFinding {
  /** Relative to the directory, with `/`. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
  readonly message: string;
  /** Each code has a section in `docs/findings.md`. */
  readonly code: OperatorViewsCode;
}

type OperatorViewsCode =
  | 'directory_missing'
  | 'unknown_file'
  /** A template cannot be compiled. */
  | 'template_invalid'
  /** A template was written for another version of its model. */
  | 'template_outdated'
  | 'texts_invalid';

export interface OperatorViewsOptions {
  /** The folder of the shipped views. */
  readonly viewsDir: string;
  /** The operator's directory. */
  readonly dir: string;
  /** All templates, by file name without `.ejs`. */
  readonly templates: Readonly<Record<string, TemplateVersion>>;
}

/** Empty if a node can start with the directory. Never throws. */
export function operatorViewsFindings(options: OperatorViewsOptions): readonly OperatorViewsFinding[] {
  const { dir } = options;
  if (!existsSync(dir)) return [first('directory_missing', '.', `there is no directory ${dir}`)];
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted();
  return [...files.flatMap((file) => fileFindings(file, options)), ...textFindings(options)];
}

function fileFindings(file: string, options: OperatorViewsOptions): readonly OperatorViewsFinding[] {
  if (/^icons\/[\w/-]+\.svg$/.test(file) || file.endsWith('.md')) return [];
  if (/^messages\/[^/]+\.json$/.test(file)) return localeFindings(file);
  if (file.endsWith('.ejs')) return templateFindings(file, options);
  return [
    first(
      'unknown_file',
      file,
      'unknown file; known are messages/*.json, icons/*.svg, and templates (*.ejs) by the names of ours',
    ),
  ];
}

function first(code: OperatorViewsCode, file: string, message: string): OperatorViewsFinding {
  return { file, line: 1, column: 1, message, code };
}

function localeFindings(file: string): readonly OperatorViewsFinding[] {
  const tag = file.slice('messages/'.length, -'.json'.length);
  try {
    localeOf(tag);
    return [];
  } catch {
    return [first('texts_invalid', file, `${tag} is no language tag (BCP 47), such as pt-BR`)];
  }
}

/** The first line of an operator's template: the version of the model for which it was written. */
const versionLine = /^<%#\s*version\s+(\d+)\s*%>/;

function templateFindings(file: string, { dir, templates }: OperatorViewsOptions): readonly OperatorViewsFinding[] {
  const name = file.slice(0, -'.ejs'.length);
  const wanted = Object.hasOwn(templates, name) ? templates[name] : undefined;
  if (wanted === undefined) return [first('unknown_file', file, 'there is no template of this name')];
  const source = readFileSync(join(dir, file), 'utf8');
  const written = Number(versionLine.exec(source)?.[1]);
  const { version } = wanted;
  if (Number.isNaN(written))
    return [first('template_outdated', file, `begins with no version: write \`<%# version ${version} %>\` first`)];
  if (written !== version) {
    const change = written < version ? 'ours has changed since' : 'this release does not have it yet';
    return [
      first('template_outdated', file, `is of version ${written}, and the template has version ${version}: ${change}`),
    ];
  }
  return syntaxFindings(file, source);
}

function syntaxFindings(file: string, source: string): readonly OperatorViewsFinding[] {
  try {
    ejs.compile(source, { strict: true, _with: false, localsName: 'l' });
    return [];
  } catch (error) {
    const message = (error as Error).message.split('\n')[0] ?? '';
    return [
      {
        file,
        line: lineOf(source, message),
        column: 1,
        message: `cannot be compiled: ${message}`,
        code: 'template_invalid',
      },
    ];
  }
}

/** EJS compiles a template as a whole, so the location of a fault is found by trying its tags one by one. */
function lineOf(source: string, message: string): number {
  const unclosed = /Could not find matching close tag/.test(message);
  const lines = source.split('\n');
  const index = lines.findIndex((_, at) => {
    const part = lines.slice(0, at + 1).join('\n');
    const open = part.lastIndexOf('<%');
    return unclosed ? open >= 0 && !source.slice(open).includes('%>') : !isWhole(lines[at] ?? '');
  });
  return index < 0 ? 1 : index + 1;
}

/** Checks each output tag of the line separately. */
function isWhole(line: string): boolean {
  return [...line.matchAll(/<%[=-]([\s\S]*?)[-_]?%>/g)].every(([, code = '']) => {
    try {
      ejs.compile(`<%= ${code} %>`, { strict: true, _with: false, localsName: 'l' });
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Checks the combined catalogues: a language that the operator adds must have every text. Shipped languages that the
 * directory does not change are skipped, since parsing their messages takes a tenth of a second each.
 */
function textFindings({ viewsDir, dir }: OperatorViewsOptions): readonly OperatorViewsFinding[] {
  const folder = join(dir, 'messages');
  if (!existsSync(folder)) return [];
  const isTouched = (locale: string): boolean =>
    locale === fallbackLocale || existsSync(join(folder, `${locale}.json`));
  try {
    const touched = [...loadCatalogues([viewsDir, dir])].filter(([locale]) => isTouched(locale));
    return catalogueFindings(new Map(touched)).flatMap((line) => placed(line, dir));
  } catch (error) {
    const message = (error as Error).message;
    return message.startsWith(folder) ? placed(message, dir) : [first('texts_invalid', 'messages', message)];
  }
}

/** Parses `file:line:column: message`. Faults in shipped files are not reported here. */
function placed(line: string, dir: string): readonly OperatorViewsFinding[] {
  const [, file = '', at = '', column = '', message = ''] = /^(.*?):(\d+):(\d+): ([\s\S]*)$/.exec(line) ?? [];
  if (!file.startsWith(dir)) return [];
  const name = relative(dir, file).split(sep).join('/');
  return [{ file: name, line: Number(at), column: Number(column), message, code: 'texts_invalid' }];
}
