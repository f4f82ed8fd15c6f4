/** Checks batches and limits before anything is sent, for all kinds of store. */
import type { Limit, Op } from './store.ts';

/**
 * Throws `TypeError` for a batch that no store could apply as a whole: with a value that is not a string, or a ttl that
 * is not a number. This check comes before sending, because a store that fails halfway could leave part of the batch
 * applied.
 */
export function checkBatch(ops: readonly Op[]): void {
  for (const op of ops) {
    if (!texts(op).every((text) => typeof text === 'string'))
      throw new TypeError(`${op.op}: keys and values are strings`);
    if ('ttl' in op && op.ttl !== undefined && !Number.isFinite(op.ttl))
      throw new TypeError(`${op.op}: ttl is a number of seconds`);
    if ('version' in op && op.version !== undefined && !Number.isInteger(op.version))
      throw new TypeError(`${op.op}: version is an integer`);
    if ('keep' in op && !(Number.isInteger(op.keep) && op.keep > 0))
      throw new TypeError('append: keep is a positive integer');
  }
}

function texts(op: Op): readonly unknown[] {
  switch (op.op) {
    case 'create':
    case 'replace':
    case 'put':
    case 'update':
      return [op.key, op.value, ...(op.refs ?? [])];
    case 'append':
      return [op.key, op.value];
    case 'join':
    case 'leave':
      return [op.key, op.member];
    case 'reset':
      return [op.counter];
    case 'take':
    case 'consume':
    case 'check':
    case 'delete':
      return [op.key];
  }
}

/**
 * The smallest limit of each window, since two limits over one window share its count. Throws `TypeError` for invalid
 * windows and limits.
 */
export function tightestLimits(limits: readonly Limit[]): readonly Limit[] {
  const tightest = new Map<number, Limit>();
  for (const checked of limits) {
    const { limit, window, wait = 0 } = checked;
    if (!Number.isInteger(limit) || limit < 0) throw new TypeError('a limit is a whole number of attempts');
    if (!Number.isInteger(window) || window < 0) throw new TypeError('a window is a whole number of seconds');
    if (!Number.isInteger(wait) || wait < 0) throw new TypeError('a wait is a whole number of seconds');
    if (limit < (tightest.get(window)?.limit ?? Infinity)) tightest.set(window, checked);
  }
  if (tightest.size === 0) throw new TypeError('an attempt needs at least one limit');
  return [...tightest.values()];
}
