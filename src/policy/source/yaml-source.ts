/** Reads one YAML file: its content, and the location of each part of it in the file. */
import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { type AnalysisFinding, findingCodes } from '../model/analysis-finding.ts';
import type { WrittenKind } from '../model/documents.ts';
import { type Finding, type FindingErrorCode, type FindingLocation, withLines } from '../model/finding.ts';
import { aliasFindings, duplicateFindings } from './key-and-alias-faults.ts';
import { offsetWithin } from './offset-within.ts';
import { type FoundRename, type RenamedKey, renameKeys } from './renamed-keys.ts';
import { substituteVariables, type Variables } from './substitute-variables.ts';

export type Path = readonly (string | number)[];

/** Aliases are allowed, but must not turn a small file into a large one. */
const maxAliasCount = 50;
const tooDeep = 'is nested too deeply';

export interface YamlSource {
  readonly file: string;
  readonly content: unknown;
  /** The text of the file. */
  readonly lines: readonly string[];
  /** Of the value at this path, or of the innermost value around it that exists. */
  locationOf(path: Path): FindingLocation;
  /** Of the key with which this path ends. */
  locationOfKey(path: Path): FindingLocation;
  /** Within the text at this path: this many UTF-16 units from its beginning. */
  locationWithin(path: Path, offset: number): FindingLocation;
  /** Whether the value at this path was filled in, as a whole or in part. */
  hasVariable(path: Path): boolean;
  /** An error about the value at this path. */
  finding(code: FindingErrorCode, path: Path, message: string): Finding;
}

/** A file that was read, and the kind of document that it holds. */
export interface DocumentSource {
  readonly kind: WrittenKind;
  readonly source: YamlSource;
}

export interface ReadOptions {
  readonly variables: Variables;
  /** Keys that may stand there with their old name. */
  readonly renames?: readonly RenamedKey[];
}

export interface ReadYaml {
  readonly source?: YamlSource;
  readonly findings: readonly Finding[];
  /** Keys with an old name. */
  readonly warnings?: readonly AnalysisFinding[];
}

/** Reads YAML 1.2 (core schema) and fills in variables. Returns all findings at once; never throws. */
export function readYaml(file: string, text: string, options: ReadOptions): ReadYaml {
  const read: ReadYaml = withoutThrowing(file, () => parse(file, text, options));
  return { ...read, findings: withLines(read.findings, () => linesOf(text)) };
}

/** `read`, or a finding where the parser gives up. */
export function withoutThrowing<Result>(
  file: string,
  read: () => Result,
): Result | { readonly findings: readonly Finding[] } {
  try {
    return read();
  } catch (error) {
    const where = { file, line: 1, column: 1, path: '' };
    if (error instanceof RangeError) return { findings: [{ ...where, message: tooDeep, code: 'yaml_too_deep' }] };
    return { findings: [{ ...where, message: `cannot be read: ${String(error)}`, code: 'file_unreadable' }] };
  }
}

/** As locations count them. */
export function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/);
}

export interface OpenedYaml {
  readonly document: Document.Parsed;
  readonly lines: readonly string[];
  locationAt(offset: number): TextLocation;
  /** Not empty: the document is of no use. */
  readonly findings: Finding[];
}

/** Throws what the parser throws: a `RangeError` where the text is nested too deeply. */
export function openYaml(file: string, text: string): OpenedYaml {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    // Ours takes less time: the parser compares each key of a mapping with all others.
    uniqueKeys: false,
    merge: false,
    version: '1.2',
  });
  const locationAt = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const findings = [
    // An error at the end of the file is reported at the end of its text, not on an empty line below it.
    ...syntaxFindings([...document.errors, ...document.warnings], (at) =>
      locationAt(Math.min(at, text.trimEnd().length)),
    ),
    ...duplicateFindings(document, locationAt),
  ];
  const lines = linesOf(text);
  return {
    document,
    lines,
    locationAt,
    findings: findings.length > 0 ? findings : aliasFindings(document, locationAt),
  };
}

/** Findings about keys with an old name: warnings, and errors where the new name stands beside it. */
export function renameFindings(
  found: readonly FoundRename[],
  { locationAt, lines }: Pick<OpenedYaml, 'locationAt' | 'lines'>,
) {
  const told = ({ from, to, since }: FoundRename) => `\`${from}\` is called \`${to}\` since ${since}`;
  const error = (rename: FoundRename): Finding => ({
    ...locationAt(startOf(rename.key)),
    path: '',
    message: `${told(rename)}, and stands beside it`,
    advice: 'remove one of them',
    code: 'yaml_duplicate_key',
  });
  const warning = (rename: FoundRename): AnalysisFinding => {
    const at = locationAt(startOf(rename.key));
    return {
      ...{ ...at, path: '', message: told(rename), code: 'renamed-key' },
      severity: findingCodes['renamed-key'].severity,
      text: lines[at.line - 1] ?? '',
      rules: [],
      advice: 'let `config fmt --upgrade` write the new name',
    };
  };
  return {
    errors: found.filter(({ clashes }) => clashes).map(error),
    warnings: found.filter(({ clashes }) => !clashes).map(warning),
  };
}

