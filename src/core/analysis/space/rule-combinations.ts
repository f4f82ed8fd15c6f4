/**
 * How the policies of an app can decide together: every combination of rules of session policy, sign-on policy and
 * enrollment policy that lets a user go on, with facts for which the evaluator says so.
 */
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { Rule, RuleHead } from '../../model/policy.ts';
import { beforeSignIn, type CompiledPolicy, type PolicySet } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import type { Formula, UserFacts } from '../../policy/theories/theory.ts';
import { findModelWithin } from './find-model.ts';
import { ordinaryFacts } from './ordinary-facts.ts';
import type { Budget } from './propagate.ts';
import type { ClassModel } from './read-formulas.ts';
import type { RuleSpace } from './rule-space.ts';
import { haveSameResults } from './same-results.ts';

/** One rule of each policy, all of which decide about one sign-in. */
export interface RuleCombination {
  readonly session: Rule;
  readonly app: Rule;
  /** Absent: there is no enrollment policy. */
  readonly enrollment?: EnrollmentRule;
  readonly facts: UserFacts;
  /** What must hold for it. */
  readonly formulas: readonly Formula[];
}

/** Rules that may decide together, although the evaluator was not seen to find them in any facts. */
export type UnshownCombination = Omit<RuleCombination, 'facts'>;

/** Rules for which it is undecided whether they ever decide together. */
export type UndecidedCombination = Omit<RuleCombination, 'facts' | 'formulas' | 'enrollment'>;

export interface RuleCombinations {
  readonly combinations: readonly RuleCombination[];
  /** Some combination could not be decided, so that what is not among the combinations may still happen. */
  readonly isPartial: boolean;
  /** The combinations that could not be decided. */
  readonly unshown: readonly UnshownCombination[];
  /** Combinations for which the steps of the search did not suffice. */
  readonly open: readonly UndecidedCombination[];
}

/** The budget for all combinations of an app: enough for tens of thousands of them. */
export const combinationSteps = 10_000_000;

/** Rules of which the formulas hold together. */
export interface PossibleCombination extends UnshownCombination {
  /** Absent: the steps of the search did not suffice. */
  readonly model?: ClassModel;
}

/** Only rules that allow. */
export function ruleCombinations(policies: PolicySet, space: RuleSpace, budget?: Budget): RuleCombinations {
  return shownCombinations(possibleCombinations(policies, space, budget), policies, { space, known: new Map() });
}

/** Those of rules that allow. The same for apps from which only opaque parts of expressions tell this one apart. */
export function possibleCombinations(
  { session, app, enrollment }: PolicySet,
  space: RuleSpace,
  budget: Budget = { steps: combinationSteps },
): readonly PossibleCombination[] {
  const enrollments = enrollment ? deciding(beforeSignIn(enrollment), space) : [undefined];
  const inSession = allowing(session, space);
  const inApp = app ? allowing(app, space) : [];
  return inSession.flatMap((sessionRule) =>
    inApp.flatMap((signOnRule) =>
      combinationsOfPair({ session: sessionRule, signOn: signOnRule, enrollments }, space, budget),
    ),
  );
}

/** Whether the evaluator finds the rules in these facts of a model. */
interface Shown {
  readonly facts: UserFacts;
  readonly isShown: boolean;
}

/**
 * Asks the evaluator which of them are found in facts of their models. `known`: what it said of them at the first of
 * the apps that have them in common.
 */
export function shownCombinations(
  possible: readonly PossibleCombination[],
  policies: PolicySet,
  { space, known }: { readonly space: RuleSpace; readonly known: Map<ClassModel, Shown> },
): RuleCombinations {
  const isShown = (rules: UnshownCombination, model: ClassModel, facts: UserFacts): boolean => {
    const before = known.get(model);
    if (before && haveSameResults(before.facts, facts, space)) return before.isShown;
    const shown = { facts, isShown: decideTogether(policies, rules, facts) };
    if (before === undefined) known.set(model, shown);
    return shown.isShown;
  };
  const combinations: RuleCombination[] = [];
  const unshown: UnshownCombination[] = [];
  for (const each of possible) {
    const { model } = each;
    const facts = model && space.factsOf(model);
    if (facts && isShown(each, model, facts)) combinations.push(shownIn(facts, each));
    else unshown.push(each);
  }
  const open = possible.filter(({ model }) => model === undefined).map(({ session, app }) => ({ session, app }));
  const distinct = open.filter((pair, at) => !isSamePair(pair, open[at - 1]));
  return { combinations, isPartial: unshown.length > 0, unshown, open: distinct };
}

