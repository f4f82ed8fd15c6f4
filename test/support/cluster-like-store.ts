/** A store that behaves like Redis Cluster, on top of any other. */
import type { Committed, Op, Store } from '../../src/stores/store.ts';

/** The tag of a key: what decides its slot. */
function slotOf(op: Op): string {
  return ('key' in op ? op.key : op.counter).split('}')[0]?.split('{')[1] ?? '';
}

/**
 * Commits slot by slot, the slots that consume or take first: a failure leaves what the slots before it did.
 * `stopAfter`: the process dies after so many slots.
 */
export function slotted(store: Store, stopAfter = Number.POSITIVE_INFINITY): Store {
  return {
    ...store,
    async commit(ops, state): Promise<Committed> {
      const consuming = new Set(ops.filter(({ op }) => op === 'take' || op === 'consume').map(slotOf));
      const slots = [...new Set([...consuming, ...ops.map(slotOf)])];
      const applied: Op[] = [];
      for (const [index, slot] of slots.entries()) {
        if (index >= stopAfter) throw new Error('the process died');
        const part = ops.filter((op) => slotOf(op) === slot);
        const written = await store.commit(part, state);
        if (!written.ok) return { ok: false, failed: written.failed, applied };
        applied.push(...part);
      }
      return { ok: true };
    },
  };
}
