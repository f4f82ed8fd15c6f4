/**
 * Which rules may decide once the user has identified. Every page for identifiers asks several questions about them,
 * and the answers depend on the policies and on these rules alone, of which there are few combinations: so each is
 * found once.
 */

import type { EnrollmentRule } from '../model/enrollment-policy.ts';
import type { Facts } from '../model/facts.ts';
import type { Rule, RuleHead } from '../model/policy.ts';
import { beforeSignIn, type CompiledPolicy, type PolicySet } from '../policy/rules/compile.ts';
import { findRule, possiblePositions } from '../policy/rules/rules.ts';

/** Under one set of policies, equal rules are one and the same object. */
export interface RulesAhead {
  readonly session: readonly Rule[];
  readonly app: readonly Rule[];
  readonly enrollment: readonly EnrollmentRule[];
}

/** Of one set of policies; rules over networks and hours have few. */
const mostCombinations = 256;

/** Cached by policies, and by the rules that the facts leave open: at most `mostCombinations` of them. */
const combinations = new WeakMap<PolicySet, Map<string, RulesAhead>>();
/** Cached by facts: several questions in a row are about the same ones. */
const found = new WeakMap<Facts, { readonly policies: PolicySet; readonly ahead: RulesAhead }>();

export function rulesAhead(policies: PolicySet, facts: Facts): RulesAhead {
  const known = found.get(facts);
  if (known?.policies === policies) return known.ahead;
  const ahead = findRulesAhead(policies, facts);
  found.set(facts, { policies, ahead });
  return ahead;
}

function findRulesAhead(policies: PolicySet, { subject: _, ...anonymous }: Facts): RulesAhead {
  const { session, app } = policies;
  const enrollment = policies.enrollment && beforeSignIn(policies.enrollment);
  const positionsIn = (policy: CompiledPolicy<RuleHead> | undefined) =>
    policy ? possiblePositions(findRule(policy, anonymous).traces) : [];
  const [inSession, inApp, inEnrollment] = [positionsIn(session), positionsIn(app), positionsIn(enrollment)];
  return cachedIn(combinations, policies, {
    name: [inSession, inApp, inEnrollment].join(';'),
    make: () => ({
      session: inSession.flatMap((at) => session.rules[at]?.rule ?? []),
      app: inApp.flatMap((at) => app?.rules[at]?.rule ?? []),
      enrollment: inEnrollment.flatMap((at) => enrollment?.rules[at]?.rule ?? []),
    }),
  });
}

/** Caches answers that depend on the rules ahead, or on something else, by the question. */
export function cachedAnswers<Answer, Of extends object = RulesAhead>() {
  const answers = new WeakMap<Of, Map<string, Answer>>();
  return (of: Of, name: string, make: () => Answer): Answer => cachedIn(answers, of, { name, make });
}

function cachedIn<Of extends object, One>(
  all: WeakMap<Of, Map<string, One>>,
  of: Of,
  { name, make }: { readonly name: string; readonly make: () => One },
): One {
  const kept = all.get(of) ?? new Map<string, One>();
  const known = kept.get(name);
  if (known !== undefined) return known;
  const made = make();
  if (kept.size >= mostCombinations) kept.clear();
  all.set(of, kept.set(name, made));
  return made;
}
