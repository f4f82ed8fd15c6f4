/** Searches for users who are denied with what their account begins with, and for the rules that are the cause. */
import { accountCause, additionRules, withoutTerms } from '../../core/analysis/account-cause.ts';
import { findModel, newBudget } from '../../core/analysis/find-model.ts';
import { endsInDenial, isLockedOut } from '../../core/analysis/lock-outs.ts';
import { deciding, type PolicyCase } from '../../core/analysis/policy-cases.ts';
import type { ShutOut } from '../../core/analysis/shut-out.ts';
import type { EnrollmentRule } from '../../core/model/enrollment-policy.ts';
import type { Rule, RuleHead } from '../../core/model/policy.ts';
import type { PolicySet } from '../../core/policy/compile.ts';
import { findRule } from '../../core/policy/rules.ts';
import type { UserFacts } from '../../core/policy/theory.ts';
import type { AnalysedApp } from './analysed-apps.ts';

/** What an account begins with. */
export interface Beginning {
  readonly keys: readonly string[];
  readonly how: string;
}

/** The rules without which the users would get in. None: those that let users in ask for what none can have there. */
export interface Cause {
  /** Of the account policy. */
  readonly account: readonly Rule[];
  /** Of the enrollment policy, alone or together with those of the account policy. */
  readonly enrollment?: EnrollmentRule;
}

/** Rules that let a newcomer in, who is denied in the end all the same. */
export interface Denied {
  readonly app: AnalysedApp;
  readonly one: PolicyCase;
  readonly beginning: Beginning;
  readonly facts: UserFacts;
  readonly cause: Cause;
  /** Users whom nothing leads in that their account can come to have. Absent: there are none. */
  readonly forGood?: ShutOut;
}

export interface NewcomerSearch {
  readonly denied: readonly Denied[];
  /** Rules of the account policy of which the steps of the search did not suffice to tell whom they shut out. */
  readonly open: readonly Rule[];
}

/** Whom the rules that are the cause shut out for good. */
export type FindForGood = (denied: Omit<Denied, 'forGood'>) => ShutOut | 'undecided' | undefined;

/** One for each cause, with what an account has that was imported with a password and an address, or registered. */
export function deniedIn(one: PolicyCase, app: AnalysedApp, findForGood: FindForGood): NewcomerSearch {
  if (isLockedOut(app.policies, one)) return { denied: [], open: [] };
  const { everywhere, open } = circumstancesOf(one, app);
  for (const beginning of beginningsAt(app)) {
    const { keys } = beginning;
    const facts =
      keys.length > 0 ? everywhere.filter((some) => isDenied({ ...one, facts: some }, app.policies, keys)) : [];
    if (facts.length > 0) return byCause({ app, one, beginning }, facts, findForGood);
  }
  return { denied: [], open };
}

function byCause(
  start: Pick<Denied, 'app' | 'one' | 'beginning'>,
  all: readonly UserFacts[],
  findForGood: FindForGood,
): NewcomerSearch {
  const { app, one, beginning } = start;
  const causes = new Map<string, Omit<Denied, 'forGood'>>();
  for (const facts of all) {
    const cause = causeOf({ one, facts, keys: beginning.keys }, app);
    const key = JSON.stringify(rulesIn(cause).map(({ location }) => location));
    if (!causes.has(key)) causes.set(key, { ...start, facts, cause });
  }
  const open: Rule[] = [];
  const denied = [...causes.values()].map((found): Denied => {
    const forGood = findForGood(found);
    if (forGood === 'undecided') open.push(...found.cause.account);
    return typeof forGood === 'object' ? { ...found, forGood } : found;
  });
  return { denied, open };
}

/** The one that a finding about it is at comes first. */
export function rulesIn({ account, enrollment }: Cause): readonly RuleHead[] {
  return [...(enrollment ? [enrollment] : []), ...account];
}

interface Tried {
  readonly one: PolicyCase;
  readonly facts: UserFacts;
  readonly keys: readonly string[];
}

interface KnownCause {
  readonly account: readonly Rule[];
  readonly isByEnrollment: boolean;
}

/** By the rules that decide: they ask for the same, whatever the facts. */
const causes = new WeakMap<PolicySet, Map<string, KnownCause>>();

