/** The effect of all rules of an app together, in a form in which two configurations can be compared. */
import type { AuthenticatorDescriptor, Facts } from '../../model/facts.ts';
import type { Alternative, Requirement, Rule } from '../../model/policy.ts';
import type { CompiledPolicy, PolicySet } from '../../policy/rules/compile.ts';
import { onceProved } from '../../policy/rules/once-proved.ts';
import { applyRules } from '../../policy/rules/rules.ts';
import { minimumOf } from './minimum-acr.ts';
import { impliesAll } from './strictness.ts';

/** The rules that decide, and what all of them ask for together. */
export interface RulesInEffect {
  /** Absent: no rule decides, which denies. */
  readonly session?: Rule;
  readonly app?: Rule;
  /** None of them follows from the others. `denied`: a rule denies, or none decides. */
  readonly asks: readonly Requirement[] | 'denied';
}

/**
 * The rules and requirements of the session policy, the sign-on policy and the minimum `acr` of the app: those that
 * decide once something is proved, since before that a denial is withheld, and other proofs are asked for yet.
 */
export function rulesInEffect(policies: PolicySet, facts: Facts): RulesInEffect {
  const session = decidingRule(policies.session, facts);
  const app = policies.app && decidingRule(policies.app, facts);
  const rules = { ...(session && { session }), ...(app && { app }) };
  if (session?.then.kind !== 'allow' || app?.then.kind !== 'allow') return { ...rules, asks: 'denied' };
  const all = [app.then.requirement, session.then.requirement, ...minimumOf(policies)];
  return { ...rules, asks: withoutImplied(all, policies.authenticators) };
}

function decidingRule(policy: CompiledPolicy, facts: Facts): Rule | undefined {
  return applyRules(policy, onceProved(policy, facts)).rule;
}

/** What one policy asks for by itself, once something is proved. */
export function asksOf(policy: CompiledPolicy | undefined, facts: Facts): RulesInEffect['asks'] {
  const rule = policy && decidingRule(policy, facts);
  return rule?.then.kind === 'allow' ? [rule.then.requirement] : 'denied';
}

/** Whether both ask for the same, however it is written. False: that is not proved. */
export function asksAlike(
  one: RulesInEffect['asks'],
  other: RulesInEffect['asks'],
  authenticators: readonly AuthenticatorDescriptor[],
): boolean {
  if (one === 'denied' || other === 'denied') return one === other;
  return follow(one, other, authenticators) && follow(other, one, authenticators);
}

/**
 * Whether the second requirements follow from the first ones. False: that is not proved. A chain follows from itself
 * only: it also says what the user is asked for first.
 */
function follow(
  from: readonly Requirement[],
  requirements: readonly Requirement[],
  authenticators: readonly AuthenticatorDescriptor[],
): boolean {
  const said = from.map((requirement) => JSON.stringify(requirement));
  const open = requirements.filter((requirement) => !said.includes(JSON.stringify(requirement)));
  return !open.some((requirement) => 'chains' in requirement) && impliesAll(from, open, { authenticators }) === 'holds';
}

/** The fewest factor types that meet all of them. Undefined: a chain is among them, which counts steps instead. */
export function leastFactors(asks: readonly Requirement[]): number | undefined {
  const each = asks.flatMap((requirement) =>
    'anyOf' in requirement ? [Math.min(...requirement.anyOf.map(factorsOf))] : [],
  );
  return each.length < asks.length ? undefined : Math.max(0, ...each);
}

function factorsOf({ factors, demands }: Alternative): number {
  return Math.max(factors, new Set(demands.flatMap(({ factor }) => factor ?? [])).size);
}

function withoutImplied(
  all: readonly Requirement[],
  authenticators: readonly AuthenticatorDescriptor[],
): readonly Requirement[] {
  return all.reduceRight((kept, requirement) => {
    const others = kept.filter((other) => other !== requirement);
    return follow(others, [requirement], authenticators) ? others : kept;
  }, all);
}
