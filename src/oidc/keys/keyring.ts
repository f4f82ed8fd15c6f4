/**
 * Signing keys and server secrets, stored for all nodes. A new key is published first and signs later. The old one
 * stays published until everything that it signed has expired. The times in the record and the clock decide which key
 * signs, so at any time all nodes have the same primary key per algorithm, without any action by a node. See decision
 * 9.
 */

import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Seconds } from '../../core/model/facts.ts';
import { StoreUnavailable } from '../../errors.ts';
import type { ServerSecrets } from '../../flow/server-mac.ts';
import { defaultAlgorithms } from '../../policy/model/signing.ts';
import { keyringKey } from '../../stores/keys.ts';
import type { Entry, Store } from '../../stores/store.ts';

/** How long a new key is published before it signs (seconds), because relying parties cache the published keys. */
export const publicationTime: Seconds = 300;

export interface SigningKey {
  readonly jwk: JWK & { readonly kid: string };
  /** RSA keys sign RS256 and PS256. */
  readonly type: 'RS256' | 'ES256' | 'EdDSA';
  /** When it begins to sign (epoch seconds). */
  readonly activeFrom: Seconds;
  /** When it is no longer published (epoch seconds). Absent if nothing replaces it yet. */
  readonly retiredFrom?: Seconds;
  /** Its algorithm was disabled, so it does not sign any more. */
  readonly disabled?: true;
}

export interface Keyring {
  readonly keys: readonly SigningKey[];
  /** For signing cookies and form handles. */
  readonly secrets: ServerSecrets;
}

export function parseKeyring(value: string): Keyring {
  return JSON.parse(value) as Keyring;
}

/**
 * The stored keyring. It is not created here: a store without keys is not initialised, or has lost them. Rejects with
 * `StoreUnavailable`.
 */
export async function loadKeyring(store: Store): Promise<Keyring> {
  return parseKeyring((await keyringEntry(store)).value);
}

async function keyringEntry(store: Store): Promise<Entry> {
  const entry = (await store.load([keyringKey])).entries.get(keyringKey);
  // A store that lost its keys is no longer the same store: relying parties could not verify what new keys sign.
  if (entry === undefined) throw new StoreUnavailable('the keys are gone from the store');
  return entry;
}

/**
 * Creates the first keyring of a new store, with keys for the default algorithms, which sign from `now` on. An existing
 * keyring stays. Keys for other algorithms follow with the configuration.
 */
export async function createKeyring(store: Store, now: Seconds): Promise<void> {
  if ((await store.load([keyringKey])).entries.get(keyringKey) !== undefined) return;
  const keyring: Keyring = {
    keys: await Promise.all(defaultAlgorithms.map((type) => newKey(type, now))),
    secrets: [randomBytes(32).toString('base64url')],
  };
  // If another process was faster this fails, and its keyring stays.
  await store.commit([{ op: 'create', key: keyringKey, value: JSON.stringify(keyring) }]);
}

/**
 * Publishes a new key for each enabled type. It signs after `overlap` seconds, when every relying party that refreshes
 * its keys has it. The old ones stay published for `keep` more seconds. Expired keys are removed. Rejects with
 * `StoreUnavailable`.
 */
export async function rotateKeys(
  store: Store,
  now: Seconds,
  times: { readonly overlap: Seconds; readonly keep: Seconds },
): Promise<readonly SigningKey[]> {
  const entry = await keyringEntry(store);
  const keyring = parseKeyring(entry.value);
  const activeFrom = now + times.overlap;
  const types = new Set(keyring.keys.filter((key) => key.retiredFrom === undefined).map(({ type }) => type));
  const added = await Promise.all([...types].map((type) => newKey(type, activeFrom)));
  // A key that has not signed yet and would replace the new one is dropped.
  const isOvertaken = (key: SigningKey) => key.activeFrom > now && key.activeFrom >= activeFrom;
  const kept = keyring.keys
    .filter((key) => !isRetired(key, now) && !isOvertaken(key))
    .map((key) => (key.retiredFrom === undefined ? { ...key, retiredFrom: activeFrom + times.keep } : key));
  const value = JSON.stringify({ ...keyring, keys: [...kept, ...added] } satisfies Keyring);
  const replaced = await store.commit([{ op: 'replace', key: keyringKey, version: entry.version, value }]);
  if (!replaced.ok)
    throw new TypeError('another process rotated the keys at the same moment; look at the result before trying again');
  return added;
}

/**
 * Makes signing keys that replace all present ones and sign from `now` on. Earlier tokens are refused as soon as apps
 * and resource servers read the keys again. The secrets stay. Returns the function that changes a keyring.
 */
export async function newSigningKeys(now: Seconds): Promise<(keyring: string) => string> {
  const made = await Promise.all((['RS256', 'ES256', 'EdDSA'] as const).map((type) => newKey(type, now)));
  return (text) => {
    const keyring = parseKeyring(text);
    const inUse = new Set(keyring.keys.flatMap((key) => (key.retiredFrom === undefined ? [key.type] : [])));
    return JSON.stringify({ ...keyring, keys: made.filter(({ type }) => inUse.has(type)) } satisfies Keyring);
  };
}

/** Rejects with `StoreUnavailable`. */
export async function replaceKeys(store: Store, renew: (keyring: string) => string): Promise<void> {
  const { value, version } = await keyringEntry(store);
  const replaced = await store.commit([{ op: 'replace', key: keyringKey, version, value: renew(value) }]);
  if (!replaced.ok) throw new TypeError('another process changed the keys at the same moment: try again');
}

export async function newKey(type: SigningKey['type'], activeFrom: Seconds): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(type, { extractable: true, modulusLength: 2048 });
  // RSA keys serve RS256 and PS256, so they have no `alg`.
  const jwk = {
    ...(await exportJWK(privateKey)),
    kid: randomBytes(9).toString('base64url'),
    use: 'sig',
    ...(type === 'RS256' ? {} : { alg: type }),
  };
  return { jwk, type, activeFrom };
}

function isRetired(key: SigningKey, now: Seconds): boolean {
  return key.retiredFrom !== undefined && key.retiredFrom <= now;
}

/**
 * The keys published at this time, with signing keys first: oidc-provider signs with the first key that fits the
 * algorithm.
 */
export function publishedKeys(keyring: Keyring, now: Seconds): readonly SigningKey[] {
  const published = keyring.keys.filter((key) => !isRetired(key, now));
  // If two became active in the same second, the later one signs, because it has retired the other.
  const active = published
    .filter((key) => key.activeFrom <= now)
    .reverse()
    .sort((a, b) => b.activeFrom - a.activeFrom);
  return [...active, ...published.filter((key) => key.activeFrom > now)];
}