function causeOf({ one, facts, keys }: Tried, { policies }: AnalysedApp): Cause {
  const known = causes.get(policies) ?? new Map<string, KnownCause>();
  causes.set(policies, known);
  const rules = additionRules(policies, facts);
  const key = JSON.stringify([keys, termsKey(one, facts, policies), rules.map(({ location }) => location)]);
  const found = known.get(key) ?? findCause({ one, facts, keys }, rules, policies);
  known.set(key, found);
  const { account, isByEnrollment } = found;
  return { account, ...(isByEnrollment && one.enrollment && { enrollment: one.enrollment }) };
}

/** Rules of the account policy alone, the rule of the enrollment policy alone, or both. */
function findCause({ one, facts, keys }: Tried, rules: readonly Rule[], policies: PolicySet): KnownCause {
  const isDeniedBy = (some: PolicySet) => endsInDenial(some, facts, keys);
  const account = accountCause(policies, rules, isDeniedBy);
  if (account.length > 0 || one.enrollment === undefined) return { account, isByEnrollment: false };
  const open = withoutTerms(policies, one.enrollment);
  if (!isDeniedBy(open)) return { account: [], isByEnrollment: true };
  const both = accountCause(open, rules, isDeniedBy);
  return { account: both, isByEnrollment: both.length > 0 };
}

/** Facts of the case, and of it wherever another rule of the account policy says who may add an authenticator. */
function circumstancesOf({ facts, formulas }: PolicyCase, { policies, space }: AnalysedApp) {
  const { accountPolicy, authenticators } = policies;
  const everywhere = [facts];
  const open: Rule[] = [];
  for (const { key } of authenticators) {
    const rules = accountPolicy ? deciding(accountPolicy.about({ action: 'add', of: key }), space) : [];
    for (const { rule, formulas: own } of rules) {
      const found = findModel([...formulas, ...own], newBudget());
      if (typeof found === 'object') everywhere.push(space.factsOf(found.model));
      if (found === 'undecided') open.push(rule);
    }
  }
  return { everywhere, open };
}

/** What accounts begin with. Users register where the profile policy of the app lets them. */
function beginningsAt({ policies: { authenticators, profile } }: AnalysedApp): readonly Beginning[] {
  const keysOf = (begins: (one: Marks) => boolean) => authenticators.filter(begins).map(({ key }) => key);
  const terms = profile?.rules.flatMap(({ rule }) => rule.then.registration ?? []) ?? [];
  const both = keysOf((one) => one.underPasswordPolicy ?? one.registers ?? false);
  const addressAlone = keysOf((one) => one.registers ?? false);
  return [
    { how: 'an import', keys: both },
    ...(terms.some(({ password }) => !password) ? [{ how: 'a registration', keys: addressAlone }] : []),
  ];
}

interface Marks {
  readonly underPasswordPolicy?: true;
  readonly registers?: true;
}

/** Answers by rules and keys: the same rules ask for the same. Those of the account policy are found by the facts. */
const answersOf = new WeakMap<PolicySet, Map<string, boolean>>();

/** The user is denied in the end with these authenticators. */
export function isDenied(one: PolicyCase, policies: PolicySet, keys: readonly string[]): boolean {
  const answers = answersOf.get(policies) ?? new Map<string, boolean>();
  answersOf.set(policies, answers);
  const governing = policies.authenticators.map(({ key: of }) => {
    return (
      policies.accountPolicy && findRule(policies.accountPolicy.about({ action: 'add', of }), one.facts).rule?.then
    );
  });
  const key = JSON.stringify([keys, governing, termsKey(one, one.facts, policies)]);
  const denied = answers.get(key) ?? endsInDenial(policies, one.facts, keys);
  answers.set(key, denied);
  return denied;
}

function termsKey({ session, app, enrollment }: PolicyCase, facts: UserFacts, policies: PolicySet): string {
  // Before the first proof the past does not count, and other rules may decide.
  const before = { ...facts, evidence: [] };
  const first = [policies.session, policies.app].map((policy) => policy && findRule(policy, before).rule?.then);
  return JSON.stringify([session.then, app.then, enrollment?.then, first]);
}
