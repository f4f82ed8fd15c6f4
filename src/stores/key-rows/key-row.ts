/** The columns of the table of store keys. */

/** How the tag, the text in braces, is made. The tag also decides the hash slot on Redis Cluster. */
export type TagRule =
  /** A random id made by the server, used unchanged. */
  | { readonly rule: 'random'; readonly of: string }
  /** SHA-256 (base64url) of a text that may come from outside. `keyOf` computes it. */
  | { readonly rule: 'hash'; readonly of: string }
  /** SHA-256 (hex) that the owner has already computed. */
  | { readonly rule: 'digest'; readonly of: string }
  /** A constant: there is only one such key, or all keys of the kind share a slot. */
  | { readonly rule: 'constant'; readonly tag: string };

export type Lifetime =
  /** Written without a ttl: it stays until deleted. */
  | { readonly kind: 'lasting' }
  /** Written with a ttl that follows from the value. `until` completes the sentence "it stays until". */
  | { readonly kind: 'expiring'; readonly until: string }
  /** Always written with this ttl. */
  | { readonly kind: 'fixed'; readonly seconds: number }
  /** A log that keeps approximately its newest lines. */
  | { readonly kind: 'newest'; readonly lines: number }
  /** A counter: each of its windows closes by itself or by a reset. */
  | { readonly kind: 'windows' };

/**
 * Which writes are acknowledged only when every replica has them. Consuming and taking always wait, and so does
 * resetting a counter, because it records a success. Operations that go `ahead` of their batch wait as well.
 */
export type Durability =
  /** Every write waits. */
  | 'durable'
  /** Deleting waits, because the end must not be undone. Losing a new entry costs only another sign-in. */
  | 'once'
  /** No write waits. A loss costs a step of the flow, and never grants anything. */
  | 'ephemeral';

/** `Kind`: the possible kinds, where they are known. */
export interface KeyRow<Kind extends string = string> {
  /** What the entry contains, in one sentence. */
  readonly what: string;
  readonly holds: 'entry' | 'set' | 'log' | 'counter';
  readonly tag: TagRule;
  /** What follows the tag. Absent if nothing does. */
  readonly rest?: string;
  /** The module under `src` that writes and reads the value. */
  readonly owner: string;
  readonly lifetime: Lifetime;
  readonly durability: Durability;
  /**
   * `kept`: the entry expires but stays valid in a new epoch. Entries that do not expire always stay valid, and all
   * others become void (decision 51).
   */
  readonly epoch?: 'kept';
  /** The kinds of entries that `load` may include. */
  readonly references: readonly Kind[];
}

export const lasting = { kind: 'lasting' } as const;
export const windows = { kind: 'windows' } as const;
