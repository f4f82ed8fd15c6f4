/** Hash slots of a Redis Cluster: which keys share a slot, and in which order the slots of a batch are written. */
import type { Op } from '../store.ts';

/**
 * The text in the first braces, which decides the hash slot. If there are no braces, the whole key (Redis Cluster
 * specification, hash tags).
 */
export function tagOf(key: string): string {
  return /\{([^}]+)\}/.exec(key)?.[1] ?? key;
}

/** The hash slot of a key: CRC16 (XMODEM) of its tag, modulo 16384 (Redis Cluster specification). */
export function slotOf(key: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tagOf(key))) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc % 16_384;
}

/** Groups items by tag, in order of first appearance. */
export function groupByTag<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly T[])[] {
  return [...Map.groupBy(items, (item) => tagOf(keyOf(item))).values()];
}

export function keyOfOp(op: Op): string {
  return op.op === 'reset' ? op.counter : op.key;
}

/**
 * The groups of a batch on a Cluster. Those in `ordered` run one after the other. First come announcements, so that no
 * crash loses them. Then come groups that consume a one-time value, so that a crash in between costs a retry and never
 * grants twice. Then come other groups that can fail. Those in `free` cannot fail and run in any order.
 */
export function orderGroups(ops: readonly Op[]): {
  readonly ordered: readonly (readonly Op[])[];
  readonly free: readonly (readonly Op[])[];
} {
  const isAhead = (op: Op): boolean => 'ahead' in op && op.ahead === true;
  const ahead = groupByTag(ops.filter(isAhead), keyOfOp);
  const groups = groupByTag(
    ops.filter((op) => !isAhead(op)),
    keyOfOp,
  );
  const spending = groups.filter((group) => group.some((op) => op.op === 'consume' || op.op === 'take'));
  const failing = groups.filter((group) => !spending.includes(group) && group.some(canFail));
  const free = groups.filter((group) => !spending.includes(group) && !failing.includes(group));
  return { ordered: [...ahead, ...spending, ...failing], free };
}

function canFail(op: Op): boolean {
  return op.op === 'create' || op.op === 'replace' || op.op === 'update' || op.op === 'check';
}
