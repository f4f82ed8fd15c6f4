/**
 * Finds rules of the session policy that deny the first sign-in of an account, in every network, at every time and to
 * every app, and let the same users in later. A browser becomes known, a place usual and a sign-in the last one only by
 * a sign-in, so such users never get one. What only administrators change about a user stays as it is.
 */
import type { ConditionSet, Conditions } from '../../model/conditions.ts';
import type { Rule } from '../../model/policy.ts';
import { riskSignals } from '../../model/risk.ts';
import type { CompiledPolicy } from '../../policy/rules/compile.ts';
import { conditionSets } from '../../policy/rules/condition-table.ts';
import { withConditionsInside } from '../../policy/rules/expression-parts.ts';
import { findRule } from '../../policy/rules/rules.ts';
import { type Formula, negated, type UserFacts } from '../../policy/theories/theory.ts';
import { boundOf } from '../../policy/values/bound.ts';
import { findModel, newBudget } from '../space/find-model.ts';
import { modelOf, variablesIn } from '../space/ordinary-facts.ts';
import type { ClassModel } from '../space/read-formulas.ts';
import { allowing, type Deciding, deciding } from '../space/rule-combinations.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { asIn, userOf } from './one-user.ts';
import { elsewhere, whereOnlyLastingIsOpen } from './reachable-authenticators.ts';

/** A rule that denies users who have never signed in, wherever they try. */
export interface NeverFirst {
  readonly rule: Rule;
  /** A first sign-in that it denies. */
  readonly facts: UserFacts;
  /** Every user who could exist, all for whom the rule decides at first, or some of these. */
  readonly whom: 'all' | 'selected' | 'some';
}

/** What was found, and the rules for which the search was not finished. */
export interface NeverFirstSearch {
  readonly never: readonly NeverFirst[];
  readonly undecided: readonly Rule[];
}

/**
 * What is true of each first sign-in, as far as these rules ask about the past. Undefined: none does, so that a first
 * sign-in is one like any other.
 */
export function firstSignIn(rules: readonly Conditions[]): Conditions | undefined {
  const sets = withConditionsInside(rules.flatMap(conditionSets));
  const bounds = (name: 'lastSignIn' | 'distance') =>
    sets.flatMap((set) => {
      const one = set[name];
      return one === undefined ? [] : [boundOf(one)];
    });
  const [ages, distances] = [bounds('lastSignIn'), bounds('distance')];
  const asksRisk = sets.some(({ risk }) => risk !== undefined);
  const asksKnown = sets.some(({ device }) => device?.known !== undefined);
  if (!asksRisk && !asksKnown && ages.length + distances.length === 0) return undefined;
  const first: ConditionSet = {
    device: { known: false },
    ...(asksRisk && { risk: { any: ['newDevice' as const], none: comparedWithThePast } }),
    ...(ages.length > 0 && { lastSignIn: { notWithin: Math.max(...ages) } }),
    ...(distances.length > 0 && { distance: { within: Math.min(...distances) } }),
  };
  return first;
}

/** Signals of risk that need an earlier sign-in. */
const comparedWithThePast = riskSignals.filter((signal) => signal !== 'newDevice' && signal !== 'recentFailures');

/** `space`: made of the rules of the policy and of `first`. */
export function neverFirst(policy: CompiledPolicy<Rule>, first: Conditions, space: RuleSpace): NeverFirstSearch {
  const isFirst = [space.applies(first)];
  const allowed = allowing(policy, space);
  const search: Search = { policy, space, isFirst, allowed };
  // Most often some rule lets every new account in.
  const open = allowed.filter(({ formulas }) => findModel([...isFirst, ...formulas], newBudget()) !== 'impossible');
  const never: NeverFirst[] = [];
  const undecided: Rule[] = [];
  for (const candidate of deciding(policy, space).filter(({ rule }) => rule.then.kind === 'deny')) {
    const facts = deniedFirst(candidate, { ...search, open });
    if (facts === 'undecided') undecided.push(candidate.rule);
    else if (facts) never.push({ rule: candidate.rule, facts, whom: whomOf(candidate, { ...search, open }) });
  }
  return { never, undecided };
}

interface Search {
  readonly policy: CompiledPolicy<Rule>;
  readonly space: RuleSpace;
  /** What holds for each first sign-in. */
  readonly isFirst: readonly Formula[];
  /** The rules that allow. */
  readonly allowed: readonly Deciding<Rule>[];
}

interface OpenSearch extends Search {
  /** Those that may let a user in at first. */
  readonly open: readonly Deciding<Rule>[];
}

/** Users to examine; each stands for all whom the same rules let in. */
const mostUsers = 24;

/** A first sign-in that the rule denies, of a user whom no rule lets in at first, and some rule later. */
function deniedFirst(denying: Deciding<Rule>, search: OpenSearch): UserFacts | 'undecided' | undefined {
  const { policy, space, isFirst, allowed, open } = search;
  const rules = [...isFirst, ...denying.formulas];
  const lasting = [...variablesIn([...rules, ...allowed.flatMap(({ formulas }) => formulas)])].filter(
    (variable) => variable.lasting,
  );
  const others: Formula[] = [];
  for (let count = 0; count < mostUsers; count += 1) {
    const model = modelOf([...rules, ...others], space);
    if (model === 'impossible') return undefined;
    if (model === 'undecided') return model;
    const { user: lastingFacts, facts, isShown } = userOf(model, lasting, space);
    const user = asIn(lastingFacts);
    const letIn = firstOf(open, (way) => [...user, ...isFirst, ...way.formulas]);
    if (letIn === 'undecided') return letIn;
    if (letIn) {
      // All users who get in alike, if all other facts are as in the model.
      const alike = letIn.formulas.map((formula) => whereOnlyLastingIsOpen(formula, letIn.model));
      others.push(negated({ all: alike }));
      continue;
    }
    const later = firstOf(allowed, (way) => [...user, ...space.onceProved, ...way.formulas]);
    if (later === 'undecided') return later;
    if (later && isShown && findRule(policy, facts).rule === denying.rule) return facts;
    others.push(negated({ all: user }));
  }
  return 'undecided';
}

function firstOf(
  ways: readonly Deciding<Rule>[],
  formulasOf: (way: Deciding<Rule>) => readonly Formula[],
): { readonly formulas: readonly Formula[]; readonly model: ClassModel } | 'undecided' | undefined {
  for (const way of ways) {
    const found = findModel(formulasOf(way), newBudget());
    if (found === 'undecided') return found;
    if (found !== 'impossible') return { formulas: way.formulas, model: found.model };
  }
  return undefined;
}

function whomOf(denying: Deciding<Rule>, { isFirst, open }: OpenSearch): NeverFirst['whom'] {
  if (open.length === 0) return 'all';
  const isNone = open.every(({ formulas }) => {
    const there = elsewhere();
    const all = [...isFirst, ...denying.formulas, ...[...isFirst, ...formulas].map(there)];
    return findModel(all, newBudget()) === 'impossible';
  });
  return isNone ? 'selected' : 'some';
}
