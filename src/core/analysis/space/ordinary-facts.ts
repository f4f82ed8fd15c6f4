/** Examples that surprise no reader: with as few groups as possible. */
import { type Formula, isYes, negated, type UserFacts, type Variable } from '../../policy/theories/theory.ts';
import {
  askWithin,
  type Consequences,
  consequencesOf,
  findModelFrom,
  findModelWithin,
  isSpent,
  type ModelSearchResult,
  mayBeIn,
  mayHold,
} from './find-model.ts';
import { cachedFormula } from './once-for.ts';
import type { Budget } from './propagate.ts';
import type { ClassModel } from './read-formulas.ts';
import type { RuleSpace } from './rule-space.ts';

/** What formulas are asked with. */
interface Asking extends Pick<RuleSpace, 'reader'> {
  /** The budget for all questions. Absent: each has its own. */
  readonly budget?: Budget;
}

/** Facts in which the formulas hold and the user is in one group at most. Undefined: none are known. */
export function ordinaryFacts(
  formulas: readonly Formula[],
  space: Asking & Pick<RuleSpace, 'factsOf'>,
): UserFacts | undefined {
  if (isSpent(space.budget)) return undefined;
  const follows = askWithin(space.budget, (own) => consequencesOf(formulas, own, space.reader));
  const model = follows === 'impossible' ? undefined : ordinaryModel(formulas, follows, space);
  return model && space.factsOf(model);
}

/** Classes in which the formulas hold and the user is in one group at most. Undefined: none were found. */
function ordinaryModel(
  formulas: readonly Formula[],
  follows: Consequences | 'undecided',
  { reader, budget }: Asking,
): ClassModel | undefined {
  const groups = [...variablesIn(formulas)].filter((variable) => groupOf(variable) !== undefined);
  for (const only of mayBeOnlyOne(groups, follows)) {
    const others = groups.map((group) => (group === only ? isIn(group) : isNotIn(group)));
    const isOpen = follows === 'undecided' || askWithin(budget, (own) => mayHold(follows, others, own));
    const found = isOpen ? findModelWithin([...formulas, ...others], budget, reader) : 'impossible';
    if (typeof found === 'object') return found.model;
  }
  return undefined;
}

const groupPrefix = 'groups.';

/** The name of the group whose members the variable tells apart. Undefined: it is about something else. */
export function groupOf({ name }: Variable): string | undefined {
  return name.startsWith(groupPrefix) ? name.slice(groupPrefix.length) : undefined;
}

/** Cached by variable, so that each is read once. */
const isIn = cachedFormula(isYes);
export const isNotIn = cachedFormula((group: Variable) => negated(isIn(group)));

/** Each group that may be the only one. Undefined: a user of none. */
function mayBeOnlyOne(
  groups: readonly Variable[],
  follows: Consequences | 'undecided',
): readonly (Variable | undefined)[] {
  if (follows === 'undecided') return [undefined, ...groups];
  const [sure, ...more] = groups.filter((group) => !mayBeIn(follows, group, 0));
  if (sure) return more.length > 0 ? [] : [sure];
  return [undefined, ...groups.filter((group) => mayBeIn(follows, group, 1))];
}

/**
 * The first classes that suit in which the formulas hold: those that surprise least, or any. `undecided`: none are
 * known.
 */
export function modelOf(
  formulas: readonly Formula[],
  space: Asking,
  suits: (model: ClassModel) => boolean = () => true,
): ClassModel | 'impossible' | 'undecided' {
  const { follows, ordinary } = firstModelsOf(formulas, space);
  if (follows === 'impossible') return follows;
  if (ordinary && suits(ordinary)) return ordinary;
  const found = anyModel(formulas, space);
  if (typeof found === 'object') return suits(found.model) ? found.model : 'undecided';
  return ordinary ? 'undecided' : found;
}

interface FirstModels {
  readonly reader: RuleSpace['reader'];
  readonly follows: Consequences | 'impossible' | 'undecided';
  readonly ordinary: ClassModel | undefined;
  /** Any model, ordinary or not. Absent until it is needed. */
  any?: ModelSearchResult;
}

/** Cached by formulas: a search for all users and one for some of them begin with the same. */
const firstModels = new WeakMap<readonly Formula[], FirstModels>();

function firstModelsOf(formulas: readonly Formula[], asking: Asking): FirstModels {
  const { reader, budget } = asking;
  const known = firstModels.get(formulas);
  if (known?.reader === reader) return known;
  if (isSpent(budget)) return { reader, follows: 'undecided', ordinary: undefined };
  const follows = askWithin(budget, (own) => consequencesOf(formulas, own, reader));
  const ordinary = follows === 'impossible' ? undefined : ordinaryModel(formulas, follows, asking);
  const models = { reader, follows, ordinary };
  firstModels.set(formulas, models);
  return models;
}

function anyModel(formulas: readonly Formula[], asking: Asking): ModelSearchResult {
  const models = firstModelsOf(formulas, asking);
  const { follows, any } = models;
  const found =
    any ?? (typeof follows === 'object' ? askWithin(asking.budget, (own) => findModelFrom(follows, own)) : follows);
  models.any = found;
  return found;
}

/** Each once. */
export function variablesIn(formulas: readonly Formula[]): ReadonlySet<Variable> {
  const found = new Set<Variable>();
  for (const formula of formulas) for (const variable of variablesOf(formula)) found.add(variable);
  return found;
}

/** Cached by formula: those of the rules are in many questions. */
const ofFormulas = new WeakMap<Formula, ReadonlySet<Variable>>();

function variablesOf(formula: Formula): ReadonlySet<Variable> {
  const known = ofFormulas.get(formula);
  if (known !== undefined) return known;
  const found = new Set<Variable>();
  addVariables(formula, found);
  ofFormulas.set(formula, found);
  return found;
}

function addVariables(formula: Formula, found: Set<Variable>): void {
  if ('variable' in formula) found.add(formula.variable);
  else for (const part of 'all' in formula ? formula.all : formula.any) addVariables(part, found);
}
