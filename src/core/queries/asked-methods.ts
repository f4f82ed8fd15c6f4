/** By which methods of an authenticator the user may prove or enroll it. */
import { evaluate } from '../decision/evaluate.ts';
import { withMethodsApart } from '../evidence/proof-names.ts';
import type { Decision } from '../model/decision.ts';
import type { Facts } from '../model/facts.ts';
import type { Requirement } from '../model/policy.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { asActive } from './user-verification.ts';

/**
 * Those with which the decision would ask for the authenticator if it had no other one: so a method that no rule takes
 * is not offered. Where two rules take one each, both are. The status of the account makes no difference, because it
 * must not show before something is proved. Undefined: policies tell no methods of it apart.
 */
export function askedMethods(policies: PolicySet, facts: Facts, authenticator: string): readonly string[] | undefined {
  const methods = policies.authenticators.find(({ key }) => key === authenticator)?.methods;
  if (methods === undefined || methods.length < 2 || !methodsApart(policies).has(authenticator)) return methods;
  const active = asActive(facts);
  const askedBy = (some: PolicySet) => {
    const ruling = rulingOf(evaluate(some, active));
    return methods.filter((method) => {
      const decision = evaluate({ ...some, onlyBy: { authenticator, method } }, active);
      return isOption(decision, authenticator) && rulingOf(decision) === ruling;
    });
  };
  // A method that is no use unless another authenticator is enrolled is none where one does without.
  const alone = askedBy(withoutEnrolling(policies));
  const asked = alone.length > 0 ? alone : askedBy(policies);
  return asked.length > 0 ? asked : methods;
}

function withoutEnrolling(policies: PolicySet): PolicySet {
  const authenticators = policies.authenticators.map((descriptor) => ({ ...descriptor, enrollable: false }));
  return { ...policies, authenticators };
}

/** Cached by policies. */
const apart = new WeakMap<PolicySet, ReadonlySet<string>>();

/** Found once: most policies tell no methods apart, and then nothing has to be evaluated. */
function methodsApart(policies: PolicySet): ReadonlySet<string> {
  const known = apart.get(policies) ?? withMethodsApart(requirementsOf(policies));
  apart.set(policies, known);
  return known;
}

function requirementsOf({ session, app, recovery, accountPolicy, acrLevels }: PolicySet): readonly Requirement[] {
  const compiled = [session, app, recovery].flatMap((policy) => policy?.rules.map(({ rule }) => rule) ?? []);
  const rules = [...compiled, ...(accountPolicy?.rules ?? [])];
  return [
    ...rules.flatMap(({ then }) => (then.kind === 'allow' ? [then.requirement] : [])),
    ...acrLevels.map(({ requirement }) => requirement),
  ];
}

/**
 * What does not depend on the method: a denial that is withheld in any case, and the `acr` that is asked for if
 * possible, which the method must not lower.
 */
function rulingOf(decision: Decision): string {
  const withheld = decision.kind === 'challenge' ? decision.withheld?.reason : undefined;
  const requiredAcr = decision.trace.layers.map((layer) => layer.requiredAcr ?? []);
  return JSON.stringify([withheld, requiredAcr]);
}

function isOption(decision: Decision, key: string): boolean {
  if (decision.kind === 'challenge') return decision.options.some(({ authenticator }) => authenticator === key);
  return decision.kind === 'enroll' && decision.choices.includes(key);
}
