/**
 * What of an account no longer counts in a new epoch of the store (decision 51). A store that was restored from a
 * backup does not know what was used, ended or withdrawn since, so whatever is good for a while only is void.
 */
import type { Credential } from '../../authenticators/authenticator.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { User } from './user.ts';

/**
 * Temporary credentials that were issued before have been used up, and no browser is remembered that was remembered
 * before. `epoch`: when it began (epoch seconds); absent: the store has none.
 */
export function inEpoch(credentials: readonly Credential[], epoch: Seconds | undefined): readonly Credential[] {
  return epoch === undefined ? credentials : credentials.map((credential) => credentialInEpoch(credential, epoch));
}

function credentialInEpoch(credential: Credential, epoch: Seconds): Credential {
  const { remembered: all, ...rest } = credential;
  const remembered = all?.filter(({ at }) => at > epoch);
  const isVoid = rest.expiresAt !== undefined && rest.createdAt <= epoch;
  return {
    ...rest,
    ...omitUndefined({ remembered: remembered?.length ? remembered : undefined }),
    ...(isVoid ? { consumed: true, expiresAt: Math.min(rest.expiresAt ?? epoch, epoch) } : {}),
  };
}

/** A code that was sent before to an address that the user wants to add confirms nothing. */
export function withoutOldAddress(user: User, epoch: Seconds | undefined): User {
  const { askedAddress, ...rest } = user;
  if (epoch === undefined || askedAddress === undefined) return user;
  return askedAddress.askedAt > epoch ? user : rest;
}
