/**
 * The data model: every kind of key that the store holds, in one table. Its rows are in `key-rows`, by what they hold.
 * A row says what the key leads to, what its tag is made of, which module owns the value, how long it lives and which
 * kinds its references may point to.
 *
 * What this promises:
 * - No other module builds a key: `keyOf` is the only caller of `storeKey`, and `keys.ts` has one function for each key
 *   in use.
 * - No input forms a key: what a user or a client sent is hashed here.
 * - `docs/data-model.md` is written from this table, and the suites run on a store that fails a test for a key, a
 *   reference or a lifetime that no row allows.
 *
 * The values stay with their owners: this table knows their names only, so that `stores` imports nothing.
 */
import { hash } from 'node:crypto';
import { attemptKeys } from './key-rows/attempts.ts';
import { configurationKeys } from './key-rows/configuration.ts';
import { demoKeys } from './key-rows/demo.ts';
import type { KeyRow, TagRule } from './key-rows/key-row.ts';
import { messageKeys } from './key-rows/messages.ts';
import { protocolKeys } from './key-rows/protocol.ts';
import { serverKeys } from './key-rows/server.ts';
import { signInKeys } from './key-rows/sign-ins.ts';
import { userKeys } from './key-rows/users.ts';
import { storeKey } from './store.ts';

/** All kinds, by name. The name is the text before the brace. */
export const keyTable = {
  ...userKeys,
  ...signInKeys,
  ...protocolKeys,
  ...configurationKeys,
  ...messageKeys,
  ...attemptKeys,
  ...serverKeys,
  ...demoKeys,
} as const;

export type KeyKind = keyof typeof keyTable;

const rows: Readonly<Record<KeyKind, KeyRow<KeyKind>>> = keyTable;

/** The names of all kinds. */
export const keyKinds = Object.keys(rows) as readonly KeyKind[];

/** `undefined`: there is no such kind. */
export function keyRow(kind: string): KeyRow<KeyKind> | undefined {
  return Object.hasOwn(rows, kind) ? rows[kind as KeyKind] : undefined;
}

/**
 * The key of this kind. `of`: the random id, the text to hash or the digest, by the rule of the row; `''` where the tag
 * is constant. `rest`: given exactly where the row has one. Throws `TypeError` when the tag holds anything but letters,
 * digits, `_`, `-` and `.`.
 */
export function keyOf(kind: KeyKind, of = '', rest?: string): string {
  return storeKey(kind, tagBy(keyTable[kind].tag, of), rest);
}

function tagBy(tag: TagRule, of: string): string {
  if (tag.rule === 'constant') return tag.tag;
  return tag.rule === 'hash' ? hash('sha256', of, 'base64url') : of;
}
