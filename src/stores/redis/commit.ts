/** `commit` on Redis: one script for the batch, or one for each hash slot of a Cluster. */
import { checkBatch } from '../check-batch.ts';
import { mustReachReplicas } from '../durability.ts';
import type { Committed, Op, Store } from '../store.ts';
import type { RedisLink } from './link.ts';
import { keyOfOp, orderGroups } from './slots.ts';

/** One script for the whole batch. */
export function singleCommit(link: RedisLink): Store['commit'] {
  return async (ops) => {
    checkBatch(ops);
    const failed = await runBatch(link, ops);
    return failed === undefined ? { ok: true } : { ok: false, failed, applied: [] };
  };
}

/** One script per slot; see `orderGroups`. */
export function clusterCommit(link: RedisLink): Store['commit'] {
  return async (ops): Promise<Committed> => {
    checkBatch(ops);
    const { ordered, free } = orderGroups(ops);
    const applied: Op[] = [];
    for (const group of ordered) {
      const failed = await runBatch(link, group);
      if (failed !== undefined) return { ok: false, failed, applied };
      applied.push(...group);
    }
    await Promise.all(free.map((group) => runBatch(link, group)));
    return { ok: true };
  };
}

/** The operation that failed, if one did. */
async function runBatch(link: RedisLink, ops: readonly Op[]): Promise<Op | undefined> {
  if (ops.length === 0) return undefined;
  const keys = ops.map((op) => (op.op === 'reset' ? link.counterPrefix : link.prefix) + keyOfOp(op));
  const args = [keys.length, ...keys, ...ops.flatMap(encode)];
  const number = await link.send('commit', () => link.runCommit(args, mustReachReplicas(ops)));
  return ops[Number(number) - 1];
}

/** Five arguments per operation: name, value or member, ttl in ms, references, version or keep. */
function encode(op: Op): readonly (string | number)[] {
  switch (op.op) {
    case 'create':
    case 'replace':
    case 'put':
    case 'update': {
      const refs = op.refs === undefined || op.refs.length === 0 ? '' : JSON.stringify(op.refs);
      return [op.op, op.value, millis(op.ttl), refs, op.op === 'replace' ? op.version : ''];
    }
    case 'join':
      return [op.op, op.member, millis(op.ttl), '', ''];
    case 'leave':
      return [op.op, op.member, '', '', ''];
    case 'check':
      return [op.op, '', '', '', op.version ?? ''];
    case 'append':
      return [op.op, op.value, '', '', op.keep];
    case 'take':
    case 'consume':
    case 'delete':
    case 'reset':
      return [op.op, '', '', '', ''];
  }
}

function millis(ttl: number | undefined): number | '' {
  return ttl === undefined ? '' : Math.round(ttl * 1000);
}
