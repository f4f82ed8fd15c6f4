/** Store keys of what oidc-provider keeps. */
import { hash } from 'node:crypto';
import { storeKey } from '../../stores/store.ts';

export function grantKey(grantId: string): string {
  return storeKey('grant', grantId);
}

export function grantTokensKey(grantId: string): string {
  return storeKey('grant', grantId, 'tokens');
}

export function interactionKey(uid: string): string {
  return storeKey('interaction', uid);
}

/** SHA-256 of an id that came from outside, as the tag of a key. */
export function hashed(id: string): string {
  return hash('sha256', id, 'base64url');
}

/** Exists while the next question for the tokens of this device code would be too early. */
export function pollingIntervalKey(deviceCode: string): string {
  return storeKey('polling-interval', hashed(deviceCode));
}
