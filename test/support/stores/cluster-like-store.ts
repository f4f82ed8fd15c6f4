/** A store that behaves like Redis Cluster, on top of any other. */
import type { Committed, Op, Store } from '../../../src/stores/store.ts';

/** The tag of a key: what decides its slot. */
function slotOf(op: Op): string {
  return ('key' in op ? op.key : op.counter).split('}')[0]?.split('{')[1] ?? '';
}

/**
 * Commits slot by slot: first what goes ahead, then the slots that consume or take. A failure leaves what the slots
 * before it did.
 * `stopAfter`: the process dies after so many slots.
 */
export function slotted(store: Store, stopAfter = Number.POSITIVE_INFINITY): Store {
  return {
    ...store,
    async commit(ops, state): Promise<Committed> {
      const consuming = new Set(ops.filter(({ op }) => op === 'take' || op === 'consume').map(slotOf));
      const isAhead = (op: Op): boolean => 'ahead' in op && op.ahead === true;
      const rest = ops.filter((op) => !isAhead(op));
      const parts = [
        ...Map.groupBy(ops.filter(isAhead), slotOf).values(),
        ...[...new Set([...consuming, ...rest.map(slotOf)])].map((slot) => rest.filter((op) => slotOf(op) === slot)),
      ];
      const applied: Op[] = [];
      for (const [index, part] of parts.entries()) {
        if (index >= stopAfter) throw new Error('the process died');
        const written = await store.commit(part, state);
        if (!written.ok) return { ok: false, failed: written.failed, applied };
        applied.push(...part);
      }
      return { ok: true };
    },
  };
}
