/**
 * Gives comments to what they are about. The parser leaves a comment above a key with the value before it, if that
 * ends in a comment of its own, and one above the first key with the mapping as a whole.
 */
import { isCollection, isMap, isNode, isPair, isScalar, type Node, type ParsedNode } from 'yaml';

interface CommentLine {
  /** Without `#`; `undefined`: an empty line. */
  readonly text: string | undefined;
  /** Of the `#`, from 0. */
  readonly column: number;
}

/** Changes the nodes. `text`: what they were read from. */
export function placeComments(root: ParsedNode | null, text: string): void {
  if (root === null || !isCollection(root)) return;
  const left = placeWithin(root, { text, column: columnOf(root, text), around: -1 });
  root.comment = commentOf(left.own.concat(left.outer)) ?? null;
}

interface CollectionContext {
  readonly text: string;
  /** Where the items of the collection begin. */
  readonly column: number;
  /** Where those of the mapping around it begin. */
  readonly around: number;
}

interface Trailing {
  /** Comments at the end of the collection. */
  readonly own: readonly CommentLine[];
  /** Those that stand further to the left. */
  readonly outer: readonly CommentLine[];
}

function placeWithin(collection: Node, { text, column, around }: CollectionContext): Trailing {
  if (!isCollection(collection) || collection.flow) return { own: [], outer: [] };
  let pending: readonly CommentLine[] = [];
  for (const item of collection.items) {
    const first = isPair(item) ? item.key : item;
    if (pending.length > 0 && isNode(first)) prepend(first, pending);
    const value = isPair(item) ? item.value : item;
    pending = [];
    if (!isCollection(value) || value.flow) continue;
    if (isMap(value) && isPair(item) && isNode(item.key)) firstKeyComment(value, item.key, text);
    const inner = placeWithin(value, { text, column: columnOf(value, text), around: isPair(item) ? column : -1 });
    value.comment = commentOf(inner.own) ?? null;
    pending = inner.outer;
  }
  const lines = [...pending, ...trailingLines(collection, text)];
  const outside = lines.findIndex((line) => line.text !== undefined && (line.column < column || line.column <= around));
  const end = outside < 0 ? lines.length : outside;
  const own = lines.slice(0, lines.slice(0, end).findLastIndex((line) => line.text !== undefined) + 1);
  return { own, outer: lines.slice(own.length) };
}

/** The lines after the last value, if they were not given to something within. */
function trailingLines(collection: Node, text: string): readonly CommentLine[] {
  if (!collection.comment || !collection.range) return [];
  const [, end, nodeEnd] = collection.range;
  const lineStart = text.lastIndexOf('\n', end - 1) + 1;
  // The rest of a line with a value in it is a comment of that value.
  const isOwn = text.slice(lineStart, end).trim() === '';
  const lines = text
    .slice(lineStart, nodeEnd)
    .split('\n')
    .slice(isOwn ? 0 : 1);
  return lines.flatMap((line, index): readonly CommentLine[] => {
    const column = line.indexOf('#');
    if (column >= 0) return [{ text: line.slice(column + 1).trimEnd(), column }];
    return index === lines.length - 1 ? [] : [{ text: undefined, column: 0 }];
  });
}

/** A comment in a line of its own above the first key belongs to that key. One behind the key around it does not. */
function firstKeyComment(map: Node, around: Node, text: string): void {
  const [first] = isMap(map) ? map.items : [];
  if (!map.commentBefore || !isNode(first?.key) || !map.range || !around.range) return;
  const between = text.slice(around.range[1], map.range[0]);
  const isBeside = (between.split('\n')[0] ?? '').includes('#');
  const [beside, ...lines] = map.commentBefore.split('\n');
  const above = isBeside ? lines.join('\n') : map.commentBefore;
  first.key.commentBefore = above || null;
  map.commentBefore = isBeside && beside ? beside : null;
}

function prepend(node: Node, lines: readonly CommentLine[]): void {
  const first = lines.findIndex((line) => line.text !== undefined);
  if (first > 0) node.spaceBefore = true;
  const before = commentOf(lines.slice(Math.max(first, 0)));
  if (before !== undefined) node.commentBefore = node.commentBefore ? `${before}\n${node.commentBefore}` : before;
}

/**
 * Comment lines as `yaml` keeps them: an empty line is an empty line, and a line with one space is written as `#`.
 */
function commentOf(lines: readonly CommentLine[]): string | undefined {
  const written = lines.map(({ text }) => (text === undefined ? '' : text || ' ')).join('\n');
  return written.trim() === '' && !lines.some((line) => line.text !== undefined) ? undefined : written;
}

function columnOf(node: Node, text: string): number {
  const start = node.range?.[0] ?? 0;
  return start - (text.lastIndexOf('\n', start - 1) + 1);
}

export function isCommented(node: unknown): boolean {
  if (isPair(node)) return isCommented(node.key) || isCommented(node.value);
  if (!isNode(node)) return false;
  if (node.comment || node.commentBefore) return true;
  return isCollection(node) && !isScalar(node) && node.items.some(isCommented);
}
