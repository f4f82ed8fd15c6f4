/** The rules that decide together before and after a change, also about enrollments and after the sign-in. */
import type { AccountRule, ChangeAction, GovernedChange } from '../../model/account-policy.ts';
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { Rule, RuleHead } from '../../model/policy.ts';
import { compileAccountPolicy } from '../../policy/rules/account-policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { findModel, newBudget } from '../space/find-model.ts';
import { pairings, type RulePairing } from '../space/rule-pairings.ts';
import { haveSameAuthenticators } from './common-authenticators.ts';
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
import { termsText } from './evaluation-key.ts';
import { decidingAlone } from './opened-by-rules.ts';

/** Rules that decide together, also about enrollments. */
export interface RulesTogether extends Pairing {
  readonly beside: readonly PairBeside[];
}

/** Rules about an enrollment, or rules that decide after the sign-in what must be set up. */
type PairBeside = AdditionPair | (RulePairing<EnrollmentRule> & { readonly changes?: undefined });

interface AdditionPair extends RulePairing<Rule> {
  /** The changes that the same rules are about. */
  readonly changes: readonly GovernedChange[];
}

/** The rules that differ of those that decide together. */
export interface SequenceRules {
  readonly rulesBefore: readonly RuleHead[];
  readonly rulesNow: readonly RuleHead[];
}

/** All that differ, and possibly others. */
export function* differingTogether(sides: SidesInSpace): Generator<RulesTogether> {
  // What differs comes first, so that where nothing does, the others need not be combined.
  const beside = [...additionsIn(sides), ...afterSignIn(sides)].toSorted(
    (one, other) => Number(other.some(differs)) - Number(one.some(differs)),
  );
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
      if (pair.formulas.length > 0 && findModel(formulas, newBudget(), sides.space.reader) === 'impossible') continue;
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
  return [pairings(...rules, sides.space)];
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
  const classes = Map.groupBy(changes, (change) => JSON.stringify(rulesAbout(change)));
  return [...classes.values()].map((alike) =>
    alike
      .slice(0, 1)
      .flatMap((change) =>
        pairings(
          possiblyDecidingOn('active', active.accountPolicy?.about(change), sides),
          possiblyDecidingOn('next', next.accountPolicy?.about(change), sides),
          sides.space,
        ).map((pair) => ({ ...pair, changes: alike })),
      ),
  );
}

function pairsOf({ before, now, beside }: RulesTogether): readonly RulePairing<RuleHead>[] {
  const own = (['session', 'app', 'enrollment'] as const).map((layer) => ({
    ...{ before: before[layer], now: now[layer], formulas: [] },
  }));
  return [...own, ...beside];
}

function differs({ before, now }: Pick<RulePairing<RuleHead>, 'before' | 'now'>): boolean {
  return (before && termsText(before)) !== (now && termsText(now));
}

export function asksTheSame(combination: RulesTogether, { active, next }: PolicySides): boolean {
  const isSame = active.minimumAcr === next.minimumAcr && haveSameAuthenticators({ active, next });
  return isSame && !pairsOf(combination).some(differs);
}

export function rulesThatDiffer(combination: RulesTogether): SequenceRules {
  const pairs = pairsOf(combination).filter(differs);
  const rules = (side: 'before' | 'now') => [...new Set(pairs.flatMap((pair) => pair[side] ?? []))];
  return { rulesBefore: rules('before'), rulesNow: rules('now') };
}

/** Facts for which the evaluator says that these rules decide. */
export function factsOfRules(combination: RulesTogether, sides: SidesInSpace): UserFacts | NoFacts {
  const facts = factsFor(combination, sides);
  if (typeof facts !== 'object') return facts;
  const decides = (side: 'active' | 'next', change: GovernedChange) => {
    const { accountPolicy } = sides[side];
    return accountPolicy && findRule(accountPolicy.about(change), factsOn(side, facts, sides)).rule;
  };
  const isConfirmed = combination.beside.every(({ changes: [change] = [], before, now }) => {
    return !change || (decides('active', change) === before && decides('next', change) === now);
  });
  return isConfirmed ? facts : 'undecided';
}

/** The policies of a side if these rules decide for every user. */
export function policiesOfRules(
  side: 'before' | 'now',
  { beside, ...pair }: RulesTogether,
  policies: PolicySet,
): PolicySet {
  const rules = beside.flatMap((besides): readonly AccountRule[] => {
    if (besides.changes === undefined) return [];
    const { changes, [side]: rule } = besides;
    const named = (action: ChangeAction) => changes.flatMap((change) => (change.action === action ? [change.of] : []));
    return rule ? [{ ...rule, when: {}, change: { add: named('add'), change: named('change') } }] : [];
  });
  const alone = decidingAlone(pair[side], policies);
  return policies.accountPolicy ? { ...alone, accountPolicy: compileAccountPolicy({ name: 'alone', rules }) } : alone;
}
