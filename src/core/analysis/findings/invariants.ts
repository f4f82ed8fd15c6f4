/**
 * Proves or refutes what must hold for every user who could exist. Two-sided, as the rest of the analysis: an
 * invariant is refuted by facts and proofs for which the evaluator says so, and proved by a complete search.
 * Everything else is reported as undecided, with the rules that are to blame.
 */

import type { Conditions } from '../../model/conditions.ts';
import { locationKey } from '../../model/location-key.ts';
import type { Rule, RuleHead } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { findLastingLack, lacksRequired } from '../accounts/lasting-lack.ts';
import type { AdditionSearch } from '../accounts/reachable-authenticators.ts';
import { admittedWith } from '../proofs/admitted-with.ts';
import { avoidedBy, type DemandCheck, demandCheck, type Guarantee } from '../proofs/demand-verdict.ts';
import { type AdmittedWith, withoutKeys } from '../proofs/proving-user.ts';
import { isLockedOut, isSignInDenied } from '../simulation/simulated-outcome.ts';
import { isSpent } from '../space/find-model.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import {
  appRulesIn,
  type DecidingInScope,
  type DecidingRules,
  decidingWith,
  inScope,
  mayHoldTogether,
  type SignInScope,
} from '../space/sign-in-rules.ts';
import { isOrdinary } from '../space/usual-groups.ts';
import { denyingRules } from './denying-rules.ts';

/** A statement about all sign-ins that the conditions describe. */
export interface Invariant {
  readonly name: string;
  readonly when: Conditions;
  readonly guarantee: Guarantee;
  /** A remembered proof counts as proved. */
  readonly countsRemembered?: true;
  /** One violation for each rule of the session policy. Absent: one for each rule of the sign-on policy. */
  readonly bySession?: true;
}

/** A sign-in that breaks an invariant. */
export interface Violation {
  /** The rules that decide about it. */
  readonly rules: readonly RuleHead[];
  readonly facts: UserFacts;
  /** The proofs that let the user in. Absent: the user is not let in. */
  readonly proved?: AdmittedWith;
  /** Keys of what would be offered, if the user could ever set it up. */
  readonly never?: readonly string[];
  /** A condition of the rule cannot be evaluated, which denies. */
  readonly isFailing?: true;
}

export type InvariantVerdict =
  | { readonly kind: 'holds' }
  /** It is about no sign-in, so that it protects nothing. */
  | { readonly kind: 'empty' }
  /**
   * One violation for each rule that is to blame. `open`: combinations of rules for which it could not be decided, as
   * in `undecided`.
   */
  | {
      readonly kind: 'refuted';
      readonly violations: readonly Violation[];
      readonly open: readonly (readonly RuleHead[])[];
    }
  /**
   * The joint effect of these rules is undecided, and nothing else breaks the invariant. `ranOut`: the steps of the
   * search did not suffice.
   */
  | { readonly kind: 'undecided'; readonly open: readonly (readonly RuleHead[])[]; readonly ranOut: boolean };

/** The budget for all questions about one invariant at one app. */
const budgetSteps = 2_000_000;

/** The policies of one app. */
export interface ExaminedPolicies {
  readonly policies: PolicySet;
  /** The rule space of these policies and of the conditions of the invariant. */
  readonly space: RuleSpace;
  /**
   * How users come to their authenticators, by rules in the space. Absent: they have, or may set up, all that they may
   * use.
   */
  readonly additions?: Pick<AdditionSearch, 'given' | 'additionRules'>;
}

export function examineInvariant(
  invariant: Invariant,
  { policies, space, additions }: ExaminedPolicies,
): InvariantVerdict {
  const { when, guarantee } = invariant;
  // A user is let in after a proof, and until then a denial is withheld.
  const scope = { policies, space, when, besides: space.onceProved, budget: { steps: budgetSteps } };
  if (!mayHoldTogether([...space.always, ...inScope(scope)], scope)) return { kind: 'empty' };
  const check = demandCheck(invariant, policies);
  const found = [
    ...(guarantee.kind === 'admitted' ? refusals(scope) : []),
    ...appRulesIn(scope).flatMap((rule) =>
      examineRule(rule, { ...invariant, check, ...(additions && { additions }) }, scope),
    ),
  ];
  const violations = found.flatMap((result) => ('violation' in result ? [result.violation] : []));
  const broken = new Set(invariant.bySession ? violations.flatMap(({ rules: [session] }) => keyOf(session)) : []);
  const open = found
    .flatMap((result) => ('open' in result ? [result.open] : []))
    .filter(([session]) => !keyOf(session).some((key) => broken.has(key)));
  if (violations.length > 0) return { kind: 'refuted', violations, open };
  if (open.length === 0) return { kind: 'holds' };
  return { kind: 'undecided', open, ranOut: isSpent(scope.budget) };
}

