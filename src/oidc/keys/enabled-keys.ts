/**
 * Adapts the keyring to the enabled algorithms. A key for a newly enabled algorithm is published first and signs later.
 * The keys of a disabled one stay published until everything that they signed has expired. The first node to notice
 * that the keyring differs from the configuration updates it. See decision 57.
 */
import { oneDay } from '../../core/model/durations.ts';
import type { Seconds } from '../../core/model/facts.ts';
import type { SigningAlgorithm } from '../../policy/model/signing.ts';
import { keyringKey, revisionPointerKey } from '../../stores/keys.ts';
import type { Entry, Store } from '../../stores/store.ts';
import { type Keyring, newKey, parseKeyring, publicationTime, type SigningKey } from './keyring.ts';

/** No token lives longer (seconds): a day, by the schema of the settings, plus the greatest delay of a node. */
const longestToken: Seconds = oneDay + 60;

/** RS256 and PS256 share RSA keys. */
function keyTypeOf(algorithm: SigningAlgorithm): SigningKey['type'] {
  return algorithm === 'PS256' ? 'RS256' : algorithm;
}

/** Enabled algorithms that have a signing key at this time, in order. */
export function signableAlgorithms(
  enabled: readonly SigningAlgorithm[],
  keys: readonly SigningKey[],
  now: Seconds,
): readonly SigningAlgorithm[] {
  return enabled.filter((algorithm) =>
    keys.some((key) => key.type === keyTypeOf(algorithm) && !key.disabled && key.activeFrom <= now),
  );
}

interface Following {
  readonly algorithms: readonly SigningAlgorithm[];
  /** Epoch seconds. */
  readonly now: Seconds;
  /** The configuration is the first of its store, so no relying party knows any keys and nothing has to wait. */
  readonly isFirst: boolean;
}

/** The keyring for this configuration. Undefined if it needs no change. */
export async function followAlgorithms(
  keyring: Keyring,
  { algorithms, now, isFirst }: Following,
): Promise<Keyring | undefined> {
  const types = new Set(algorithms.map(keyTypeOf));
  const retiredFrom = isFirst ? now : now + longestToken;
  const kept = keyring.keys.map((key) => {
    if (types.has(key.type)) return key;
    return key.disabled ? key : disabled(key, retiredFrom);
  });
  const missing = [...types].filter((type) => !kept.some((key) => key.type === type && key.retiredFrom === undefined));
  const back = missing.flatMap((type) => newestDisabled(kept, type, now));
  const toMake = missing.filter((type) => !back.some((key) => key.type === type));
  const activeFrom = isFirst ? now : now + publicationTime;
  const added = await Promise.all(toMake.map((type) => newKey(type, activeFrom)));
  const keys = [...kept.map((key) => (back.includes(key) ? enabledAgain(key) : key)), ...added];
  const isSame = keys.length === keyring.keys.length && keys.every((key, index) => key === keyring.keys[index]);
  return isSame ? undefined : { ...keyring, keys };
}

function disabled(key: SigningKey, retiredFrom: Seconds): SigningKey {
  return { ...key, disabled: true, retiredFrom: Math.min(key.retiredFrom ?? retiredFrom, retiredFrom) };
}

/** The key is still published, so it can sign at once. */
function newestDisabled(keys: readonly SigningKey[], type: SigningKey['type'], now: Seconds): readonly SigningKey[] {
  return keys
    .filter((key) => key.type === type && key.disabled && (key.retiredFrom ?? 0) > now)
    .sort((one, other) => other.activeFrom - one.activeFrom)
    .slice(0, 1);
}

function enabledAgain({ retiredFrom: _retired, disabled: _disabled, ...key }: SigningKey): SigningKey {
  return key;
}

/**
 * Updates the stored keyring to the configuration that was read with it. Returns the keyring in force, which is the one
 * that was read if another process was faster. Rejects with `StoreUnavailable`.
 */
export async function keepKeysEnabled(
  store: Store,
  read: { readonly pointer: Entry; readonly keyring: Entry },
  following: Following,
): Promise<Keyring> {
  const current = parseKeyring(read.keyring.value);
  const next = await followAlgorithms(current, following);
  if (next === undefined) return current;
  const committed = await store.commit([
    // A node that does not know the newest configuration must not write.
    { op: 'check', key: revisionPointerKey, version: read.pointer.version },
    { op: 'replace', key: keyringKey, version: read.keyring.version, value: JSON.stringify(next) },
  ]);
  return committed.ok ? next : current;
}
