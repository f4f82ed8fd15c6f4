/**
 * Parts of an account that do not count in a new epoch of the store (decision 51). A store restored from a backup does
 * not know what was used, ended or revoked since, so everything with a limited lifetime is void.
 */
import type { Credential } from '../../authenticators/authenticator.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { User } from './user.ts';

/**
 * Temporary credentials from before the epoch count as used up, and browsers remembered before it are forgotten.
 * `epoch`: when it began (epoch seconds); absent if the store has none.
 */
export function inEpoch(credentials: readonly Credential[], epoch: Seconds | undefined): readonly Credential[] {
  return epoch === undefined ? credentials : credentials.map((credential) => credentialInEpoch(credential, epoch));
}

function credentialInEpoch(credential: Credential, epoch: Seconds): Credential {
  if (credential.remembered === undefined && credential.expiresAt === undefined) return credential;
  const { remembered: all, ...rest } = credential;
  const remembered = all?.filter(({ at }) => at > epoch);
  const isVoid = rest.expiresAt !== undefined && rest.createdAt <= epoch;
  return {
    ...rest,
    ...omitUndefined({ remembered: remembered?.length ? remembered : undefined }),
    ...(isVoid ? { consumed: true, expiresAt: Math.min(rest.expiresAt ?? epoch, epoch) } : {}),
  };
}

/** A code sent before the epoch no longer confirms the address that the user wants to add. */
export function withoutOldAddress(user: User, epoch: Seconds | undefined): User {
  const { askedAddress, ...rest } = user;
  if (epoch === undefined || askedAddress === undefined) return user;
  return askedAddress.askedAt > epoch ? user : rest;
}