function shownIn(facts: UserFacts, { model: _, ...rules }: PossibleCombination): RuleCombination {
  return { ...rules, facts };
}

function isSamePair(pair: UndecidedCombination, before: UndecidedCombination | undefined): boolean {
  return pair.session === before?.session && pair.app === before.app;
}

interface Pair {
  readonly session: Deciding<Rule>;
  readonly signOn: Deciding<Rule>;
  readonly enrollments: readonly (Deciding<EnrollmentRule> | undefined)[];
}

function combinationsOfPair(
  { session, signOn, enrollments }: Pair,
  space: RuleSpace,
  budget: Budget,
): readonly PossibleCombination[] {
  const pair = { session: session.rule, app: signOn.rule };
  const bothFormulas = () => [...space.onceProved, ...session.formulas, ...signOn.formulas];
  const isOver = budget.steps <= 0;
  const both = isOver ? [] : bothFormulas();
  if (!isOver && findModelWithin(both, budget, space.reader) === 'impossible') return [];
  return enrollments.flatMap((enrollment): readonly PossibleCombination[] => {
    const rules = { ...pair, ...(enrollment && { enrollment: enrollment.rule }) };
    if (isOver) return [withFormulas(rules, () => [...bothFormulas(), ...(enrollment?.formulas ?? [])])];
    const formulas = [...both, ...(enrollment?.formulas ?? [])];
    const found = findModelWithin(formulas, budget, space.reader);
    if (found === 'impossible') return [];
    return [{ ...rules, formulas, ...(found !== 'undecided' && { model: found.model }) }];
  });
}

/** Facts of the combination in which the user is in one group at most. Undefined: it takes several. */
export function ordinaryFactsFor({ formulas }: RuleCombination, space: RuleSpace): UserFacts | undefined {
  return ordinaryFacts(formulas, space);
}

/** The evaluator finds these rules in these facts. */
export function decideTogether(
  { session, app, enrollment }: PolicySet,
  rules: Pick<RuleCombination, 'session' | 'app' | 'enrollment'>,
  facts: UserFacts,
): boolean {
  return (
    findRule(session, facts).rule === rules.session &&
    app !== undefined &&
    findRule(app, facts).rule === rules.app &&
    (enrollment === undefined || findRule(beforeSignIn(enrollment), facts).rule === rules.enrollment)
  );
}

/** A rule, and what must hold for it to decide. */
export interface Deciding<Of extends RuleHead> {
  readonly rule: Of;
  readonly formulas: readonly Formula[];
}

/** Every rule of the policy. */
export function deciding<Of extends RuleHead>(policy: CompiledPolicy<Of>, space: RuleSpace): readonly Deciding<Of>[] {
  const rules = policy.rules.map(({ rule }) => rule);
  const applies = rules.map(({ when }) => space.applies(when));
  const misses = rules.map(({ when }) => space.misses(when));
  return rules.map((rule, at) =>
    withFormulas({ rule }, () => [...space.always, applies[at] as Formula, ...misses.slice(0, at)]),
  );
}

/** Formulas are made when they are first asked for: those of all rules of a long policy would take its square. */
function withFormulas<Of extends object>(
  of: Of,
  make: () => readonly Formula[],
): Of & { readonly formulas: readonly Formula[] } {
  let made: readonly Formula[] | undefined;
  return {
    ...of,
    get formulas() {
      made ??= make();
      return made;
    },
  };
}

/** The rules that allow, and what must hold for each to decide. */
export function allowing(policy: CompiledPolicy, space: RuleSpace): readonly Deciding<Rule>[] {
  return deciding(policy, space).filter(({ rule }) => rule.then.kind === 'allow');
}
