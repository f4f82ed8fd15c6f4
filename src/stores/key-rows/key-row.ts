/** What the table of store keys says about a kind of key. */

/** What the text in braces is made of. It also decides the hash slot on Redis Cluster. */
export type TagRule =
  /** A random id that the server made: it stands in the key as it is. */
  | { readonly rule: 'random'; readonly of: string }
  /** SHA-256 (base64url) of a text that may come from outside. `keyOf` hashes it. */
  | { readonly rule: 'hash'; readonly of: string }
  /** SHA-256 (hex) that the owner has computed already. */
  | { readonly rule: 'digest'; readonly of: string }
  /** The same for all: there is one such key, or all keys of the kind share a slot. */
  | { readonly rule: 'constant'; readonly tag: string };

export type Lifetime =
  /** Written without a ttl: it stays until it is deleted. */
  | { readonly kind: 'lasting' }
  /** Always written with a ttl that follows from what is stored. `until` completes the sentence "it stays until". */
  | { readonly kind: 'expiring'; readonly until: string }
  /** Always written with this ttl. */
  | { readonly kind: 'fixed'; readonly seconds: number }
  /** A log that keeps about its newest lines. */
  | { readonly kind: 'newest'; readonly lines: number }
  /** A counter: each of its windows closes by itself, or is reset. */
  | { readonly kind: 'windows' };

/**
 * Which writes are acknowledged only when every replica has them. What is consumed or taken always waits, and so does
 * the reset of a counter, since it stands for a success. So does what goes `ahead` of its batch.
 */
export type Durability =
  /** Every write waits. */
  | 'durable'
  /** To delete it waits, as its end must not be undone. Losing a new one costs another sign-in. */
  | 'once'
  /** Nothing waits. Losing it costs a step, and never grants anything. */
  | 'ephemeral';

/** `Kind`: the kinds that there are, where they are known already. */
export interface KeyRow<Kind extends string = string> {
  /** What the key leads to, in one sentence. */
  readonly what: string;
  readonly holds: 'entry' | 'set' | 'log' | 'counter';
  readonly tag: TagRule;
  /** What follows the tag; absent: nothing does. */
  readonly rest?: string;
  /** The module under `src` that writes and reads the value. */
  readonly owner: string;
  readonly lifetime: Lifetime;
  readonly durability: Durability;
  /**
   * `kept`: it expires, and yet counts on in a new epoch. Whatever lasts counts on in any case, and the rest is void
   * (decision 51).
   */
  readonly epoch?: 'kept';
  /** Kinds that `load` may bring along. */
  readonly references: readonly Kind[];
}

export const lasting = { kind: 'lasting' } as const;
export const windows = { kind: 'windows' } as const;
