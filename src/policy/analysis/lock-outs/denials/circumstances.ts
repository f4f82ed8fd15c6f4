/**
 * The circumstances in which users of a rule combination are denied with what a new account has. A circumstance is a
 * combination of the rules of the account policy that say who may add an authenticator, and of the enrollment rule
 * after the sign-in. One that lets the user in stands for all with the same terms for what was added.
 */
import { afterSignInFormulas, type RuleAfterSignIn } from '../../../../core/analysis/accounts/after-sign-in-rules.ts';
import { signInOutcome } from '../../../../core/analysis/simulation/sign-in-outcomes.ts';
import {
  askWithin,
  consequencesOf,
  consequencesWith,
  findModelFrom,
  isSpent,
  type ModelSearchResult,
} from '../../../../core/analysis/space/find-model.ts';
import type { ClassModel } from '../../../../core/analysis/space/read-formulas.ts';
import { decideTogether, type RuleCombination } from '../../../../core/analysis/space/rule-combinations.ts';
import { notAll } from '../../../../core/analysis/space/rule-space.ts';
import type { Formula, UserFacts } from '../../../../core/policy/theories/theory.ts';
import type { AnalysedApp } from '../../analysed/analysed-apps.ts';
import {
  type AdditionChoice,
  choicesKey,
  choicesOfAdded,
  choicesOfCause,
  formulasOfChoices,
} from './addition-choices.ts';
import { afterSignIn, type Cause, causeOf } from './denial-cause.ts';

/** Which rules decide. Users for whom they do have the same outcome, and are denied by the same rules. */
export interface AdditionCircumstance {
  readonly choices: readonly AdditionChoice[];
  /** Of the enrollment policy, one after the other. Empty: no rule asks how the user signed in. */
  readonly afterSignIn: readonly RuleAfterSignIn[];
}

/** What must hold for it. */
export function formulasOfCircumstance(
  { choices, afterSignIn: stages }: AdditionCircumstance,
  { policies, space }: Pick<AnalysedApp, 'policies' | 'space'>,
): readonly Formula[] {
  return [
    ...stages.flatMap((stage) => afterSignInFormulas(stage, policies, space)),
    ...formulasOfChoices(choices, policies, space),
  ];
}

/** The same for equal circumstances. */
export function circumstanceKey({ choices, afterSignIn: stages }: AdditionCircumstance): string {
  return JSON.stringify([choicesKey(choices), stages.map(({ rule, signedInWith }) => [rule.location, signedInWith])]);
}

/** Facts of users who are denied, and the rules that are the cause. */
export interface DeniedThere {
  readonly facts: UserFacts;
  readonly cause: Cause;
  /** What decides after the sign-in, in the end. Absent: no rule asks how the user signed in. */
  readonly after?: RuleAfterSignIn;
  /** Others in it are denied by the same. Absent: not known. */
  readonly alike?: AdditionCircumstance;
}

export interface DenialSearch {
  readonly denied: readonly DeniedThere[];
  /** Those in which users are let in. */
  readonly letIn: readonly AdditionCircumstance[];
  /** Other circumstances may be denied: the steps of the search did not suffice. */
  readonly isPartial: boolean;
}

/** The largest number of circumstances of one rule combination. */
const mostCombinations = 256;

/** What is searched. */
export interface CircumstancesOf {
  readonly app: AnalysedApp;
  readonly combination: RuleCombination;
  /** The authenticators that a new account has. */
  readonly keys: readonly string[];
  /** What else must hold of circumstances that are searched. */
  readonly besides: readonly Formula[];
  /** What must hold of others as well, once this denial is found. */
  readonly alsoBesides?: (denied: DeniedThere) => readonly Formula[];
}