/** A rule that breaks it in one combination is reported for that, and other combinations with it are not. */
function keyOf(rule: RuleHead | undefined): readonly string[] {
  return rule ? [locationKey(rule)] : [];
}

type RuleResult =
  | { readonly violation: Violation }
  | { readonly open: readonly RuleHead[] }
  | { readonly kind: 'fine' };

type Fault = Exclude<RuleResult, { readonly kind: 'fine' }>;

interface InvariantWithCheck extends Invariant, Pick<ExaminedPolicies, 'additions'> {
  readonly check: DemandCheck;
}

const fine: RuleResult = { kind: 'fine' };

/**
 * The results for a rule of the sign-on policy that allows, one for each rule that is to blame: a violation, an
 * ordinary one first; otherwise a combination that is open. None: all is fine.
 */
function examineRule(deciding: DecidingInScope, invariant: InvariantWithCheck, scope: SignInScope): readonly Fault[] {
  const found = new Map<Rule, Fault>();
  const settled = new Set<Rule>();
  for (const rules of decidingWith(deciding, scope)) {
    const blamed = invariant.bySession ? rules.session : rules.app;
    if (settled.has(blamed)) continue;
    const examined =
      invariant.guarantee.kind === 'admitted' ? lockOut(rules, scope) : admission(rules, invariant, scope);
    if ('kind' in examined) continue;
    const isSettled = 'violation' in examined && isOrdinary(examined.violation.facts, [invariant, ...rulesOf(rules)]);
    const before = found.get(blamed);
    if (isSettled || before === undefined || !('violation' in before)) found.set(blamed, examined);
    if (isSettled) settled.add(blamed);
    if (isSettled && !invariant.bySession) break;
  }
  return [...found.values()];
}

/** Whether the rules let users in although they shall not, or with less than they shall. */
function admission(
  rules: DecidingRules,
  { guarantee, check, additions }: InvariantWithCheck,
  { policies, space }: SignInScope,
): RuleResult {
  const { isFine, isFineWith, isProvedWith, candidates } = check(rules);
  const isNeedless = (keys: readonly string[]) => isProvedWith(keys) || lacksRequired(rules, keys, policies);
  const isEnough = isFineWith ?? (isFine ? undefined : () => false);
  const search = isEnough && additions && { ...additions, authenticators: policies.authenticators, space };
  const lack = search && findLastingLack(rules.formulas(), search, { isEnough, isNeedless });
  if ((search ? lack === undefined : isFine) || isLockedOut(policies, rules)) return fine;
  if (lack === 'undecided') return { open: rulesOf(rules) };
  const facts = lack ? lack.facts : rules.findFacts();
  const avoided = avoidedBy(guarantee);
  const proved =
    facts &&
    admittedWith(policies, { rules, facts, ...(avoided && { avoided }) }, withoutKeys(candidates(), lack?.never ?? []));
  const never = lack && isFineWith && { never: lack.never };
  return proved ? { violation: { rules: rulesOf(rules), facts, proved, ...never } } : { open: rulesOf(rules) };
}

/** Whether the rules ask for what no user can prove. */
function lockOut(rules: DecidingRules, { policies }: SignInScope): RuleResult {
  if (!isLockedOut(policies, rules)) return fine;
  const everything = policies.authenticators.map(({ key }) => key);
  const facts = rules.findFacts();
  if (!facts || !isSignInDenied(policies, facts, everything)) return { open: rulesOf(rules) };
  return { violation: { rules: rulesOf(rules), facts } };
}

/** Rules that deny, those included that fail. */
function refusals(scope: SignInScope): readonly RuleResult[] {
  return denyingRules(scope).map(({ rule, facts, isFailing }) =>
    facts ? { violation: { rules: [rule], facts, ...(isFailing && { isFailing }) } } : { open: [rule] },
  );
}

function rulesOf({ session, app, enrollment }: DecidingRules): readonly RuleHead[] {
  return [session, app, ...(enrollment ? [enrollment] : [])];
}
