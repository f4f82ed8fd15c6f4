/**
 * Applies the account policy. What its rules ask for stands beside the account-management requirement (Law 7), which
 * is the floor; what they forbid cannot be enrolled here. See decision 77.
 */
import { accountPurpose, isEnrolledHere } from '../enrollment/account-request.ts';
import type { GovernedChange } from '../model/account-policy.ts';
import type { Layer, LayerRequirement } from '../model/decision.ts';
import type { AuthenticatorDescriptor, Facts, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/compile.ts';
import { policyLayer } from './layers.ts';

/** The ruling about one change. Undefined: there is no account policy. */
function changeLayer({ accountPolicy }: PolicySet, facts: Facts, change: GovernedChange): Layer | undefined {
  if (accountPolicy === undefined) return undefined;
  const { requirement, ...layer } = policyLayer('account', accountPolicy.about(change), facts);
  return requirement ? { ...layer, requirement: { ...requirement, isAccountManagement: true } } : layer;
}

/** The change that is made by enrolling an authenticator: of some there is only one, which is replaced. */
function enrollmentChange(
  { key, maxEnrollments }: Pick<AuthenticatorDescriptor, 'key' | 'maxEnrollments'>,
  subject: Subject | undefined,
): GovernedChange {
  const isReplaced = maxEnrollments === 1 && subject?.enrollments.some(({ authenticator }) => authenticator === key);
  return { action: isReplaced ? 'change' : 'add', of: key };
}

/** The change that a request to the account app is for, as long as it is not made. */
export function requestedChange({ account, authenticators }: PolicySet, facts: Facts): GovernedChange | undefined {
  if (!account) return undefined;
  const purpose = accountPurpose(facts.request);
  if (purpose.kind === 'view') return undefined;
  if (purpose.kind === 'change') return purpose.change;
  const descriptor = authenticators.find(({ key }) => key === purpose.authenticator);
  if (descriptor === undefined || isEnrolledHere(descriptor.key, facts)) return undefined;
  return enrollmentChange(descriptor, facts.subject);
}

/** The ruling about it. */
export function requestedChangeLayer(policies: PolicySet, facts: Facts): Layer | undefined {
  const change = requestedChange(policies, facts);
  return change && changeLayer(policies, facts, change);
}

/** The policies without the enrollments that the account policy forbids, and what it asks for before each other. */
export interface Additions {
  readonly policies: PolicySet;
  /** By key of the authenticator. Without an entry the account-management requirement is enough. */
  readonly additions?: ReadonlyMap<string, LayerRequirement>;
}

/** Applies the account policy to every enrollment that could be made. A ruling that is undecided forbids (Law 4). */
export function withAccountPolicy(policies: PolicySet, facts: Facts): Additions {
  if (policies.accountPolicy === undefined) return { policies };
  const additions = new Map<string, LayerRequirement>();
  const authenticators = policies.authenticators.map((descriptor) => {
    if (!descriptor.enrollable) return descriptor;
    const requirement = changeLayer(policies, facts, enrollmentChange(descriptor, facts.subject))?.requirement;
    if (requirement === undefined) return { ...descriptor, enrollable: false };
    additions.set(descriptor.key, requirement);
    return descriptor;
  });
  return { policies: { ...policies, authenticators }, additions };
}
