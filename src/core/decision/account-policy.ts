/**
 * Applies the account policy. What its rules ask for stands beside the account-management requirement (Law 7), which
 * is the floor; what they forbid cannot be enrolled here. See decision 77.
 */
import { accountPurpose, isEnrolledHere } from '../enrollment/account-request.ts';
import type { GovernedChange } from '../model/account-policy.ts';
import type { DecisionOutcome, Denial, Layer, LayerRequirement } from '../model/decision.ts';
import type { AuthenticatorDescriptor, Facts, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { policyLayer } from './layers.ts';

/** The ruling about one change. Undefined: there is no account policy. */
function changeLayer({ accountPolicy }: PolicySet, facts: Facts, change: GovernedChange): Layer | undefined {
  if (accountPolicy === undefined) return undefined;
  const { requirement, trace, ...ruling } = policyLayer('account', accountPolicy.about(change), facts);
  const layer = { ...ruling, trace: { ...trace, change } };
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
function requestedChange({ account, authenticators }: PolicySet, facts: Facts): GovernedChange | undefined {
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

/** What the account policy says about enrolling each of these authenticators. None: there is no account policy. */
function additionLayers(keys: readonly string[], policies: PolicySet, facts: Facts): readonly Layer[] {
  return policies.authenticators
    .filter(({ key }) => keys.includes(key))
    .flatMap((descriptor) => changeLayer(policies, facts, enrollmentChange(descriptor, facts.subject)) ?? []);
}

/** Those about the enrollments that come next, beside the change that a request to the account app is for. */
export function nextAdditionLayers(
  outcome: DecisionOutcome,
  { policies, facts }: { readonly policies: PolicySet; readonly facts: Facts },
): readonly Layer[] {
  if (policies.accountPolicy === undefined) return [];
  const requested = requestedChange(policies, facts)?.of;
  const next = enrolledNext(outcome).filter((key) => key !== requested);
  return additionLayers(next, policies, facts);
}

function enrolledNext(outcome: DecisionOutcome): readonly string[] {
  if (outcome.kind === 'enroll') return outcome.choices;
  return (outcome.kind === 'challenge' && outcome.toEnroll) || [];
}

/** Those that forbid an enrollment, where the account policy is to blame for a denial. */
export function forbiddenAdditionLayers(
  denial: Denial,
  { policies, facts }: { readonly policies: PolicySet; readonly facts: Facts },
): readonly Layer[] {
  if (denial.layer !== 'account' || denial.reason !== 'enrollment_forbids') return [];
  const keys = policies.authenticators.filter(({ enrollable }) => enrollable).map(({ key }) => key);
  return additionLayers(keys, policies, facts).filter(({ requirement }) => requirement === undefined);
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
