/** Which commits every replica must have before they are acknowledged (Law 14). */
import type { Durability } from './key-rows/key-row.ts';
import { keyRow } from './key-table.ts';
import type { Op } from './store.ts';

/** Whether losing this batch after its acknowledgement would break a promise, or let something count twice. */
export function mustReachReplicas(ops: readonly Op[]): boolean {
  return ops.some(isPromise);
}

function isPromise(op: Op): boolean {
  if ('ahead' in op && op.ahead) return true;
  switch (op.op) {
    case 'check':
      return false;
    case 'consume':
    case 'take':
    case 'reset':
      return true;
    case 'delete':
      return durabilityOf(op.key) !== 'ephemeral';
    default:
      return durabilityOf(op.key) === 'durable';
  }
}

/** A key without a row is treated as durable. */
function durabilityOf(key: string): Durability {
  return keyRow(key.slice(0, key.indexOf(':')))?.durability ?? 'durable';
}
