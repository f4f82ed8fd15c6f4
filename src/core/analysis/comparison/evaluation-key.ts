/** What the evaluator's answers depend on, so that a question about many apps and users is asked once. */
import type { Conditions } from '../../model/conditions.ts';
import type { RuleHead } from '../../model/policy.ts';
import type { CompiledPolicy, CompiledRule, PolicySet } from '../../policy/rules/compile.ts';
import { conditionSets } from '../../policy/rules/condition-table.ts';
import { findRule } from '../../policy/rules/rules.ts';
import { type UserFacts, withProof } from '../../policy/theories/theory.ts';
import { hasPast } from '../../policy/values/risk.ts';

type AnyPolicy = CompiledPolicy<RuleHead & { readonly then: object }> | undefined;

/**
 * Equal keys, beside equal `textBesidePolicies`: the evaluator says the same of users who prove the same and have the
 * same, whatever they set up. Rules count by what they say, not by their names. The key has what the evaluator itself
 * reads of the facts. All else is up to conditions, whose rules are found here.
 */
export function evaluationKey(policies: PolicySet, { signedInWith: _, ...facts }: UserFacts): string {
  const before = { ...facts, evidence: [] };
  // Before the first proof the past does not count, and other rules may decide.
  const moments = hasPast(before) ? [before, withProof(before)] : [withProof(before)];
  const { clientId, ...request } = facts.request;
  const { id, identifiers, groups, userType, profile, ...subject } = facts.subject;
  const { known, remembered, lastUsed } = facts.device;
  const all = policiesIn(policies);
  return JSON.stringify([
    moments.map((moment) => all.map((policy) => rulingText(policy, moment))),
    ...[facts.now, request, subject, known, remembered, lastUsed],
    // Its requests are for changes of the account, which rules of the account policy are about.
    ...(policies.isAccountApp ? [facts] : []),
  ]);
}

/** The policies that decide, and those about each enrollment. About many of these the same rules decide. */
function policiesIn({ session, app, enrollment, profile, password, accountPolicy, authenticators }: PolicySet) {
  const about = accountPolicy
    ? authenticators.flatMap(({ key, maxEnrollments }): readonly AnyPolicy[] => [
        accountPolicy.about({ action: 'add', of: key }),
        ...(maxEnrollments === 1 ? [accountPolicy.about({ action: 'change', of: key })] : []),
      ])
    : [];
  const rulings: readonly AnyPolicy[] = [session, app, enrollment, profile, password, ...about];
  return rulings;
}

function rulingText(policy: AnyPolicy, facts: UserFacts): string | null {
  if (policy === undefined) return null;
  if (policy.beforeSignIn !== undefined) return JSON.stringify(policy.rules.flatMap((open) => openText(open, facts)));
  const { rule, failed, undecided } = findRule(policy, facts);
  return rule ? termsText(rule) : failed ? 'fails' : undecided ? 'undecided' : 'none';
}

/** A rule that may decide, depending on how the user signs in: what it says, and what it asks about that. */
function openText({ rule, leaves }: CompiledRule<RuleHead & { readonly then: object }>, facts: UserFacts) {
  const results = leaves.map(({ test }) => test(facts));
  const isMissed = rule.when.any === undefined && results.includes('miss');
  return isMissed ? [] : [[termsText(rule), results, askedText(rule.when)]];
}

function askedText(when: Conditions) {
  return conditionSets(when).map((set) => [Object.keys(set), set.authenticated]);
}

/** What the rule says where it decides. */
export function termsText(rule: RuleHead): string {
  return 'then' in rule ? textOf(rule.then as object) : '';
}

/** Cached by object: terms of rules, and authenticators of all apps. */
const texts = new WeakMap<object, string>();

/** As JSON. */
export function textOf(data: object): string {
  const text = texts.get(data) ?? JSON.stringify(data);
  texts.set(data, text);
  return text;
}

/** Cached by policies: they are asked about many users. */
const textsBesidePolicies = new WeakMap<PolicySet, string>();

/** All that is no policy. */
export function textBesidePolicies(policies: PolicySet): string {
  const known = textsBesidePolicies.get(policies);
  if (known !== undefined) return known;
  const { session: _, app: __, enrollment: ___, accountPolicy: ____, ...others } = policies;
  // The evaluator does not read which refresh tokens there may be.
  const { profile: _____, password: ______, recovery: _______, refreshTokens: ________, ...rest } = others;
  const text = JSON.stringify(rest);
  textsBesidePolicies.set(policies, text);
  return text;
}
