/**
 * The circumstances in which users of a rule combination are denied with what a new account has. A circumstance is a
 * combination of the rules of the account policy that say who may add an authenticator, and of the enrollment rule
 * after the sign-in. One that lets the user in stands for all with the same terms for what was added.
 */
import { afterSignInFormulas, type RuleAfterSignIn } from '../../../core/analysis/accounts/after-sign-in-rules.ts';
import { signInOutcome } from '../../../core/analysis/simulation/sign-in-outcomes.ts';
import {
  askWithin,
  consequencesOf,
  consequencesWith,
  findModelFrom,
  isSpent,
  type ModelSearchResult,
} from '../../../core/analysis/space/find-model.ts';
import type { ClassModel } from '../../../core/analysis/space/read-formulas.ts';
import { decideTogether, deciding, type RuleCombination } from '../../../core/analysis/space/rule-combinations.ts';
import { notAll } from '../../../core/analysis/space/rule-space.ts';
import type { Rule } from '../../../core/model/policy.ts';
import type { CompiledPolicy, PolicySet } from '../../../core/policy/rules/compile.ts';
import { findRule } from '../../../core/policy/rules/rules.ts';
import type { Formula, UserFacts } from '../../../core/policy/theories/theory.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { afterSignIn, type Cause, causeOf, governedBy } from './denial-cause.ts';

/** Facts of users who are denied, and the rules that are the cause. */
export interface DeniedThere {
  readonly facts: UserFacts;
  readonly cause: Cause;
  /** What decides after the sign-in, in the end. Absent: no rule asks how the user signed in. */
  readonly after?: RuleAfterSignIn;
  /** What must hold for others to be denied by the same. Absent: not known. */
  readonly alike?: readonly Formula[];
}

export interface DenialSearch {
  readonly denied: readonly DeniedThere[];
  /** What must hold for users to be let in as one was who was examined. */
  readonly letIn: readonly (readonly Formula[])[];
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
  /** Circumstances that need not be searched. If there are others, the first facts are looked at all the same. */
  readonly known: readonly Formula[];
}

