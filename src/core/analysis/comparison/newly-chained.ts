/**
 * Finds users who newly get in by enrollments that come one after the other, since the account policy asks for one
 * before another (decision 169). A rule that asks for more may name what comes first, and so let in users whom the
 * earlier rule denied. Users with up to three authenticators are put to the evaluator under both configurations.
 */
import type { GovernedChange } from '../../model/account-policy.ts';
import type { Rule, RuleHead } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { findModel, newBudget } from '../space/find-model.ts';
import { pairings, type RulePairing } from '../space/rule-pairings.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import {
  decidingTogether,
  factsFor,
  factsOn,
  type NoFacts,
  type Pairing,
  type PolicySides,
  possiblyDecidingOn,
  type SidesInSpace,
} from './deciding-together.ts';
import { type NewlyEnrolling, shownUser } from './newly-enrolling.ts';
import { couldBefore, type EnrollingSides, newlyAdded } from './opened-by-rules.ts';
import { isOpenAtAccount, rulesAtAccount } from './rules-at-account.ts';
import { type TriedUser, usersWithFew } from './tried-users.ts';

/** The rules that differ of those that decide together. */
export interface ChainingRules {
  readonly rulesBefore: readonly RuleHead[];
  readonly rulesNow: readonly RuleHead[];
}

/** The user sets up `added`, and gets in. */
export interface NewlyChained extends NewlyEnrolling, ChainingRules {}

export interface NewlyChainedSearch {
  readonly found: readonly NewlyChained[];
  /** Rules under which some user might, of whom no example is known. */
  readonly undecided: readonly ChainingRules[];
}

/** Of more combinations of rules, one is named as undecided. */
const mostCombinations = 300;

/** `space`: of the rules of both sides. */
export function newlyChained(sides: EnrollingSides, space: RuleSpace): NewlyChainedSearch {
  const found = new Map<string, NewlyChained>();
  const undecided = new Map<string, ChainingRules>();
  if (!mayChain(sides.next) || isSame(sides)) return { found: [], undecided: [] };
  const examine = examination({ ...sides, space });
  let examined = 0;
  for (const combination of combinationsIn({ ...sides, space })) {
    if (asksTheSame(combination, sides)) continue;
    const rules = rulesThatDiffer(combination);
    const key = JSON.stringify([rules.rulesBefore, rules.rulesNow]);
    if (found.has(key)) continue;
    examined += 1;
    const result = examined > mostCombinations ? 'undecided' : examine(combination);
    if (result === 'undecided') undecided.set(key, rules);
    else if (result) found.set(key, { ...result, ...rules });
    if (examined > mostCombinations) break;
  }
  return {
    found: [...found.values()],
    undecided: [...undecided].flatMap(([key, rules]) => (found.has(key) ? [] : [rules])),
  };
}

/** Some rule of the account policy asks for more than one proof of any kind, which Law 7 asks for anyway. */
function mayChain({ accountPolicy }: PolicySet): boolean {
  return (accountPolicy?.rules ?? []).some(({ then }) => then.kind === 'allow' && !isMetByAny(then.requirement));
}

function isMetByAny(requirement: Extract<Rule['then'], { kind: 'allow' }>['requirement']): boolean {
  const { anyOf = [] } = 'anyOf' in requirement ? requirement : {};
  return anyOf.some(({ factors, demands, maxAge }) => factors === 1 && demands.length === 0 && maxAge === undefined);
}

/** Apart from names and locations, and the order of documents. */
function isSame({ active, next, refused }: EnrollingSides): boolean {
  if (refused !== undefined) return false;
  const written = ({ session, app, enrollment, accountPolicy, minimumAcr, authenticators }: PolicySet) => {
    const rules = [session, app, enrollment].map((policy) => policy?.rules.map(({ rule }) => [rule.when, rule.then]));
    const changes = accountPolicy?.rules.map(({ when, then, change }) => [when, then, change]);
    return JSON.stringify([rules, changes, minimumAcr, authenticators]);
  };
  return written(active) === written(next);
}

/** Rules that decide together, also about enrollments. */
interface RulesTogether extends Pairing {
  readonly beside: readonly PairBeside[];
}

/** Rules about an enrollment, or rules that decide after the sign-in what must be set up. */
interface PairBeside extends RulePairing<RuleHead> {
  /** One of the changes that the same rules are about. */
  readonly change?: GovernedChange;
}

/** All that differ, and possibly others. */
function* combinationsIn(sides: SidesInSpace): Generator<RulesTogether> {
  const beside = [...additionsIn(sides), ...afterSignIn(sides)];
  for (const pair of decidingTogether(sides, sides.space)) yield* extended({ ...pair, beside: [] }, beside, sides);
}

function* extended(
  combination: RulesTogether,
  [pairs, ...others]: readonly (readonly PairBeside[])[],
  sides: SidesInSpace,
): Generator<RulesTogether> {
  if (pairs === undefined) yield combination;
  else if (!asksTheSame(combination, sides) || [pairs, ...others].flat().some(differs))
    for (const pair of pairs) {
      const formulas = [...combination.formulas, ...pair.formulas];
      if (pair.formulas.length > 0 && findModel(formulas, newBudget()) === 'impossible') continue;
      yield* extended({ ...combination, formulas, beside: [...combination.beside, pair] }, others, sides);
    }
}

