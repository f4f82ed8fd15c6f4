/**
 * Applies the account policy. Its rules can add to the account-management requirement (Law 7), which always holds, and
 * they can forbid the enrollment of an authenticator. See decision 77.
 */
import { accountPurpose, isEnrolledHere } from '../enrollment/account-request.ts';
import type { GovernedChange } from '../model/account-policy.ts';
import type { DecisionOutcome, Denial, Layer, LayerRequirement } from '../model/decision.ts';
import type { AuthenticatorDescriptor, Facts, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { policyLayer } from './layers.ts';

/** The ruling about one change. Undefined without an account policy. */
function changeLayer({ accountPolicy }: PolicySet, facts: Facts, change: GovernedChange): Layer | undefined {
  if (accountPolicy === undefined) return undefined;
  const { requirement, trace, ...ruling } = policyLayer('account', accountPolicy.about(change), facts);
  const layer = { ...ruling, trace: { ...trace, change } };
  return requirement ? { ...layer, requirement: { ...requirement, isAccountManagement: true } } : layer;
}

/**
 * The change that enrolling this authenticator makes. Where only one enrollment is allowed and the user has it, the
 * enrollment replaces it.
 */
function enrollmentChange(
  { key, maxEnrollments }: Pick<AuthenticatorDescriptor, 'key' | 'maxEnrollments'>,
  subject: Subject | undefined,
): GovernedChange {
  const isReplaced = maxEnrollments === 1 && subject?.enrollments.some(({ authenticator }) => authenticator === key);
  return { action: isReplaced ? 'change' : 'add', of: key };
}

/** The change for which the account app sent this request. Undefined once the change is made. */
function requestedChange({ isAccountApp, authenticators }: PolicySet, facts: Facts): GovernedChange | undefined {
  if (!isAccountApp) return undefined;
  const purpose = accountPurpose(facts.request);
  if (purpose.kind === 'view') return undefined;
  if (purpose.kind === 'change') return purpose.change;
  const descriptor = authenticators.find(({ key }) => key === purpose.authenticator);
  if (descriptor === undefined || isEnrolledHere(descriptor.key, facts)) return undefined;
  return enrollmentChange(descriptor, facts.subject);
}

/**
 * The account policy's ruling about that change. Before the user is known, an enrollment may be an addition or a
 * change: where the policy tells them apart, it is undecided.
 */
export function requestedChangeLayer(policies: PolicySet, facts: Facts): Layer | undefined {
  const change = requestedChange(policies, facts);
  const layer = change && changeLayer(policies, facts, change);
  if (!layer || facts.subject !== undefined || accountPurpose(facts.request).kind !== 'enroll') return layer;
  const isSingle = policies.authenticators.some(({ key, maxEnrollments }) => key === change.of && maxEnrollments === 1);
  const other = isSingle ? changeLayer(policies, facts, { action: 'change', of: change.of }) : undefined;
  if (other === undefined || isSameRuling(layer, other)) return layer;
  const { layer: name, policy } = layer.trace;
  return { trace: { layer: name, policy, rules: [], outcome: 'undecided' } };
}

/** By the same rule, or a denial in any case. */
function isSameRuling(one: Layer, other: Layer): boolean {
  return one.trace.decidedBy === other.trace.decidedBy || (one.denial !== undefined && other.denial !== undefined);
}

/** What the account policy says about enrolling each of these authenticators. Empty without an account policy. */
export function additionLayers(keys: readonly string[], policies: PolicySet, facts: Facts): readonly Layer[] {
  return policies.authenticators
    .filter(({ key }) => keys.includes(key))
    .flatMap((descriptor) => changeLayer(policies, facts, enrollmentChange(descriptor, facts.subject)) ?? []);
}

/**
 * The rulings about the enrollments that come next, or would if the user could prove enough, apart from the change that
 * the request itself is for.
 */
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
  if (outcome.kind === 'deny') {
    const { passwordToReplace, missingEnrollment } = outcome;
    return missingEnrollment?.authenticators ?? (passwordToReplace ? [passwordToReplace.authenticator] : []);
  }
  return (outcome.kind === 'challenge' && outcome.toEnroll) || [];
}

/**
 * The rulings because of which something cannot be enrolled, if the account policy causes the denial. Where the
 * enrollment policy does not say what it must be, also those that forbid something else.
 */
export function ruledOutAdditionLayers(
  { layer, missingEnrollment }: Denial,
  { policies, facts }: { readonly policies: PolicySet; readonly facts: Facts },
): readonly Layer[] {
  if (layer !== 'account' || missingEnrollment === undefined) return [];
  const { authenticators, enrollmentRule } = missingEnrollment;
  const requested = requestedChange(policies, facts)?.of;
  const keys = policies.authenticators.filter(({ key, enrollable }) => enrollable && key !== requested);
  return additionLayers(
    keys.map(({ key }) => key),
    policies,
    facts,
  ).filter(({ requirement, trace: { change } }) => {
    const isMissing = change !== undefined && authenticators.includes(change.of);
    return isMissing || (enrollmentRule === undefined && requirement === undefined);
  });
}

/**
 * The policies without the enrollments that the account policy forbids, and what each remaining enrollment requires.
 */
export interface Additions {
  readonly policies: PolicySet;
  /** By key of the authenticator. Where an entry is absent, the account-management requirement is enough. */
  readonly additions?: ReadonlyMap<string, LayerRequirement>;
}

/** Applies the account policy to every enrollment that the user could make. An undecided ruling forbids it (Law 4). */
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
