/** The rules without which a user would not be denied. */

import {
  accountCause,
  decidingAdditionRules,
  enoughAlone,
  withoutTerms,
} from '../../../../core/analysis/accounts/account-cause.ts';
import { type RuleAfterSignIn, ruleAfterSignIn } from '../../../../core/analysis/accounts/after-sign-in-rules.ts';
import { outcomeKey, signInOutcome } from '../../../../core/analysis/simulation/sign-in-outcomes.ts';
import type { RuleCombination } from '../../../../core/analysis/space/rule-combinations.ts';
import type { EnrollmentRule } from '../../../../core/model/enrollment-policy.ts';
import type { Rule, RuleHead } from '../../../../core/model/policy.ts';
import type { CompiledPolicy, PolicySet } from '../../../../core/policy/rules/compile.ts';
import { findRule } from '../../../../core/policy/rules/rules.ts';
import { type UserFacts, withProof } from '../../../../core/policy/theories/theory.ts';
import { hasPast } from '../../../../core/policy/values/risk.ts';

/** The rules without which the users would get in. None: those that let users in ask for what none can have there. */
export interface Cause {
  /** Rules of the account policy that deny. */
  readonly account: readonly Rule[];
  /** Rules of the account policy of which each alone would be enough: they deny only together. */
  readonly together: readonly Rule[];
  /** The rule of the enrollment policy, which denies alone or together with those of the account policy. */
  readonly enrollment?: EnrollmentRule;
}

/** The one that a finding about it is at comes first. */
export function rulesIn({ account, together, enrollment }: Cause): readonly RuleHead[] {
  return [...(enrollment ? [enrollment] : []), ...account, ...together];
}

/** The facts of a user who is denied with these authenticators. */
export interface DeniedUser {
  readonly combination: RuleCombination;
  readonly facts: UserFacts;
  readonly keys: readonly string[];
}

interface FoundCause extends Pick<Cause, 'account' | 'together'>, Pick<KnownCause, 'by'> {}

interface KnownCause extends Readonly<Record<'account' | 'together', readonly number[]>> {
  /** The enrollment rule that decides before the sign-in, or the one that decides after it, is part of the cause. */
  readonly by?: 'before' | 'after';
}

/** Cached by what the rules that decide ask for, whatever the app and the facts: the positions of those rules. */
const causes = new WeakMap<PolicySet['authenticators'], Map<string, KnownCause>>();

export function causeOf(user: DeniedUser, policies: PolicySet): Cause {
  const known = causes.get(policies.authenticators) ?? new Map<string, KnownCause>();
  causes.set(policies.authenticators, known);
  const { combination, facts, keys } = user;
  const rules = decidingAdditionRules(policies, facts);
  const decidedIn = (some: UserFacts) =>
    governedBy(rules, some, policies).map(({ key, rule }) => [key, rules.indexOf(rule)]);
  // Once something is proved, other rules may decide.
  const decided = [decidedIn(facts), hasPast(facts) && decidedIn(withProof(facts))];
  const causeKey = JSON.stringify([keys, outcomeKey(policies, facts), combination.enrollment?.location, decided]);
  const found = known.get(causeKey) ?? positionsIn(rules, findCause(user, rules, policies));
  known.set(causeKey, found);
  const enrollment = found.by && enrollmentRules(user, policies)[found.by];
  const at = (positions: readonly number[]) => rules.filter((_, position) => positions.includes(position));
  return { account: at(found.account), together: at(found.together), ...(enrollment && { enrollment }) };
}

function positionsIn(rules: readonly Rule[], { account, together, by }: FoundCause): KnownCause {
  const positions = (some: readonly Rule[]) => some.map((rule) => rules.indexOf(rule));
  return { account: positions(account), together: positions(together), ...(by && { by }) };
}

/**
 * The rules of the enrollment policy that decide about the user after the sign-in, one after the other, as the user
 * proves more before adding something. Empty: no rule asks how the user signed in.
 */
export function afterSignIn(
  { facts, keys }: Omit<DeniedUser, 'combination'>,
  policies: PolicySet,
): readonly RuleAfterSignIn[] {
  const { signedInWith } = signInOutcome(policies, facts, { keys });
  return signedInWith.flatMap((names) => ruleAfterSignIn(policies, facts, names) ?? []);
}

function enrollmentRules(
  user: DeniedUser,
  policies: PolicySet,
): Readonly<Record<'before' | 'after', EnrollmentRule | undefined>> {
  return { before: user.combination.enrollment, after: afterSignIn(user, policies).at(-1)?.rule };
}

/** Rules of the account policy alone, a rule of the enrollment policy alone, or both. */
function findCause(user: DeniedUser, rules: readonly Rule[], policies: PolicySet): FoundCause {
  const isDeniedBy = (some: PolicySet) => signInOutcome(some, user.facts, { keys: user.keys }).isDenied;
  const account = accountCause(policies, rules, isDeniedBy);
  if (account.length > 0) {
    const [first] = account;
    // Those before the first that is enough alone are not enough.
    const others = first && account.length === 1 ? rules.slice(rules.indexOf(first) + 1) : [];
    return { account, together: enoughAlone(policies, others, isDeniedBy) };
  }
  const { before, after } = enrollmentRules(user, policies);
  for (const [by, rule] of [
    ['before', before],
    ['after', after],
  ] as const) {
    if (rule === undefined || (by === 'after' && rule === before)) continue;
    const open = withoutTerms(policies, rule);
    if (!isDeniedBy(open)) return { account: [], together: [], by };
    const both = accountCause(open, rules, isDeniedBy);
    if (both.length > 0) return { account: both, together: [], by };
  }
  return { account: [], together: [] };
}

/** What these rules of the account policy decide about, in these facts. */
export function governedBy(rules: readonly Rule[], facts: UserFacts, { accountPolicy, authenticators }: PolicySet) {
  return authenticators.flatMap(({ key, enrollable }) => {
    const policy = enrollable ? accountPolicy?.about({ action: 'add', of: key }) : undefined;
    const rule = policy && findRule(policy, facts).rule;
    return policy && rule && rules.includes(rule) ? [{ key, policy, rule } satisfies DecidingAdditionRule] : [];
  });
}

/** A rule that decides in a policy about adding an authenticator. */
export interface DecidingAdditionRule {
  readonly key: string;
  readonly policy: CompiledPolicy;
  readonly rule: Rule;
}
