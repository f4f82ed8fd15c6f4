/** Checks the signing keys: whether each type has a key now, and a successor when that key ends. Creates none. */
import type { Seconds } from '../../core/model/facts.ts';
import { type Keyring, parseKeyring, type SigningKey } from '../../oidc/keys/keyring.ts';
import { durationText } from '../../policy/model/duration-text.ts';
import { keyringKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import { type CheckResult, fail, ok } from './finding.ts';

const rotate = 'npm run stepgate -- keys rotate';
const restore = 'restore the store from a backup';

export async function checkKeys(store: Store, now: Seconds): Promise<readonly CheckResult[]> {
  const entry = (await store.load([keyringKey])).entries.get(keyringKey);
  if (entry === undefined)
    return [
      fail('keys', 'there are none', `if the store is new: npm run stepgate -- config apply --init; else ${restore}`),
    ];
  const keyring = readKeyring(entry.value);
  if (keyring === undefined) return [fail('keys', 'their record is damaged', restore)];
  const { keys, secrets } = keyring;
  // Keys of a disabled algorithm end without successors.
  const types = [...new Set(keys.filter((key) => !key.disabled).map(({ type }) => type))];
  const findings = [
    ...types.flatMap((type) => checkType(type, keys, now)),
    ...(secrets.length === 0 ? [fail('keys', 'no secret signs cookies', restore)] : []),
  ];
  return findings.length > 0 ? findings : [ok('keys', `one signs for each of ${types.join(', ')}`)];
}

function readKeyring(value: string): Keyring | undefined {
  try {
    return parseKeyring(value);
  } catch {
    return undefined;
  }
}

function checkType(type: SigningKey['type'], keys: readonly SigningKey[], now: Seconds): readonly CheckResult[] {
  const all = keys.filter((key) => key.type === type && (key.retiredFrom ?? Number.POSITIVE_INFINITY) > now);
  const [primary] = all.filter(({ activeFrom }) => activeFrom <= now).sort((a, b) => b.activeFrom - a.activeFrom);
  if (primary === undefined) return [fail('keys', `no ${type} key signs`, rotate)];
  const { retiredFrom, jwk } = primary;
  if (retiredFrom === undefined) return [];
  const successor = all.find(({ activeFrom }) => activeFrom > primary.activeFrom && activeFrom < retiredFrom);
  if (successor !== undefined) return [];
  const left = durationText(retiredFrom - now);
  return [fail('keys', `the ${type} key ${jwk.kid} ends in ${left}, and none follows`, rotate)];
}
