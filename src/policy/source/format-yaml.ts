/**
 * Writes a file in its canonical form: keys in the order of the schema, two spaces, one empty line at most, short
 * mappings and lists as they are. Every comment stays with what it is about.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Document, isAlias, isCollection, isMap, isPair, isScalar, type Node, parseDocument, visit } from 'yaml';
import type { AnalysisFinding } from '../model/analysis-finding.ts';
import { type Finding, withLines } from '../model/finding.ts';
import { isCommented, placeComments } from './comment-locations.ts';
import { commentsOf } from './comments.ts';
import type { KeyOrder } from './key-order.ts';
import { type FoundRename, type RenamedKey, renameKeys } from './renamed-keys.ts';
import { linesOf, openYaml, renameFindings, toPlain, withoutThrowing } from './yaml-source.ts';

export interface FormatOptions {
  readonly order: KeyOrder;
  /** Old names of keys. */
  readonly renames: readonly RenamedKey[];
  /** They get their new ones. Otherwise they only stand in their place. */
  readonly upgrade?: boolean;
}

export type FormattedYaml =
  /** `renamed`: the keys that have a new name now, with their locations in the text before. */
  | { readonly text: string; readonly renamed: readonly AnalysisFinding[]; readonly findings?: undefined }
  /** Never empty. */
  | { readonly findings: readonly Finding[] };

const longestLine = 120;
/** A form that goes on changing is none; two rounds are usual. */
const mostRounds = 6;

/** Never throws. A file that is no YAML, or that would lose something, is left to its author with a finding. */
export function formatYaml(file: string, text: string, options: FormatOptions): FormattedYaml {
  const formattedText = withoutThrowing(file, () => formatted(file, text, options));
  if (formattedText.findings === undefined) return formattedText;
  return { findings: withLines(formattedText.findings, () => linesOf(text)) };
}

function formatted(file: string, text: string, { order, renames, upgrade = false }: FormatOptions): FormattedYaml {
  const written = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  const { document, lines, locationAt, findings } = openYaml(file, written);
  if (findings.length > 0) return { findings };
  const found = renameKeys(document.contents, renames);
  const renamed = renameFindings(found, { locationAt, lines });
  if (renamed.errors.length > 0) return { findings: renamed.errors };
  if (!upgrade) renameBack(found);
  const content = toPlain(document);
  if ('fault' in content)
    return { findings: [{ ...locationAt(0), path: '', message: content.fault, code: 'yaml_aliases' }] };
  // Only now a line is as long as it will be.
  let next = rewritten(written, { order, renames, upgrade });
  let again = rewritten(next, { order, renames, spread: true });
  for (let round = 2; round < mostRounds && again !== next; round += 1) {
    next = again;
    again = rewritten(next, { order, renames, spread: true });
  }
  const after = toPlain(parsed(next));
  const isSame = 'plain' in after && isDeepStrictEqual(after.plain, content.plain);
  const lost = lostComment(written, next);
  if (isSame && lost === undefined && next === again) return { text: next, renamed: upgrade ? renamed.warnings : [] };
  const message = `is left as it is: ${lost === undefined ? 'a comment in it' : 'this comment'} stands where its canonical form has no line for it`;
  return { findings: [{ ...locationAt(lost ?? 0), path: '', message, code: 'comment_unplaced' }] };
}

interface Rewriting extends FormatOptions {
  /** Flow collections in a line that is too long become blocks. */
  readonly spread?: true;
}

function rewritten(text: string, { order, renames, upgrade, spread }: Rewriting): string {
  const { head, body } = splitHead(text);
  const document = parsed(body);
  // A comment with a separator of lines that is none in YAML (U+2028) is broken in two, and its end is no comment.
  if (document.errors.length > 0) return text;
  if (document.contents === null) return head.trimEnd().concat(head === '' ? '' : '\n');
  const found = renameKeys(document.contents, renames);
  placeComments(document.contents, body);
  // With anchors, an order other than the written one could put a reference before what it refers to.
  if (!hasAnchors(document)) inOrder(document.contents, order);
  if (!upgrade) renameBack(found);
  spreadOut(document, body, spread ?? false);
  padded(document);
  return `${head}${document.toString({ lineWidth: 0 })}`;
}

function renameBack(found: readonly FoundRename[]): void {
  for (const { key, from } of found) key.value = from;
}

/**
 * What stands above the first key. The part that an empty line parts from it is about the file, and without such a
 * line, all of it.
 */
function splitHead(text: string): { readonly head: string; readonly body: string } {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => !/^\s*(?:#.*)?$/.test(line));
  const above = lines.slice(0, first < 0 ? lines.length : first).map((line) => line.trim());
  const parted = first < 0 ? above.length : above.lastIndexOf('') + 1 || above.length;
  const head = above
    .slice(0, parted)
    .join('\n')
    .replace(/\n{2,}/g, '\n\n')
    .trimStart();
  return { head: head === '' ? '' : `${head}\n`, body: lines.slice(parted).join('\n') };
}

function parsed(text: string): Document.Parsed {
  return parseDocument(text, { merge: false, version: '1.2', prettyErrors: false });
}

/** `[a, b]` beside `{ a: b }`: the library knows one kind of padding for both. */
function padded(document: Document.Parsed): void {
  visit(document, {
    Collection(_, node) {
      const flowCollectionPadding = isMap(node) ? ' ' : '';
      const write = node.toString.bind(node);
      node.toString = (context, ...rest) => write(context && { ...context, flowCollectionPadding }, ...rest);
    },
  });
}

function hasAnchors(document: Document): boolean {
  let found = false;
  visit(document, {
    Node: (_, node) => {
      found ||= isAlias(node) || node.anchor !== undefined;
    },
  });
  return found;
}

function inOrder(node: unknown, order: KeyOrder): void {
  if (!isCollection(node)) return;
  if (isMap(node)) {
    const rank = (key: unknown) => {
      const at = order.keys.indexOf(isScalar(key) ? String(key.value) : '');
      return at < 0 ? order.keys.length : at;
    };
    node.items.sort((a, b) => rank(a.key) - rank(b.key));
    const [first] = node.items;
    if (isScalar(first?.key)) first.key.spaceBefore = false;
  }
  for (const [index, item] of node.items.entries()) {
    if (!isPair(item)) inOrder(item, order.at(index));
    else inOrder(item.value, order.at(isScalar(item.key) ? String(item.key.value) : ''));
  }
}

/** Flow collections with comments become blocks, and with `lines` those in a line that is too long. */
function spreadOut(document: Document.Parsed, text: string, lines: boolean): void {
  visit(document, {
    Collection(_, node) {
      if (!node.flow) return undefined;
      if (node.items.some(isCommented) || (lines && isTooLong(node, text))) {
        node.flow = false;
        return undefined;
      }
      return visit.SKIP;
    },
  });
}

function isTooLong(node: Node, text: string): boolean {
  const [start, end] = node.range ?? [0, 0];
  return end - (text.lastIndexOf('\n', start - 1) + 1) > longestLine;
}

/**
 * Where the first comment stands that is not in the other text, or not as often. The order of keys may move comments.
 * Undefined: each is in both.
 */
function lostComment(before: string, after: string): number | undefined {
  const left = new Map<string, number>();
  for (const { text } of commentsOf(after)) left.set(text, (left.get(text) ?? 0) + 1);
  const lost = commentsOf(before).find(({ text }) => {
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return count === 0;
  });
  return lost?.offset ?? ([...left.values()].some((count) => count > 0) ? 0 : undefined);
}