/** Takes its steps from the app's `denialBudget`. */
export function deniedCircumstances({ app, combination, keys, known: before }: CircumstancesOf): DenialSearch {
  const denied: DeniedThere[] = [];
  const letIn: (readonly Formula[])[] = [];
  const others = modelsBesides([...combination.formulas, ...before], app);
  if (before.length > 0 && others.next() === 'impossible') return { denied, letIn, isPartial: false };
  let facts: UserFacts | undefined = combination.facts;
  let model: ClassModel = new Map();
  for (let count = 0; facts !== undefined; count += 1) {
    if (count === mostCombinations) return { denied, letIn, isPartial: true };
    const { cause, after, alike } = examined({ ...combination, facts }, app, keys);
    // Otherwise no values were found for which the parts of expressions are as in the model.
    const isShown = alike.every((formula) => mayHoldIn(formula, model));
    if (cause) denied.push({ facts, cause, ...(after && { after }), ...(isShown && { alike }) });
    else if (isShown) letIn.push(alike);
    others.exclude(notAll(isShown ? alike : app.space.opaquePartsAs(model)));
    const found = others.next();
    if (found === 'undecided') return { denied, letIn, isPartial: true };
    if (found === 'impossible') break;
    model = found.model;
    facts = app.space.factsOf(model);
    // Facts for which the evaluator finds other rules show nothing.
    if (!decideTogether(app.policies, combination, facts)) facts = undefined;
  }
  return { denied, letIn, isPartial: false };
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
    exclude: (excluding: Formula): void => {
      const before = follows;
      if (typeof before === 'object')
        follows = askWithin(denialBudget, (own) => consequencesWith(before, [excluding], own));
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

interface Examined extends Partial<Omit<DeniedThere, 'facts'>> {
  /** Facts that match these have the same outcome. Without a cause the user is let in. */
  readonly alike: readonly Formula[];
}

function examined(combination: RuleCombination, { policies, space }: AnalysedApp, keys: readonly string[]): Examined {
  const user = { combination, facts: combination.facts, keys };
  const stages = afterSignIn(user, policies);
  const after = stages.at(-1);
  const asked = stages.flatMap((stage) => afterSignInFormulas(stage, policies, space));
  const { isDenied, added } = signInOutcome(policies, combination.facts, { keys });
  if (!isDenied)
    return { alike: [...asked, ...added.flatMap((key) => sameTerms(key, combination.facts, { policies, space }))] };
  const cause = causeOf(user, policies);
  const governed = governedBy([...cause.account, ...cause.together], combination.facts, policies);
  const rules = governed.flatMap(({ policy, rule }) =>
    readIn(policy, space).rules.flatMap((each) => (each.rule === rule ? each.formulas : [])),
  );
  const others = noOthersAbove(cause, combination.facts, { policies, space });
  return { cause, ...(after && { after }), alike: [...asked, ...rules, ...others] };
}

/**
 * What must hold so that above the first rule of the cause no other rules decide about additions than in these facts:
 * one of them may be enough alone, and so be the cause.
 */
function noOthersAbove(
  { account, together }: Cause,
  facts: UserFacts,
  { policies, space }: Pick<AnalysedApp, 'policies' | 'space'>,
): readonly Formula[] {
  const { accountPolicy, authenticators } = policies;
  const all = accountPolicy?.rules ?? [];
  const first = all.findIndex((rule) => account.includes(rule) || together.includes(rule));
  if (first < 0) return [];
  const added = authenticators.filter(({ enrollable }) => enrollable);
  const abouts = new Set(added.flatMap(({ key: of }) => accountPolicy?.about({ action: 'add', of }) ?? []));
  return [...abouts].flatMap((about) => {
    const here = findRule(about, facts).rule;
    const isMeant = (rule: Rule) => rule === here || all.indexOf(rule) >= first;
    const isOneAbove = about.rules.some(({ rule }) => !isMeant(rule));
    const at = here === undefined ? -1 : all.indexOf(here);
    return isOneAbove ? [oneDecides(about, space, { isMeant, key: `${first} ${Math.min(at, first)}` })] : [];
  });
}

/** What must hold so that a rule of the account policy with the same terms for adding it decides. */
function sameTerms(
  of: string,
  facts: UserFacts,
  { policies, space }: Pick<AnalysedApp, 'space'> & { readonly policies: PolicySet },
): readonly Formula[] {
  const about = policies.accountPolicy?.about({ action: 'add', of });
  const terms = about && JSON.stringify(findRule(about, facts).rule?.then);
  if (about === undefined || terms === undefined) return [];
  const isMeant = (rule: Rule) => JSON.stringify(rule.then) === terms;
  return [oneDecides(about, space, { isMeant, key: terms })];
}

/** `key`: the same for the same rules. */
interface MeantRules {
  readonly isMeant: (rule: Rule) => boolean;
  readonly key: string;
}

/** What must hold so that one of the rules that are meant decides. */
function oneDecides(policy: CompiledPolicy, space: AnalysedApp['space'], { isMeant, key }: MeantRules): Formula {
  const { rules, oneOf } = readIn(policy, space);
  const known = oneOf.get(key);
  if (known) return known;
  const meant = rules.filter(({ rule }) => isMeant(rule));
  const formula = { any: meant.map(({ formulas }) => ({ all: formulas })) };
  oneOf.set(key, formula);
  return formula;
}

interface RulesInSpace {
  readonly rules: ReturnType<typeof deciding<Rule>>;
  /** What must hold so that one of some rules decides, by their key. */
  readonly oneOf: Map<string, Formula>;
}

/** Cached by rule space and policy: each circumstance of an app asks for them. */
const readPolicies = new WeakMap<AnalysedApp['space'], Map<CompiledPolicy, RulesInSpace>>();

function readIn(policy: CompiledPolicy, space: AnalysedApp['space']): RulesInSpace {
  const known = readPolicies.get(space) ?? new Map<CompiledPolicy, RulesInSpace>();
  readPolicies.set(space, known);
  const found = known.get(policy) ?? { rules: deciding(policy, space), oneOf: new Map<string, Formula>() };
  known.set(policy, found);
  return found;
}
