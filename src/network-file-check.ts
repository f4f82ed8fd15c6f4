/**
 * Whether a MaxMind DB file is whole (MaxMind DB File Format Specification 2.0): each node of its search tree and each
 * record that an address leads to is read once. This file promises: whatever the content, the check ends, and never
 * works for long between two yields. The format has no checksum, so wrong data of the right form go unnoticed.
 */
import { isUtf8 } from 'node:buffer';

/** What the metadata say of the form of a file. */
export interface NetworkFileForm {
  readonly nodeCount: number;
  /** Bits of each of the two branches of a node: 24, 28 or 32. */
  readonly recordSize: number;
  /** 32: IPv4 only; 128: IPv6. */
  readonly treeDepth: number;
  /** Bytes of the search tree. */
  readonly searchTreeSize: number;
}

/** Bytes of zeros between the tree and the data. */
const separatorSize = 16;
/** Comes after the data. */
const metadataMarker = '\xab\xcd\xefMaxMind.com';
/** How many branches are looked at, and how many values are read, between two yields: about a millisecond of work. */
const branchesAtOnce = 20_000;
const valuesAtOnce = 10_000;
/** The most values of one record, and the most levels. Records of GeoIP2 have some hundreds in at most six levels. */
const mostValues = 10_000;
const deepest = 100;

/** Yields between small portions of work. Throws `RangeError` if the file is damaged. */
export function* checkNetworkFile(content: Buffer, form: NetworkFileForm): Generator<void, void> {
  const start = form.searchTreeSize + separatorSize;
  const end = content.lastIndexOf(metadataMarker, undefined, 'latin1');
  const separator = content.subarray(form.searchTreeSize, start);
  // If a part of the file is missing, the tree is not where the data begin.
  if (form.nodeCount < 1 || form.treeDepth < 32 || end < start || separator.some((byte) => byte !== 0))
    throw new RangeError('no tree');
  const data = content.subarray(start, end);
  const states = new Uint8Array(data.length);
  yield* checkTree(content, form, states);
  yield* checkRecords({ data, states, head: { type: 0, size: 0, next: 0 }, left: 0 });
}

/** What is known of the value that begins at a byte of the data; 0: nothing. */
const isWanted = 1;
const isOpen = 2;
const isGood = 3;
const isText = 4;

/** Of a node that the walk is below. Else the number of levels of nodes from it down; 0: it was not reached yet. */
const walkIsBelow = 255;

/**
 * All nodes are reached, none leads back to itself, and no path is longer than an address. A node may be below several
 * others, since IPv4 is in several places of IPv6. Marks where records begin.
 */
function* checkTree(content: Buffer, form: NetworkFileForm, states: Uint8Array): Generator<void, void> {
  const { nodeCount, treeDepth } = form;
  const branchOf = branchReader(content, form.recordSize);
  const levels = new Uint8Array(nodeCount);
  const path = Array.from({ length: treeDepth }, () => ({ node: 0, side: 0, below: 0 }));
  levels[0] = walkIsBelow;
  let [depth, reached, looked] = [0, 1, 0];
  for (let at = path[0]; at !== undefined; at = path[depth]) {
    if (at.side === 2) {
      levels[at.node] = at.below + 1;
      depth -= 1;
      const above = path[depth];
      if (above !== undefined) above.below = Math.max(above.below, at.below + 1);
      continue;
    }
    const branch = branchOf(at.node, at.side);
    at.side += 1;
    looked += 1;
    if (looked % branchesAtOnce === 0) yield;
    if (branch > nodeCount) wantRecord(states, branch - nodeCount - separatorSize);
    if (branch >= nodeCount) continue;
    const below = levels[branch] as number;
    if (depth + 1 + below >= treeDepth + (below === 0 ? 0 : 1)) throw new RangeError('too deep, or in a circle');
    if (below > 0) at.below = Math.max(at.below, below);
    else {
      depth += 1;
      reached += 1;
      levels[branch] = walkIsBelow;
      const next = path[depth] as typeof at;
      next.node = branch;
      next.side = 0;
      next.below = 0;
    }
  }
  if (reached < nodeCount) throw new RangeError('nodes that no address leads to');
}

function wantRecord(states: Uint8Array, at: number): void {
  if (at < 0 || at >= states.length) throw new RangeError('no record');
  states[at] = isWanted;
}

type BranchReader = (node: number, side: number) => number;

function branchReader(content: Buffer, recordSize: number): BranchReader {
  const byte = (at: number) => content[at] as number;
  const three = (at: number) => (byte(at) << 16) | (byte(at + 1) << 8) | byte(at + 2);
  if (recordSize === 24) return (node, side) => three(node * 6 + side * 3);
  if (recordSize === 32) return (node, side) => byte(node * 8 + side * 4) * 2 ** 24 + three(node * 8 + side * 4 + 1);
  // The byte in the middle has the highest four bits of both.
  return (node, side) =>
    side === 0
      ? ((byte(node * 7 + 3) & 0xf0) << 20) | three(node * 7)
      : ((byte(node * 7 + 3) & 0x0f) << 24) | three(node * 7 + 4);
}

