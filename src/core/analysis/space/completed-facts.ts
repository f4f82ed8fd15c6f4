/**
 * Facts in which opaque parts of expressions hold, or do not, as a model says. Values are tried, and the part is
 * evaluated with them. What other conditions say of the facts stays as it is.
 */
import type { ConditionName, ConditionOf, ConditionResult, ConditionSet } from '../../model/conditions.ts';
import type { RuleFacts, Seconds } from '../../model/facts.ts';
import type { ConditionDescriptor } from '../../policy/condition-descriptor.ts';
import { conditionDescriptors } from '../../policy/rules/condition-table.ts';
import { momentsIn } from '../../policy/theories/expression-theory.ts';
import type { OpaquePart, Universe, UserFacts } from '../../policy/theories/theory.ts';
import { type ChangedValue, otherValues } from './example-values.ts';
import { type OpaquePartsReading, type WantedResult, wantedResultOf } from './opaque-parts.ts';
import type { ClassModel } from './read-formulas.ts';

export interface CompletedFacts extends Pick<OpaquePartsReading, 'isAsWanted'> {
  readonly opaqueParts: () => readonly OpaquePart[];
  /** All conditions that are asked about. */
  readonly sets: readonly ConditionSet[];
  readonly universe: Universe;
}

/** The most evaluations of parts for one model, and for all models of a space. */
const mostTried = 500;
const mostOfSpace = 20_000;

/** How many facts may differ at once. */
const mostPaths = 3;

/**
 * Returns facts of the model in which its opaque parts have the results that the model gives them. Unchanged if no
 * values are found.
 */
type CompleteFacts = (facts: UserFacts, model: ClassModel) => UserFacts;

/** A completion for each app, with evaluations of its own. */
export function completions({ opaqueParts, isAsWanted, sets, universe }: CompletedFacts): () => CompleteFacts {
  const shared = { opaqueParts, isAsWanted, signatureOf: signatures(sets), valuesFor: valuesToTry(universe) };
  return () => completion(shared);
}

/** What the apps of a space have in common. */
interface ReadOfValues extends Pick<CompletedFacts, 'opaqueParts' | 'isAsWanted'> {
  readonly signatureOf: (facts: UserFacts) => string;
  readonly valuesFor: ReturnType<typeof valuesToTry>;
}

function completion({ opaqueParts, isAsWanted, signatureOf, valuesFor }: ReadOfValues): CompleteFacts {
  const found = new Map<string, readonly ChangedValue[]>();
  let left = mostOfSpace;
  return (facts, model) => {
    const wantedResults = opaqueParts().flatMap((part) => wantedResultOf(part, model));
    const unmet = wantedResults.filter((result) => !isAsWanted(result, facts));
    if (unmet.length === 0) return facts;
    const key = JSON.stringify([wantedResults.map(({ text, wanted }) => [text, wanted]), facts]);
    const known = found.get(key);
    if (known) return changed(facts, known);
    const values = valuesFor(unmet, wantedResults);
    const given = Math.min(mostTried, left);
    const budget = { tries: given };
    const before = signatureOf(facts);
    const isFound = (some: UserFacts) =>
      wantedResults.every((result) => isAsWanted(result, some)) && signatureOf(some) === before;
    const changes = firstChanges(facts, values, { isFound, budget }) ?? [];
    left -= given - Math.max(0, budget.tries);
    found.set(key, changes);
    return changed(facts, changes);
  };
}

type Values = readonly (readonly ChangedValue[])[];

/** For each fact that unmet parts read, its other values; once for the same parts. Equal texts have equal parts. */
function valuesToTry(universe: Universe): (unmet: readonly WantedResult[], all: readonly WantedResult[]) => Values {
  const known = new Map<string, Values>();
  return (unmet, all) => {
    const key = JSON.stringify([unmet, all].map((results) => results.map(({ text }) => text)));
    const paths = [...new Set(unmet.flatMap(({ part }) => part.reads))].slice(0, mostPaths);
    const values = known.get(key) ?? paths.map((path) => otherValues(path, constantsOf(all, path), universe));
    known.set(key, values);
    return values;
  };
}

function changed(facts: UserFacts, changes: readonly ChangedValue[]): UserFacts {
  return changes.reduce((before, change) => change(before), facts);
}

function constantsOf(wanted: readonly WantedResult[], path: string) {
  const about = wanted.flatMap(({ part }) => (part.reads.includes(path) ? [part] : []));
  return { texts: about.flatMap(({ texts }) => texts), numbers: about.flatMap(({ numbers }) => numbers) };
}

interface Search {
  readonly isFound: (facts: UserFacts) => boolean;
  readonly budget: { tries: number };
}

/** Changes of as few facts as possible. */
function firstChanges(facts: UserFacts, values: Values, search: Search): readonly ChangedValue[] | undefined {
  for (let count = 1; count <= values.length; count += 1) {
    const found = changesOf(count, { facts, values, made: [] }, search);
    if (found) return found;
  }
  return undefined;
}

interface Tried {
  readonly facts: UserFacts;
  /** For each fact that may still be changed, its other values. */
  readonly values: Values;
  readonly made: readonly ChangedValue[];
}

/** Changes exactly `count` of the facts. */
function changesOf(count: number, { facts, values, made }: Tried, search: Search): readonly ChangedValue[] | undefined {
  if (count === 0) {
    search.budget.tries -= 1;
    return search.isFound(facts) ? made : undefined;
  }
  for (const [index, changes] of values.entries()) {
    const others = values.slice(index + 1);
    if (others.length < count - 1) return undefined;
    for (const change of changes) {
      if (search.budget.tries <= 0) return undefined;
      const next = { facts: change(facts), values: others, made: [...made, change] };
      const found = changesOf(count - 1, next, search);
      if (found) return found;
    }
  }
  return undefined;
}

/** What the conditions, without expressions, say of facts, and what else tells users apart. */
function signatures(sets: readonly ConditionSet[]): (facts: UserFacts) => string {
  let made: readonly ((facts: UserFacts) => unknown)[] | undefined;
  return (facts) => {
    made ??= testsIn(sets);
    return JSON.stringify(made.map((test) => test(facts)));
  };
}

function testsIn(sets: readonly ConditionSet[]): readonly ((facts: UserFacts) => unknown)[] {
  const names = [...new Set(sets.flatMap((set) => Object.keys(set) as ConditionName[]))];
  const attributes = new Set(sets.flatMap((set) => Object.keys(set.attributes ?? {})));
  const moments = new Set<Seconds>(sets.flatMap(({ expression }) => (expression ? momentsIn(expression.logic) : [])));
  return [
    ...names.filter((name) => name !== 'expression').flatMap((name) => testsOf(name, sets)),
    ...Array.from(attributes, (name) => (facts: UserFacts) => facts.subject.profile[name] !== undefined),
    ...Array.from(moments, (moment) => (facts: UserFacts) => facts.now >= moment),
    ...(names.includes('userType') ? [(facts: UserFacts) => facts.subject.userType !== undefined] : []),
  ];
}

/** Each condition of the name once. */
function testsOf<Name extends ConditionName>(
  name: Name,
  sets: readonly ConditionSet[],
): readonly ((facts: RuleFacts) => ConditionResult)[] {
  const { compile }: ConditionDescriptor<Name> = conditionDescriptors[name];
  const conditions = sets.flatMap((set) => (set[name] === undefined ? [] : [set[name] as ConditionOf<Name>]));
  const distinct = new Map(conditions.map((condition) => [JSON.stringify(condition), condition]));
  return [...distinct.values()].flatMap((condition) => compile(condition).map(({ test }) => test));
}
