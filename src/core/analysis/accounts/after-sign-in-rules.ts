/**
 * Rules of the enrollment policy that decide once a user has signed in, when it is known with what: conditions
 * `authenticated` count from then on.
 */
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import { resolved } from '../../policy/theories/resolved.ts';
import type { Formula, UserFacts } from '../../policy/theories/theory.ts';
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

/** What must hold for a rule to decide, and for any rule with the same terms. */
interface RuleFormulas {
  readonly decides: readonly Formula[];
  alike?: Formula;
}

type CompiledEnrollment = NonNullable<PolicySet['enrollment']>;

/** Cached by rule space and enrollment policy: most users of an app sign in with one of a few sets of proofs. */
const known = new WeakMap<RuleSpace, WeakMap<CompiledEnrollment, Map<string, RuleFormulas>>>();

function formulasFor(
  { rule, signedInWith }: RuleAfterSignIn,
  enrollment: CompiledEnrollment,
  space: RuleSpace,
): RuleFormulas {
  const inSpace = known.get(space) ?? new WeakMap<CompiledEnrollment, Map<string, RuleFormulas>>();
  known.set(space, inSpace);
  const formulas = inSpace.get(enrollment) ?? new Map<string, RuleFormulas>();
  inSpace.set(enrollment, formulas);
  const rules = enrollment.rules.map((compiled) => compiled.rule);
  const at = rules.indexOf(rule);
  const key = [at, ...signedInWith].join();
  const found = formulas.get(key) ?? {
    decides: onceSignedIn(decidingFormulas(rule, rules.slice(0, at), space), signedInWith),
  };
  formulas.set(key, found);
  return found;
}

/** The formulas that must hold for the rule to decide. */
export function afterSignInFormulas(
  after: RuleAfterSignIn,
  { enrollment }: Pick<PolicySet, 'enrollment'>,
  space: RuleSpace,
): readonly Formula[] {
  return enrollment ? formulasFor(after, enrollment, space).decides : [];
}

/** The formulas, reduced by the knowledge that the user signed in with proofs of these names. */
export function onceSignedIn(formulas: readonly Formula[], signedInWith: readonly string[]): readonly Formula[] {
  return formulas.map((formula) => resolved(formula, ({ name }) => positionOf(name, signedInWith)));
}

/** The formulas that must hold for the rule, or another one with the same terms, to decide. */
export function afterSignInAlike(
  after: RuleAfterSignIn,
  { enrollment }: Pick<PolicySet, 'enrollment'>,
  space: RuleSpace,
): Formula {
  if (enrollment === undefined) return { any: [] };
  const formulas = formulasFor(after, enrollment, space);
  const found = formulas.alike ?? alikeIn(after, enrollment, space);
  formulas.alike = found;
  return found;
}

function alikeIn({ rule, signedInWith }: RuleAfterSignIn, enrollment: CompiledEnrollment, space: RuleSpace): Formula {
  const terms = JSON.stringify(rule.then);
  const same = enrollment.rules.filter((compiled) => JSON.stringify(compiled.rule.then) === terms);
  return {
    any: same.map((compiled) => ({
      all: afterSignInFormulas({ rule: compiled.rule, signedInWith }, { enrollment }, space),
    })),
  };
}

const prefix = 'authenticated.';

function positionOf(name: string, signedInWith: readonly string[]): number | undefined {
  if (!name.startsWith(prefix)) return undefined;
  return signedInWith.includes(name.slice(prefix.length)) ? 1 : 0;
}
