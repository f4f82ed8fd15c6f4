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
import { compareAsks, type UsableThen } from './compare-asks.ts';

/** The authenticator that a user must have for this change. Undefined: none. */
export function ownedFor({ action, of }: GovernedChange): string | undefined {
  const isOfAll = action === 'add' || (action === 'change' && accountIdentifiers.includes(of));
  return isOfAll ? undefined : of;
}

/** What a rule asks for now, and what one asked for before. */
interface Asked {
  readonly now: Requirement;
  readonly before: Requirement;
}

/** Whether it is proved that all owners prove as much as before. */
export function isAsStrictForOwners(key: string, { now, before }: Asked, usable: UsableThen): boolean {
  const own = usable.next.find((descriptor) => descriptor.key === key);
  // Law 7 leaves out what is auxiliary, and codes that were used up.
  if (own === undefined || own.auxiliary || own.recovery) return false;
  return compareAsks([now, leastOfOwners(own, usable.next)], [before], usable) === 'as_strict';
}

/**
 * What all proofs show that are enough for Law 7 in an account with this authenticator: as many factors as the account
 * can give, so that its own are among them. But a code that was used up with the proof counts for nothing in the
 * account, and of a recovered password and what recovered it only one does (decision 33).
 */
function leastOfOwners(own: AuthenticatorDescriptor, all: readonly AuthenticatorDescriptor[]): Requirement {
  const factors = leastShown(own, {})?.factors ?? [];
  const others = all.filter((other) => other.recovery || mayRecover(own, other) || mayRecover(other, own));
  const byOthers: Alternative = { ...oneFactor, demands: [{ authenticators: others.map(({ key }) => key) }] };
  const byFactors: Alternative = { ...oneFactor, demands: factors.map((factor) => ({ factor })) };
  return { anyOf: [byFactors, ...(others.length > 0 ? [byOthers] : [])] };
}

const oneFactor = { factors: 1, maxAge: accountManagementMaxAge } as const;

/** The one may be the password, and the other the address, of a recovery. */
function mayRecover({ underPasswordPolicy }: AuthenticatorDescriptor, other: AuthenticatorDescriptor): boolean {
  return underPasswordPolicy === true && isAddress(other);
}
