/** Data of the server itself: its keys, the audit log, and checks of the store. */
import { type KeyRow, lasting } from './key-row.ts';

export const serverKeys = {
  keyring: {
    what: 'The signing keys and the secrets of the server.',
    holds: 'entry',
    tag: { rule: 'constant', tag: 'current' },
    owner: 'oidc/keys/keyring',
    lifetime: lasting,
    durability: 'durable',
    references: [],
  },
  'store-state': {
    what: 'The schema version of the store, and its epoch: since when sessions, codes and tokens count.',
    holds: 'entry',
    tag: { rule: 'constant', tag: 'current' },
    owner: 'stores/store-state',
    lifetime: lasting,
    durability: 'durable',
    references: [],
  },
  audit: {
    what: 'The newest lines of the audit log, for `stepgate audit tail`.',
    holds: 'log',
    tag: { rule: 'constant', tag: 'log' },
    owner: 'flow/audit',
    lifetime: { kind: 'newest', lines: 100_000 },
    durability: 'ephemeral',
    references: [],
  },
  'write-probe': {
    what: 'What each node writes regularly, to find out whether the store accepts writes.',
    holds: 'entry',
    tag: { rule: 'constant', tag: 'probe' },
    owner: 'stores/store-health',
    lifetime: { kind: 'fixed', seconds: 60 },
    durability: 'durable',
    epoch: 'kept',
    references: [],
  },
  'store-alone': {
    what: "The operator's declaration that the store may acknowledge alone, as all its replicas are dead (`stepgate store alone`).",
    holds: 'entry',
    tag: { rule: 'constant', tag: 'alone' },
    owner: 'stores/redis/store-alone',
    lifetime: { kind: 'expiring', until: 'the time that the operator gave' },
    // The declaration is made when no waiting commit can succeed, so writing it must not wait.
    durability: 'ephemeral',
    epoch: 'kept',
    references: [],
  },
  'replication-barrier': {
    what: 'Written behind each group of commits that waits for the replicas, so that the wait has something to wait for.',
    holds: 'entry',
    tag: { rule: 'random', of: '`barrier`, on a Cluster another name for each master' },
    owner: 'stores/redis/group-commit',
    lifetime: { kind: 'fixed', seconds: 60 },
    durability: 'ephemeral',
    epoch: 'kept',
    references: [],
  },
} as const satisfies Readonly<Record<string, KeyRow>>;