/** Takes its steps from the app's `denialBudget`. */
export function deniedCircumstances(search: CircumstancesOf): DenialSearch {
  const { app, combination, keys, besides, alsoBesides } = search;
  const denied: DeniedThere[] = [];
  const letIn: AdditionCircumstance[] = [];
  const others = modelsBesides([...combination.formulas, ...besides], app);
  const begin = besides.length > 0 ? others.next() : undefined;
  if (begin === 'impossible') return { denied, letIn, isPartial: false };
  let { model, facts } = shownIn(begin, search) ?? { model: new Map(), facts: combination.facts };
  for (let count = 0; ; count += 1) {
    if (count === mostCombinations) return { denied, letIn, isPartial: true };
    const { alike, ...outcome } = examined({ ...combination, facts }, app, keys);
    const formulas = formulasOfCircumstance(alike, app);
    // Otherwise no values were found for which the parts of expressions are as in the model.
    const isShown = formulas.every((formula) => mayHoldIn(formula, model));
    const { cause, after } = outcome;
    const found = cause && { facts, cause, ...(after && { after }), ...(isShown && { alike }) };
    if (found) denied.push(found);
    else if (isShown) letIn.push(alike);
    others.exclude([
      notAll(isShown ? formulas : app.space.opaquePartsAs(model)),
      ...((found && alsoBesides?.(found)) ?? []),
    ]);
    const next = others.next();
    if (next === 'undecided') return { denied, letIn, isPartial: true };
    const shown = shownIn(next, search);
    if (shown === undefined) break;
    ({ model, facts } = shown);
  }
  return { denied, letIn, isPartial: false };
}

/** Facts for which the evaluator finds other rules show nothing. */
function shownIn(
  found: ModelSearchResult | undefined,
  { app: { policies, space }, combination }: CircumstancesOf,
): { readonly model: ClassModel; readonly facts: UserFacts } | undefined {
  if (typeof found !== 'object') return undefined;
  const facts = space.factsOf(found.model);
  return decideTogether(policies, combination, facts) ? { model: found.model, facts } : undefined;
}

/**
 * Models of the formulas, besides those that are excluded. What follows from each formula is drawn once, and its steps
 * are taken once.
 */
function modelsBesides(formulas: readonly Formula[], { denialBudget, space: { reader } }: AnalysedApp) {
  let follows = isSpent(denialBudget)
    ? ('undecided' as const)
    : askWithin(denialBudget, (own) => consequencesOf(formulas, own, reader));
  return {
    exclude: (excluding: readonly Formula[]): void => {
      const before = follows;
      if (typeof before === 'object')
        follows = askWithin(denialBudget, (own) => consequencesWith(before, excluding, own));
    },
    next: (): ModelSearchResult => {
      const from = follows;
      return typeof from === 'object'
        ? askWithin(denialBudget, (own) => findModelFrom({ ...from, steps: 0 }, own))
        : from;
    },
  };
}

function mayHoldIn(formula: Formula, model: ClassModel): boolean {
  if ('all' in formula) return formula.all.every((part) => mayHoldIn(part, model));
  if ('any' in formula) return formula.any.some((part) => mayHoldIn(part, model));
  const position = model.get(formula.variable);
  return position === undefined || ((formula.classes >> BigInt(position)) & 1n) === 1n;
}

interface Examined extends Partial<Pick<DeniedThere, 'cause' | 'after'>> {
  /** Without a cause the user is let in. */
  readonly alike: AdditionCircumstance;
}

function examined(combination: RuleCombination, { policies }: AnalysedApp, keys: readonly string[]): Examined {
  const { facts } = combination;
  const user = { combination, facts, keys };
  const stages = afterSignIn(user, policies);
  const after = stages.at(-1);
  const { isDenied, added } = signInOutcome(policies, facts, { keys });
  if (!isDenied) return { alike: { afterSignIn: stages, choices: choicesOfAdded(added, facts, policies) } };
  const cause = causeOf(user, policies);
  return {
    cause,
    ...(after && { after }),
    alike: { afterSignIn: stages, choices: choicesOfCause(cause, facts, policies) },
  };
}
