/**
 * Rules of the enrollment policy that decide once a user has signed in, when it is known with what: conditions
 * `authenticated` count from then on.
 */
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import { type Formula, resolved, type UserFacts } from '../../policy/theories/theory.ts';
import { decidingFormulas } from '../space/deciding-formulas.ts';
import type { RuleSpace } from '../space/rule-space.ts';

/** A rule that decides about a user who signed in with proofs of these names. */
export interface RuleAfterSignIn {
  readonly rule: EnrollmentRule;
  readonly signedInWith: readonly string[];
}

/** Undefined: no rule asks how the user signed in, so that nothing changes. */
export function ruleAfterSignIn(
  { enrollment }: PolicySet,
  facts: UserFacts,
  signedInWith: readonly string[],
): RuleAfterSignIn | undefined {
  if (enrollment?.beforeSignIn === undefined) return undefined;
  const { rule } = findRule(enrollment, { ...facts, signedInWith });
  return rule && { rule, signedInWith };
}

/** The formulas that must hold for the rule to decide. */
export function afterSignInFormulas(
  { rule, signedInWith }: RuleAfterSignIn,
  { enrollment }: PolicySet,
  space: RuleSpace,
): readonly Formula[] {
  const rules = enrollment?.rules.map((compiled) => compiled.rule) ?? [];
  return onceSignedIn(decidingFormulas(rule, rules.slice(0, rules.indexOf(rule)), space), signedInWith);
}

/** The formulas, reduced by the knowledge that the user signed in with proofs of these names. */
export function onceSignedIn(formulas: readonly Formula[], signedInWith: readonly string[]): readonly Formula[] {
  return formulas.map((formula) => resolved(formula, ({ name }) => positionOf(name, signedInWith)));
}

/** The formulas that must hold for the rule, or another one with the same terms, to decide. */
export function afterSignInAlike(
  { rule, signedInWith }: RuleAfterSignIn,
  policies: PolicySet,
  space: RuleSpace,
): Formula {
  const terms = JSON.stringify(rule.then);
  const same = policies.enrollment?.rules.filter((compiled) => JSON.stringify(compiled.rule.then) === terms) ?? [];
  return {
    any: same.map((compiled) => ({ all: afterSignInFormulas({ rule: compiled.rule, signedInWith }, policies, space) })),
  };
}

const prefix = 'authenticated.';

function positionOf(name: string, signedInWith: readonly string[]): number | undefined {
  if (!name.startsWith(prefix)) return undefined;
  return signedInWith.includes(name.slice(prefix.length)) ? 1 : 0;
}
