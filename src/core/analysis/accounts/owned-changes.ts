/**
 * Changes that only owners of an authenticator can make. The account-management requirement (Law 7) asks them for the
 * strongest level of an account that has it, whatever the rules ask for.
 */
import { isAddress } from '../../evidence/recovered-password.ts';
import { accountIdentifiers, type GovernedChange } from '../../model/account-policy.ts';
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { Alternative, Requirement } from '../../model/policy.ts';
import { accountManagementMaxAge } from '../../remediation/account-management.ts';
import { leastShown } from '../proofs/shown-characteristics.ts';

/** The authenticator that a user must have for this change. Undefined: none. */
export function ownedFor({ action, of }: GovernedChange): string | undefined {
  const isOfAll = action === 'add' || (action === 'change' && accountIdentifiers.includes(of));
  return isOfAll ? undefined : of;
}

/**
 * What all proofs show that are enough for Law 7 in an account with the authenticator of this key: as many factors as
 * the account can give, so that its own are among them. But a code that was used up with the proof counts for nothing
 * in the account, and of a recovered password and what recovered it only one does (decision 33). Undefined: nothing is
 * known.
 */
export function leastOfOwners(key: string, all: readonly AuthenticatorDescriptor[]): Requirement | undefined {
  const own = all.find((descriptor) => descriptor.key === key);
  // Law 7 leaves out what is auxiliary, and codes that were used up.
  if (own === undefined || own.auxiliary || own.recovery) return undefined;
  const factors = leastShown(own, {})?.factors ?? [];
  const others = all.filter((other) => other.recovery || mayRecover(own, other) || mayRecover(other, own));
  const byOthers: Alternative = { ...oneFactor, demands: [{ authenticators: others.map((other) => other.key) }] };
  const byFactors: Alternative = { ...oneFactor, demands: factors.map((factor) => ({ factor })) };
  return { anyOf: [byFactors, ...(others.length > 0 ? [byOthers] : [])] };
}

const oneFactor = { factors: 1, maxAge: accountManagementMaxAge } as const;

/** The one may be the password, and the other the address, of a recovery. */
function mayRecover({ underPasswordPolicy }: AuthenticatorDescriptor, other: AuthenticatorDescriptor): boolean {
  return underPasswordPolicy === true && isAddress(other);
}