/** What the first bytes of a value say. */
interface Head {
  type: number;
  /** Bytes, pairs or items; of a boolean its value, of a pointer where it leads to. */
  size: number;
  /** Where the content begins. */
  next: number;
}

interface DataWalk {
  readonly data: Buffer;
  readonly states: Uint8Array;
  /** Of the value that was looked at last. There are millions: an object for each would take most of the time. */
  readonly head: Head;
  /** How many values the record may still have. */
  left: number;
}

function* checkRecords(walk: DataWalk): Generator<void, void> {
  let read = 0;
  for (let at = walk.states.indexOf(isWanted); at !== -1; at = walk.states.indexOf(isWanted, at + 1)) {
    walk.left = mostValues;
    readHead(walk, at);
    if (walk.head.type !== types.map) throw new RangeError('a record that is no map');
    checkTarget(walk, at, 0);
    read += mostValues - walk.left;
    if (read < valuesAtOnce) continue;
    read = 0;
    yield;
  }
}

/** By the specification; those from 8 on are in a second byte. */
const types = { pointer: 1, text: 2, map: 7, int32: 8, array: 11, boolean: 14 } as const;

/** Of each type, from 0 on, the least and the most bytes. Absent: it is made of other values, or there is none such. */
const sizes: readonly (readonly [number, number] | undefined)[] = [
  undefined,
  undefined,
  // Text, double, bytes, uint16, uint32, map, int32, uint64, uint128, array.
  [0, Number.POSITIVE_INFINITY],
  [8, 8],
  [0, Number.POSITIVE_INFINITY],
  [0, 2],
  [0, 4],
  undefined,
  [0, 4],
  [0, 8],
  [0, 16],
  undefined,
  undefined,
  undefined,
  // Boolean, whose size is its value, and float.
  [0, 1],
  [4, 4],
];

/** A value that something leads to: it is read once. */
function checkTarget(walk: DataWalk, at: number, level: number): void {
  const { states } = walk;
  const state = states[at];
  if (state === isGood || state === isText) return;
  if (state === undefined || state === isOpen) throw new RangeError('outside the data, or in a circle');
  readHead(walk, at);
  const known = walk.head.type === types.text ? isText : isGood;
  states[at] = isOpen;
  checkValue(walk, level);
  states[at] = known;
}

/** Of which the head was read. Returns where it ends. */
function checkValue(walk: DataWalk, level: number): number {
  const { type, size, next } = walk.head;
  walk.left -= 1;
  if (walk.left < 0 || level > deepest) throw new RangeError('too many values');
  if (type === types.pointer) {
    checkTarget(walk, size, level + 1);
    return next;
  }
  if (type === types.map || type === types.array) return checkItems(walk, level + 1);
  const [least, most] = sizes[type] ?? [1, 0];
  const end = type === types.boolean ? next : next + size;
  if (size < least || size > most || end > walk.data.length) throw new RangeError('no value');
  if (type === types.text && !isUnicode(walk.data, next, end)) throw new RangeError('no text');
  return end;
}

/** Of the map or the array whose head was read. */
function checkItems(walk: DataWalk, level: number): number {
  const { type, size, next } = walk.head;
  let end = next;
  for (let item = 0; item < size; item += 1) {
    if (type === types.map) end = checkName(walk, end, level);
    readHead(walk, end);
    end = checkValue(walk, level);
  }
  return end;
}

/** A text, or a pointer to one. */
function checkName(walk: DataWalk, at: number, level: number): number {
  readHead(walk, at);
  const { type, size } = walk.head;
  const end = checkValue(walk, level);
  if (type !== types.text && (type !== types.pointer || walk.states[size] !== isText)) throw new RangeError('no name');
  return end;
}

function isUnicode(data: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end && byteAt(data, at) < 0x80) at += 1;
  return at === end || isUtf8(data.subarray(at, end));
}

/** What sizes of one, two or three further bytes begin with. */
const longSizes = [0, 29, 285, 65_821];
/** What pointers of one, two, three or four further bytes begin with, and what their highest three bits count. */
const pointerBases = [0, 0, 2048, 526_336, 0];
const pointerSteps = [0, 256, 65_536, 16_777_216, 0];

function readHead(walk: DataWalk, at: number): void {
  const { data, head } = walk;
  const control = byteAt(data, at);
  head.type = control >> 5;
  head.next = at + 1;
  if (head.type === types.pointer) {
    const length = ((control >> 3) & 3) + 1;
    readSize(walk, (pointerBases[length] ?? 0) + (control & 7) * (pointerSteps[length] ?? 0), length);
    return;
  }
  if (head.type === 0) {
    head.type = 7 + byteAt(data, head.next);
    head.next += 1;
    if (head.type < types.int32) throw new RangeError('no type');
  }
  const size = control & 31;
  const length = Math.max(0, size - 28);
  readSize(walk, length === 0 ? size : (longSizes[length] ?? 0), length);
}

function readSize({ data, head }: DataWalk, base: number, length: number): void {
  let rest = 0;
  for (let index = 0; index < length; index += 1) rest = rest * 256 + byteAt(data, head.next + index);
  head.size = base + rest;
  head.next += length;
}

function byteAt(data: Buffer, at: number): number {
  const byte = data[at];
  if (byte === undefined) throw new RangeError('the data end');
  return byte;
}
