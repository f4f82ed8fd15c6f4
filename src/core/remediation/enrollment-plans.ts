/**
 * Which proofs must come before which enrollments: the account-management requirement (Law 7), and what the account
 * policy adds. Authenticators with the same requirements are planned together.
 */
import { type AssessedEvidence, meetsAll } from '../evidence/requirement.ts';
import type { LayerRequirement } from '../model/decision.ts';
import { accountManagementOf, type Capabilities, enrollable, forAccountManagement, provable } from './capabilities.ts';

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

/** A limit of the searches that follow: all combinations of five groups. */
const mostPlans = 31;

/**
 * A plan for each combination of groups with which the requirements can be met, the smallest first. A sign-in may need
 * enrollments of several groups, and must not ask for the proofs before those that it does not need.
 */
export function enrollmentPlans(
  requirements: readonly LayerRequirement[],
  capabilities: Capabilities,
): readonly EnrollmentPlan[] {
  const scope = planScope(requirements, capabilities);
  const { evidence, groups } = scope;
  if (!meetsAll(requirements, [...evidence, ...planOf(groups, scope).actions])) return [];
  const plans: EnrollmentPlan[] = [];
  for (const some of combinations(groups)) {
    if (plans.length === mostPlans) break;
    const plan = planOf(some, scope);
    if (isEnough(plan, scope)) plans.push(plan);
  }
  return plans;
}

/** Whether there is a plan. More evidence never hurts, so usually one test tells. */
export function hasEnrollmentPlan(requirements: readonly LayerRequirement[], capabilities: Capabilities): boolean {
  const scope = planScope(requirements, capabilities);
  return isEnough(planOf(scope.groups, scope), scope) || enrollmentPlans(requirements, capabilities).length > 0;
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
  /** Only those before which the user can prove enough. What is enrolled on the way does not count (decision 77). */
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

function isEnough({ before, actions }: EnrollmentPlan, { requirements, evidence }: PlanScope): boolean {
  return meetsAll([...before, ...requirements], [...evidence, ...actions]);
}

/** All combinations, the smallest first. */
function combinations(groups: readonly AdditionGroup[]): readonly (readonly AdditionGroup[])[] {
  let all: readonly (readonly AdditionGroup[])[] = [[]];
  for (const group of groups) all = [...all, ...all.map((some) => [...some, group])];
  return all.slice(1).toSorted((one, other) => one.length - other.length);
}
