/**
 * The data model: every kind of key in the store, in one table. Its rows are in `key-rows`, grouped by subject. A row
 * says what an entry contains, how its tag is made, which module owns the value, how long it lives and to which kinds
 * it may refer.
 *
 * What this promises:
 * - No other module builds a key: `keyOf` is the only caller of `storeKey`, and `keys.ts` has one function for each key
 *   in use.
 * - Input never becomes part of a key: whatever a user or a client sent is hashed here.
 * - `docs/data-model.md` is generated from this table. The test suites run on a store that fails a test for any key,
 *   reference or lifetime that no row allows.
 *
 * The values stay with their owners. This table contains only their names, so that `stores` imports nothing.
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

/** All kinds by name. The name is the part before the brace. */
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

/** The row of this kind. Undefined if there is no such kind. */
export function keyRow(kind: string): KeyRow<KeyKind> | undefined {
  return Object.hasOwn(rows, kind) ? rows[kind as KeyKind] : undefined;
}

/**
 * Builds the key of this kind. `of`: the random id, the text to hash or the digest, by the rule of the row; `''` if the
 * tag is constant. `rest`: required exactly if the row has one. Throws `TypeError` if the tag contains anything but
 * letters, digits, `_`, `-` and `.`.
 */
export function keyOf(kind: KeyKind, of = '', rest?: string): string {
  return storeKey(kind, tagBy(keyTable[kind].tag, of), rest);
}

function tagBy(tag: TagRule, of: string): string {
  if (tag.rule === 'constant') return tag.tag;
  return tag.rule === 'hash' ? hash('sha256', of, 'base64url') : of;
}
