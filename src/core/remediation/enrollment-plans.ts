/**
 * Which proofs must come before which enrollments: the account-management requirement (Law 7), and what the account
 * policy adds. Authenticators with the same requirements are planned together.
 */
import { independentParts } from '../evidence/recovered-password.ts';
import { type AssessedEvidence, meetsAll } from '../evidence/requirement.ts';
import type { LayerRequirement } from '../model/decision.ts';
import { accountManagementOf, type Capabilities, forAccountManagement, provable } from './capabilities.ts';
import { enrollable, provingBesideRecovery } from './enrollable.ts';

/** Enrollments with which the user can meet the requirements. */
export interface EnrollmentPlan {
  /** Where the enrollments are from. */
  readonly groups: readonly AdditionGroup[];
  /** What the user must prove before any of them. */
  readonly before: readonly LayerRequirement[];
  /** Everything that the user could do: all proofs, and these enrollments. */
  readonly actions: readonly AssessedEvidence[];
}

/** Keys of authenticators whose enrollment has the same requirements. */
export interface AdditionGroup {
  readonly keys: readonly string[];
  readonly before: readonly LayerRequirement[];
}

/** Without an account policy all keys are in one group. */
export function additionGroups(keys: readonly string[], capabilities: Capabilities): readonly AdditionGroup[] {
  const accountManagement = accountManagementOf(capabilities);
  const { additions } = capabilities;
  if (additions === undefined) return [{ keys, before: [accountManagement] }];
  const groups = new Map<string, AdditionGroup>();
  for (const key of keys) {
    const addition = additions.get(key);
    const name = JSON.stringify(addition?.anyOf);
    const before = addition ? [accountManagement, addition] : [accountManagement];
    groups.set(name, { keys: [...(groups.get(name)?.keys ?? []), key], before });
  }
  return [...groups.values()];
}

/** Limits of the searches: all combinations of five groups, and those of at most three groups of ten. */
const mostPlans = 31;
const mostTried = 175;

/**
 * A plan for each combination of groups with which the requirements can be met, the smallest first. A sign-in may need
 * enrollments of several groups, and must not ask for the proofs before those that it does not need. Where none of the
 * small combinations is enough, a larger one of which no group can be left out.
 */
export function enrollmentPlans(
  requirements: readonly LayerRequirement[],
  capabilities: Capabilities,
): readonly EnrollmentPlan[] {
  const found = scopeWithPlan(requirements, capabilities);
  if (found === undefined) return [];
  const { scope, largest } = found;
  const plans: EnrollmentPlan[] = [];
  let tried = 0;
  for (const some of combinations(scope.groups)) {
    if (plans.length === mostPlans || tried === mostTried) break;
    tried += 1;
    const plan = planOf(some, scope);
    if (isEnough(plan, scope)) plans.push(plan);
  }
  return plans.length > 0 ? plans : [withoutSurplus(largest, scope)];
}

/** Whether there is a plan. */
export function hasEnrollmentPlan(requirements: readonly LayerRequirement[], capabilities: Capabilities): boolean {
  return scopeWithPlan(requirements, capabilities) !== undefined;
}

interface ScopeWithPlan {
  readonly scope: PlanScope;
  readonly largest: EnrollmentPlan;
}

/** After a recovery, a further proof may be what lets an enrollment count. */
function scopeWithPlan(
  requirements: readonly LayerRequirement[],
  capabilities: Capabilities,
): ScopeWithPlan | undefined {
  const scope = planScope(requirements, capabilities);
  const largest = largestPlan(scope);
  if (largest) return { scope, largest };
  const proving = provingBesideRecovery(capabilities);
  return proving && scopeWithPlan(requirements, proving);
}

/**
 * The plan with all groups that can be in one plan: those that the same independent part of the proofs leads to. More
 * evidence never hurts, so if it is not enough, no part of it is.
 */
function largestPlan(scope: PlanScope): EnrollmentPlan | undefined {
  const { evidence, proofs, enrollments, groups } = scope;
  const parts = independentParts([...evidence, ...proofs, ...enrollments]);
  return parts
    .map((part) => planOf(parts.length > 1 ? groups.filter(({ before }) => meetsAll(before, part)) : groups, scope))
    .find((plan) => isEnough(plan, scope));
}

function withoutSurplus(plan: EnrollmentPlan, scope: PlanScope): EnrollmentPlan {
  return plan.groups.reduceRight((kept, group) => {
    const fewer = planOf(
      kept.groups.filter((other) => other !== group),
      scope,
    );
    return isEnough(fewer, scope) ? fewer : kept;
  }, plan);
}

/**
 * Whether these actions, each of them by any of its members, can be an enrollment from each group of the plan. If not,
 * a smaller plan has them, with less to prove before.
 */
export function takesFromEachGroup(
  { groups }: EnrollmentPlan,
  actions: readonly (readonly AssessedEvidence[])[],
): boolean {
  const enrollments = actions.filter(([first]) => first?.toEnroll);
  const isTakenFrom = ({ keys }: AdditionGroup) =>
    enrollments.some((members) => members.some(({ authenticator }) => keys.includes(authenticator)));
  return enrollments.length >= groups.length && groups.every(isTakenFrom);
}

/** What the plans for some requirements are made of. */
interface PlanScope {
  readonly requirements: readonly LayerRequirement[];
  readonly evidence: readonly AssessedEvidence[];
  readonly proofs: readonly AssessedEvidence[];
  readonly enrollments: readonly AssessedEvidence[];
  /** Only those before which the user can prove enough, without anything enrolled on the way (decision 169). */
  readonly groups: readonly AdditionGroup[];
}

function planScope(requirements: readonly LayerRequirement[], capabilities: Capabilities): PlanScope {
  const able = forAccountManagement(capabilities);
  const { evidence } = able;
  const proofs = provable(able);
  const enrollments = enrollable(capabilities, requirements);
  const keys = [...new Set(enrollments.map(({ authenticator }) => authenticator))];
  const everyProof = [...evidence, ...proofs];
  const groups = additionGroups(keys, capabilities).filter(({ before }) => meetsAll(before, everyProof));
  return { requirements, evidence, proofs, enrollments, groups };
}

function planOf(groups: readonly AdditionGroup[], { proofs, enrollments }: PlanScope): EnrollmentPlan {
  const keys = groups.flatMap((group) => group.keys);
  const chosen = enrollments.filter(({ authenticator }) => keys.includes(authenticator));
  return { groups, before: [...new Set(groups.flatMap(({ before }) => before))], actions: [...proofs, ...chosen] };
}

/** What was proved before an enrollment need not count beside it: after a recovery, the mailbox for a new password. */
function isEnough({ before, actions }: EnrollmentPlan, { requirements, evidence, proofs }: PlanScope): boolean {
  const all = [...evidence, ...actions];
  if (meetsAll([...before, ...requirements], all)) return true;
  return meetsAll(before, [...evidence, ...proofs]) && meetsAll(requirements, all);
}

/** All combinations, the smallest first. */
function* combinations(groups: readonly AdditionGroup[]): Generator<readonly AdditionGroup[]> {
  for (let size = 1; size <= groups.length; size += 1) yield* combinationsOf(size, groups);
}

function* combinationsOf(size: number, groups: readonly AdditionGroup[]): Generator<readonly AdditionGroup[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (const [index, group] of groups.slice(0, groups.length - size + 1).entries())
    for (const others of combinationsOf(size - 1, groups.slice(index + 1))) yield [group, ...others];
}
