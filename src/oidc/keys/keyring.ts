/**
 * Signing keys and server secrets, kept in the store and shared by all nodes. A new key is published first and signs
 * later; the old one stays published until everything that it signed has expired. Which key signs follows from the
 * times written in the record and the clock, so all nodes have the same primary key per algorithm at any time, and no
 * node has to act. See decision 9.
 */

import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Seconds } from '../../core/model/facts.ts';
import { StoreUnavailable } from '../../errors.ts';
import type { ServerSecrets } from '../../flow/server-mac.ts';
import { defaultAlgorithms } from '../../policy/model/signing.ts';
import { keyringKey } from '../../stores/keys.ts';
import type { Entry, Store } from '../../stores/store.ts';

/** How long a new key is published before it signs (seconds): relying parties keep the published keys for a while. */
export const publicationTime: Seconds = 300;

export interface SigningKey {
  readonly jwk: JWK & { readonly kid: string };
  /** RSA keys sign RS256 and PS256. */
  readonly type: 'RS256' | 'ES256' | 'EdDSA';
  /** Epoch seconds from which it signs. */
  readonly activeFrom: Seconds;
  /** Epoch seconds from which it is no longer published; absent: nothing replaces it yet. */
  readonly retiredFrom?: Seconds;
  /** Its algorithm was disabled: it signs nothing more. */
  readonly disabled?: true;
}

export interface Keyring {
  readonly keys: readonly SigningKey[];
  /** Sign cookies and form handles. */
  readonly secrets: ServerSecrets;
}

export function parseKeyring(value: string): Keyring {
  return JSON.parse(value) as Keyring;
}

/**
 * The keyring of the store. Makes none: a store without keys is not initialised, or has lost them. Rejects with
 * `StoreUnavailable`.
 */
export async function loadKeyring(store: Store): Promise<Keyring> {
  return parseKeyring((await keyringEntry(store)).value);
}

async function keyringEntry(store: Store): Promise<Entry> {
  const entry = (await store.load([keyringKey])).entries.get(keyringKey);
  // A store that lost its keys is not the one that we started with: no relying party could verify what new keys would
  // sign.
  if (entry === undefined) throw new StoreUnavailable('the keys are gone from the store');
  return entry;
}

/**
 * The first keyring of a new store, with keys for the default algorithms, which sign from `now` on; one that is there
 * stays. Keys for other algorithms follow with the configuration.
 */
export async function createKeyring(store: Store, now: Seconds): Promise<void> {
  if ((await store.load([keyringKey])).entries.get(keyringKey) !== undefined) return;
  const keyring: Keyring = {
    keys: await Promise.all(defaultAlgorithms.map((type) => newKey(type, now))),
    secrets: [randomBytes(32).toString('base64url')],
  };
  // Where another process was faster, this fails, and its keyring stays.
  await store.commit([{ op: 'create', key: keyringKey, value: JSON.stringify(keyring) }]);
}

/**
 * Publishes a new key of each type that is enabled. It signs after `overlap` seconds, when every relying party that
 * refreshes its keys has it; the old ones stay published for `keep` seconds more. Keys whose time is over are removed.
 * Rejects with `StoreUnavailable`.
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
  // A key that has not signed yet and would take over from the new one is dropped: it is of no use.
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
 * Signing keys in the place of all that are in use, which sign from `now` on: tokens that were signed before are
 * refused as soon as apps and resource servers read the keys again. The secrets stay. Returns what becomes of a
 * keyring.
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
  // RSA keys serve RS256 and PS256, so they carry no `alg`.
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
 * What is published at this time, the signing keys first: oidc-provider signs with the first key that fits the
 * algorithm.
 */
export function publishedKeys(keyring: Keyring, now: Seconds): readonly SigningKey[] {
  const published = keyring.keys.filter((key) => !isRetired(key, now));
  // Of two that became active in the same second the later one signs: the other has been retired by it.
  const active = published
    .filter((key) => key.activeFrom <= now)
    .reverse()
    .sort((a, b) => b.activeFrom - a.activeFrom);
  return [...active, ...published.filter((key) => key.activeFrom > now)];
}
