/**
 * Finds rules of the enrollment policy that a browser chooses by what it says of itself: with another User-Agent header
 * the same user, under the same rules of the other policies, must set up less.
 */
import type { EnrollmentRule, EnrollmentTerms, RequiredEnrollment } from '../../model/enrollment-policy.ts';
import type { Seconds } from '../../model/facts.ts';
import { beforeSignIn, type CompiledPolicy, type PolicySet } from '../../policy/rules/compile.ts';
import { usablePolicies } from '../../policy/rules/enrollment-terms.ts';
import { findRule } from '../../policy/rules/rules.ts';
import type { Formula, UserFacts, Variable } from '../../policy/theories/theory.ts';
import { requiresAsMuch } from '../comparison/required-enrollments.ts';
import { decidingFormulas } from '../space/deciding-formulas.ts';
import { type FoundByRule, findByRule, findModel, newBudget } from '../space/find-model.ts';
import { allowing } from '../space/rule-combinations.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { browserOf, browserPairs, inBrowser, inClass, mayReadBrowser } from './browser-claims.ts';

/** Two rules, where the browser chooses which of them decides. */
export interface SpoofableEnrollment {
  readonly strict: EnrollmentRule;
  readonly weak: EnrollmentRule;
  /** Facts for which the weak rule decides. */
  readonly facts: UserFacts;
  /** Keys of what a user has who must set up more under the strict rule alone. */
  readonly enrolled: readonly string[];
}

/** At most one finding for each rule that asks what the browser is. */
export function spoofableEnrollment(
  policies: PolicySet,
  space: RuleSpace,
): FoundByRule<SpoofableEnrollment, EnrollmentRule> {
  const { enrollment } = policies;
  if (enrollment === undefined) return { found: [], undecided: [], opaque: [] };
  const own = beforeSignIn(enrollment);
  const rules = own.rules.map(({ rule }) => rule);
  const search = { own, rules, policies, space };
  return findByRule(rules, function* (asking) {
    const browser = browserOf(asking, space);
    const isOpen = mayReadBrowser(asking);
    if (browser === undefined && !isOpen) return;
    for (const other of rules.filter((enrollmentRule) => enrollmentRule !== asking))
      for (const [strict, weak] of [[asking, other] as const, [other, asking] as const]) {
        if (isOpen && requiresLess(strict.then, weak.then, policies)) yield 'opaque';
        if (browser) yield choiceOf({ strict, weak, browser }, search);
      }
  });
}

interface WeakerPair {
  readonly strict: EnrollmentRule;
  readonly weak: EnrollmentRule;
  readonly browser: Variable;
}

interface Search {
  readonly own: CompiledPolicy<EnrollmentRule>;
  readonly rules: readonly EnrollmentRule[];
  readonly policies: PolicySet;
  readonly space: RuleSpace;
}

/** `undecided`: the steps did not suffice, and nothing else was found. */
function choiceOf(choice: WeakerPair, search: Search): SpoofableEnrollment | 'undecided' | undefined {
  const { strict, weak, browser } = choice;
  if (!requiresLess(strict.then, weak.then, search.policies)) return undefined;
  let isOpen = false;
  for (const positions of browserPairs(browser)) {
    for (const formulas of formulasOf(choice, positions, search)) {
      const found = findModel(formulas, newBudget());
      isOpen ||= found === 'undecided';
      if (typeof found !== 'object') continue;
      const plain = search.space.factsOf(found.model);
      const [one, other] = positions.map((at) => inBrowser(plain, browser, at)) as [UserFacts, UserFacts];
      const enrolled = enoughUnder(strict.then, weak.then, plain.now);
      const isShown = findRule(search.own, one).rule === strict && findRule(search.own, other).rule === weak;
      if (isShown && enrolled) return { strict, weak, facts: other, enrolled };
    }
  }
  return isOpen ? 'undecided' : undefined;
}

function requiresLess(strict: EnrollmentTerms, weak: EnrollmentTerms, policies: PolicySet): boolean {
  const [one, other] = [strict, weak].map((terms) => usablePolicies(policies, terms).authenticators) as [
    PolicySet['authenticators'],
    PolicySet['authenticators'],
  ];
  const isAsMuch = requiresAsMuch(weak.required, strict.required, { usable: { before: other, next: one }, had: [] });
  return isAsMuch && !requiresAsMuch(strict.required, weak.required, { usable: { before: one, next: other }, had: [] });
}

/**
 * What must hold for the choice, for each way to get in: the same rules of the other policies decide with both rules.
 */
function formulasOf(
  { strict, weak, browser }: WeakerPair,
  [one, other]: readonly [number, number],
  { rules, policies: { session, app }, space }: Search,
): readonly (readonly Formula[])[] {
  const deciding = (rule: EnrollmentRule, at: number) =>
    decidingFormulas(rule, rules.slice(0, rules.indexOf(rule)), space).map((formula) => inClass(formula, browser, at));
  const own = [...space.onceProved, ...deciding(strict, one), ...deciding(weak, other)];
  if (app === undefined || findModel(own, newBudget()) === 'impossible') return [];
  const inBoth = (formulas: readonly Formula[]) =>
    [one, other].flatMap((at) => formulas.map((formula) => inClass(formula, browser, at)));
  return allowing(session, space).flatMap((first) =>
    allowing(app, space).map((second) => [...own, ...inBoth(first.formulas), ...inBoth(second.formulas)]),
  );
}

/** The most sets of enrollments to look at. */
const mostSets = 64;

/** The fewest enrollments with which nothing is left to set up under the weak terms, and something under the strict. */
function enoughUnder(strict: EnrollmentTerms, weak: EnrollmentTerms, now: Seconds): readonly string[] | undefined {
  const sets = weak.required
    .filter((enrollment) => isDue(enrollment, now))
    .reduce<readonly (readonly string[])[]>(
      (all, { anyOf, count = 1 }) =>
        all.flatMap((keys) => anyOf.map((key) => [...keys, ...Array<string>(count).fill(key)])).slice(0, mostSets),
      [[]],
    );
  return sets.find((keys) =>
    strict.required.some((enrollment) => isDue(enrollment, now) && isMissing(enrollment, keys)),
  );
}

/** It cannot be skipped. */
function isDue({ grace }: RequiredEnrollment, now: Seconds): boolean {
  return grace === undefined || ('until' in grace && grace.until <= now);
}

function isMissing({ anyOf, count = 1 }: RequiredEnrollment, keys: readonly string[]): boolean {
  return keys.filter((key) => anyOf.includes(key)).length < count;
}