function parse(file: string, text: string, { variables, renames = [] }: ReadOptions): ReadYaml {
  const { document, lines, locationAt, findings } = openYaml(file, text);
  if (findings.length > 0) return { findings };
  const renamed = renameFindings(renameKeys(document.contents, renames), { locationAt, lines });
  findings.push(...renamed.errors);
  const filledIn = new Set<number>();
  visit(document, {
    Pair(_, { key }) {
      const fault = keyFault(key);
      if (fault) findings.push({ ...locationAt(startOf(key)), path: '', message: fault, code: 'yaml_syntax' });
    },
    Scalar(role, node) {
      if (role === 'key' || typeof node.value !== 'string') return;
      const { text: filled, faults } = substituteVariables(node.value, variables);
      if (filled !== node.value) filledIn.add(startOf(node));
      node.value = filled;
      if (faults.length === 0) return;
      const where = { ...locationAt(startOf(node)), path: '', code: 'variable_missing' } as const;
      findings.push(...faults.map((message) => ({ ...where, message })));
    },
  });
  if (findings.length > 0) return { findings };
  const { contents } = document;
  const content = toPlain(document);
  if ('fault' in content)
    return { findings: [{ ...locationAt(0), path: '', message: content.fault, code: 'yaml_aliases' }] };
  const at = (path: Path, offset: number): FindingLocation => ({ ...locationAt(offset), path: pathText(path) });
  const locationOf = (path: Path) => at(path, offsetOf(contents, path));
  return {
    source: {
      ...{ file, content: content.plain, lines, locationOf },
      locationOfKey: (path) => at(path, offsetOf(contents, path.slice(0, -1), String(path.at(-1)))),
      locationWithin: (path, offset) => at(path, offsetWithin(text, offsetOf(contents, path), offset)),
      hasVariable: (path) => filledIn.has(offsetOf(contents, path)),
      finding(code, path, message) {
        const place = locationOf(path);
        return { ...place, message, code, text: lines[place.line - 1] ?? '' };
      },
    },
    findings: [],
    warnings: renamed.warnings,
  };
}

type TextLocation = Omit<FindingLocation, 'path'>;

/** One finding for each location: further errors there only follow from the first. */
function syntaxFindings(errors: readonly YAMLError[], locationAt: OpenedYaml['locationAt']): Finding[] {
  const first = new Map(errors.toReversed().map((error) => [error.pos[0], error]));
  const findings = Array.from(first.values(), ({ code, pos, message }): Finding => {
    const where = { ...locationAt(pos[0]), path: '' };
    if (message.startsWith('Maximum call stack')) return { ...where, message: tooDeep, code: 'yaml_too_deep' };
    const told = code === 'MULTIPLE_DOCS' ? 'a file holds one document only' : oneLine(message);
    return { ...where, message: told, code: 'yaml_syntax' };
  });
  // How often the parser says so is a matter of its stack.
  const deep = findings.findIndex(({ code }) => code === 'yaml_too_deep');
  return findings.filter(({ code }, index) => code !== 'yaml_too_deep' || index === deep);
}

/** The content as plain data; `fault`: its aliases would make too much of it. */
export function toPlain(document: Document): { plain: unknown } | { fault: string } {
  try {
    return { plain: document.toJS({ maxAliasCount }) };
  } catch (error) {
    if (error instanceof ReferenceError)
      return {
        fault: `aliases blow the file up: they may be used ${maxAliasCount} times at most`,
      };
    throw error;
  }
}

function keyFault(key: unknown): string | undefined {
  if (!isScalar(key) || (typeof key.value !== 'string' && typeof key.value !== 'number')) return 'a key must be a text';
  return key.value === '__proto__' ? '`__proto__` cannot be a key' : undefined;
}

/**
 * Where the value at `path` begins, or the `key` of it. For what is missing, the innermost value around it that exists.
 */
function offsetOf(root: unknown, path: Path, key?: string): number {
  let node = root;
  let offset = startOf(root);
  for (const step of path) {
    const next = isCollection(node) ? child(node, step) : undefined;
    if (next === undefined) return offset;
    node = next.value;
    offset = isNode(next.value) && next.value.range ? startOf(next.value) : startOf(next.key);
  }
  if (key === undefined) return offset;
  const pair = isCollection(node) ? child(node, key) : undefined;
  return pair === undefined ? offset : startOf(pair.key);
}

function child(collection: Node, step: string | number): { key: unknown; value: unknown } | undefined {
  if (isMap(collection)) return pairsOf(collection).get(String(step));
  const item = isCollection(collection) ? collection.items[Number(step)] : undefined;
  return item === undefined || isPair(item) ? undefined : { key: item, value: item };
}

type Pairs = ReadonlyMap<string, { readonly key: unknown; readonly value: unknown }>;

/** Cached by mapping: a large one may have as many findings as keys. */
const pairsByMapping = new WeakMap<object, Pairs>();

function pairsOf(mapping: YAMLMap): Pairs {
  const known = pairsByMapping.get(mapping);
  if (known !== undefined) return known;
  const pairs = new Map(
    mapping.items.flatMap(({ key, value }) => (isScalar(key) ? [[String(key.value), { key, value }] as const] : [])),
  );
  pairsByMapping.set(mapping, pairs);
  return pairs;
}

function startOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

/** For example `zones.office.countries[1]`. */
export function pathText(path: Path): string {
  return path
    .map((step, index) =>
      typeof step === 'number'
        ? `[${step}]`
        : /^[\w-]+$/.test(step)
          ? `${index === 0 ? '' : '.'}${step}`
          : `["${step}"]`,
    )
    .join('');
}

function oneLine(message: string): string {
  return message.replaceAll(/\s+/g, ' ').trim();
}