/** Empty: no rule asks how the user signed in, so that the same rules decide as before it. */
function afterSignIn(sides: SidesInSpace): readonly (readonly PairBeside[])[] {
  const { active, next } = sides;
  if (!active.enrollment?.beforeSignIn && !next.enrollment?.beforeSignIn) return [];
  const rules = [
    possiblyDecidingOn('active', active.enrollment, sides),
    possiblyDecidingOn('next', next.enrollment, sides),
  ] as const;
  return [pairings(...rules)];
}

/** The pairs of rules about each enrollment, once for all those that the same rules are about. */
function additionsIn(sides: SidesInSpace): readonly (readonly PairBeside[])[] {
  const { active, next } = sides;
  const changes = next.authenticators
    .filter(({ enrollable }) => enrollable)
    .flatMap(({ key, maxEnrollments }): readonly GovernedChange[] => [
      { action: 'add', of: key },
      ...(maxEnrollments === 1 ? [{ action: 'change', of: key } as const] : []),
    ]);
  const rulesAbout = (change: GovernedChange) =>
    [active, next].map(({ accountPolicy }) =>
      accountPolicy?.about(change).rules.map(({ rule }) => accountPolicy.rules.indexOf(rule)),
    );
  const once = new Map(changes.toReversed().map((change) => [JSON.stringify(rulesAbout(change)), change]));
  return [...once.values()].map((change) =>
    pairings(
      possiblyDecidingOn('active', active.accountPolicy?.about(change), sides),
      possiblyDecidingOn('next', next.accountPolicy?.about(change), sides),
    ).map((pair) => ({ ...pair, change })),
  );
}

function pairsOf({ before, now, beside }: RulesTogether): readonly PairBeside[] {
  const own = (['session', 'app', 'enrollment'] as const).map((layer) => ({
    ...{ before: before[layer], now: now[layer], formulas: [] },
  }));
  return [...own, ...beside];
}

function differs({ before, now }: PairBeside): boolean {
  return JSON.stringify(termsOf(before)) !== JSON.stringify(termsOf(now));
}

function termsOf(rule: RuleHead | undefined): unknown {
  return rule && 'then' in rule ? rule.then : undefined;
}

function asksTheSame(combination: RulesTogether, { active, next }: PolicySides): boolean {
  const written = (side: 'before' | 'now', { minimumAcr, authenticators }: PolicySet) =>
    JSON.stringify([pairsOf(combination).map((pair) => termsOf(pair[side])), minimumAcr, authenticators]);
  return written('before', active) === written('now', next);
}

function rulesThatDiffer(combination: RulesTogether): ChainingRules {
  const pairs = pairsOf(combination).filter(differs);
  const rules = (side: 'before' | 'now') => [...new Set(pairs.flatMap((pair) => pair[side] ?? []))];
  return { rulesBefore: rules('before'), rulesNow: rules('now') };
}

type Found = NewlyEnrolling | 'undecided' | undefined;

function examination(sides: EnrollingSides & SidesInSpace): (combination: RulesTogether) => Found {
  const { account, space } = sides;
  const users = usersWithFew(sides);
  const isUnsure = isOpenAtAccount(account.policies);
  return (combination) => {
    let isOpen = false;
    for (const { formulas } of rulesAtAccount(combination.before, account, space)) {
      const facts = factsOfCombination({ ...combination, formulas: [...combination.formulas, ...formulas] }, sides);
      if (facts === 'impossible') continue;
      const opened = facts === 'undecided' ? undefined : openedAmong(users, facts, sides);
      if (typeof opened === 'object') return { before: combination.before, now: combination.now, ...opened };
      if (facts === 'undecided' || (opened === 'at_account' && isUnsure)) isOpen = true;
    }
    return isOpen ? 'undecided' : undefined;
  };
}

function factsOfCombination(combination: RulesTogether, sides: SidesInSpace): UserFacts | NoFacts {
  const facts = factsFor(combination, sides);
  if (typeof facts !== 'object') return facts;
  const decides = (side: 'active' | 'next', change: GovernedChange) => {
    const { accountPolicy } = sides[side];
    return accountPolicy && findRule(accountPolicy.about(change), factsOn(side, facts, sides)).rule;
  };
  const isConfirmed = combination.beside.every(
    ({ change, before, now }) => !change || (decides('active', change) === before && decides('next', change) === now),
  );
  return isConfirmed ? facts : 'undecided';
}

type Opened = Pick<NewlyEnrolling, 'facts' | 'proofs' | 'weaker' | 'added'>;

/** `at_account`: only users who could do so before by the pages of the account. */
function openedAmong(
  users: readonly TriedUser[],
  facts: UserFacts,
  sides: EnrollingSides,
): Opened | 'at_account' | undefined {
  let isOpen = false;
  for (const user of users) {
    const newly = newlyAdded(user, facts, sides);
    if (newly === undefined) continue;
    if (!couldBefore(newly, sides)) return { facts, ...shownUser(user), added: newly.added };
    isOpen = true;
  }
  return isOpen ? 'at_account' : undefined;
}
