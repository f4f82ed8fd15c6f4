/**
 * The rules of policies as formulas over common variables, and facts for a model of such formulas. One space serves all
 * policies that decide about the same sign-in, so that their rules can be compared.
 */
import type { ConditionName, ConditionOf, ConditionSet, Conditions } from '../../model/conditions.ts';
import type { ConditionDescriptor } from '../../policy/condition-descriptor.ts';
import { conditionDescriptors, conditionSets } from '../../policy/rules/condition-table.ts';
import { conditionsWithin } from '../../policy/theories/expression-facts.ts';
import {
  type ConditionPart,
  type ConditionReading,
  type Formula,
  type NamedPart,
  negated,
  type OtherConditions,
  type Universe,
  type UserFacts,
} from '../../policy/theories/theory.ts';
import { completions } from './completed-facts.ts';
import { factsTogether } from './facts-together.ts';
import { factsOfModel } from './model-facts.ts';
import { cachedFormula, onceFor } from './once-for.ts';
import { atApp, type OpaquePartsReading, opaquePartsReading } from './opaque-parts.ts';
import { type ClassModel, type FormulaReader, formulaReader } from './read-formulas.ts';

/** A part of the conditions of a rule. */
export type RulePart = NamedPart;

/** Reads rules as formulas. */
export interface RuleSpace extends OpaquePartsReading {
  /** The parts of the conditions; all of them must hold. None: the rule always applies. */
  parts(when: Conditions): readonly RulePart[];
  /** The same, with expressions taken apart: each part is named as the condition that says the same. */
  takenApart(when: Conditions): readonly RulePart[];
  /** The rule applies. */
  applies(when: Conditions): Formula;
  /** The rule does not apply, and none of its conditions fails because of what it reads. */
  misses(when: Conditions): Formula;
  /** A condition of the rule may fail, so that the rule denies (Law 4). Undefined: none can. */
  fails(when: Conditions): Formula | undefined;
  /** Formulas that hold for all facts. */
  readonly always: readonly Formula[];
  /** Formulas that hold for all facts in which a user has proved something, as every user who is let in has. */
  readonly onceProved: readonly Formula[];
  /** Reads these formulas, and what is made of them, once for all searches. */
  readonly reader: FormulaReader;
  /**
   * Facts in the classes of the model; plain where it leaves them open. Opaque parts of expressions have the results
   * that the model gives them, if values were found for which they do.
   */
  factsOf(model: ClassModel): UserFacts;
  /** The models of which there are facts. */
  readonly models: ReadonlySet<ClassModel>;
  /** Whether all facts of these models are met by the same conditions at this other app. */
  isLike(clientId: string): boolean;
  /**
   * The same rules, with facts at this app in the place of the first one of the universe. Only opaque parts of
   * expressions may tell the two apart.
   */
  at(clientId: string): RuleSpace;
}

const names = Object.keys(conditionDescriptors) as readonly ConditionName[];

type Theories = { readonly [Name in ConditionName]: ConditionReading<Name> };

/** `rules`: the conditions of all rules that the space is asked about. */
export function ruleSpace(rules: readonly Conditions[], universe: Universe): RuleSpace {
  const own = rules.flatMap(conditionSets);
  const expressions = own.flatMap(({ expression }) => (expression ? [expression] : []));
  const asked = [...own, ...conditionsWithin(expressions, universe)];
  const together = factsTogether(asked, universe);
  const always = [...together.requests, ...together.always];
  const sets = [...asked, ...[...always, ...together.onceProved].flatMap(conditionSets)];
  const formulaOf = (set: ConditionSet): Formula => ({ all: partsOfSet(set, theories).map(({ formula }) => formula) });
  const theories = Object.fromEntries(
    names.map((name) => [name, theoryOf(name, universe, { sets, formulaOf })]),
  ) as Theories;
  const parts = onceFor((when: Conditions) => partsOfRule(when, theories));
  const takenApart = onceFor((when: Conditions) =>
    conditionSets(when).some(({ expression }) => expression) ? partsOfRule(when, theories, takenApartSet) : parts(when),
  );
  const applies = cachedFormula((when: Conditions): Formula => ({ all: parts(when).map(({ formula }) => formula) }));
  const opaqueParts = () => theories.expression.opaqueParts?.() ?? [];
  const partsReading = opaquePartsReading(opaqueParts);
  const newCompletion = completions({ opaqueParts, isAsWanted: partsReading.isAsWanted, sets, universe });
  const plainFactsOf = onceFor((model: ClassModel) => factsOfModel(model, universe));
  const [first = ''] = universe.clientIds;
  const factsAt = (clientId: string): Pick<RuleSpace, 'factsOf' | 'models' | 'isLike'> => {
    const models = new Set<ClassModel>();
    const completed = newCompletion();
    const factsOf = onceFor((model: ClassModel) => {
      models.add(model);
      const plain = plainFactsOf(model);
      return completed(plain.request.clientId === first ? atApp(plain, clientId) : plain, model);
    });
    let evaluated = '';
    const isLike = (other: string) => {
      const all = `${models.size} ${opaqueParts().length}`;
      if (evaluated !== all) for (const model of models) partsReading.opaquePartsIn(factsOf(model));
      evaluated = all;
      return partsReading.isSameAt(other, clientId);
    };
    return { factsOf, models, isLike };
  };
  const reading: Omit<RuleSpace, 'factsOf' | 'models' | 'isLike' | 'at'> = {
    parts,
    takenApart,
    applies,
    misses: cachedFormula((when: Conditions) => ({ any: parts(when).map(missesOf) })),
    fails: (when) => failsOf(parts(when)),
    reader: formulaReader(true),
    always: [...always.map(applies), ...names.flatMap((name) => theories[name].always ?? [])],
    onceProved: together.onceProved.map(applies),
    ...partsReading,
  };
  const at = (clientId: string): RuleSpace => ({ ...reading, ...factsAt(clientId), at });
  return at(first);
}

/** The part, or the parts of its alternatives. */
export function innermostParts(part: RulePart): readonly RulePart[] {
  return part.alternatives ? part.alternatives.flat().flatMap(innermostParts) : [part];
}

/** Not all of these hold. A formula that is met many times is negated once, and so its negation is read once, too. */
export function notAll(formulas: readonly Formula[]): Formula {
  return { any: formulas.map(negatedOnce) };
}

/** Cached by formula. */
const negatedOnce = cachedFormula(negated);

function theoryOf<Name extends ConditionName>(name: Name, universe: Universe, others: OtherConditions) {
  const { theory }: ConditionDescriptor<Name> = conditionDescriptors[name];
  const conditions = others.sets.flatMap((when) => (when[name] === undefined ? [] : [when[name] as ConditionOf<Name>]));
  return theory(conditions, universe, others);
}

function partsOfRule({ any, ...when }: Conditions, theories: Theories, ofSet = partsOfSet): readonly RulePart[] {
  if (any === undefined) return ofSet(when, theories);
  return [...ofSet(when, theories), partOfAny(any.map((set) => ofSet(set, theories)))];
}

function takenApartSet({ expression, ...others }: ConditionSet, theories: Theories): readonly RulePart[] {
  const within = expression ? (theories.expression.partsWithin?.(expression) ?? []) : [];
  return [...partsOfSet(others, theories), ...within];
}

function partsOfSet(set: ConditionSet, theories: Theories): readonly RulePart[] {
  return names.flatMap((name) => partsOf(name, set, theories));
}

function partOfAny(alternatives: readonly (readonly RulePart[])[]): RulePart {
  const formula: Formula = {
    any: alternatives.map((parts) => ({ all: parts.map((conditionPart) => conditionPart.formula) })),
  };
  const part: RulePart = { condition: 'any', path: [], formula, alternatives };
  const outcomes = alternatives.map((parts) => ({
    misses: { any: parts.map(missesOf) } satisfies Formula,
    fails: failsOf(parts),
  }));
  const failing = outcomes.flatMap(({ fails }) => fails ?? []);
  if (failing.length === 0) return part;
  return {
    ...part,
    misses: { all: outcomes.map(({ misses }) => misses) },
    fails: {
      all: [
        { any: failing },
        ...outcomes.map(({ misses, fails }): Formula => (fails ? { any: [misses, fails] } : misses)),
      ],
    },
  };
}

function missesOf({ formula, misses = negated(formula) }: RulePart): Formula {
  return misses;
}

/** One part fails, and none of the others decides by not holding. */
function failsOf(parts: readonly RulePart[]): Formula | undefined {
  const failing = parts.flatMap(({ fails }) => fails ?? []);
  if (failing.length === 0) return undefined;
  return {
    all: [{ any: failing }, ...parts.map(({ formula, fails }) => (fails ? { any: [formula, fails] } : formula))],
  };
}

function partsOf<Name extends ConditionName>(name: Name, when: ConditionSet, theories: Theories): readonly RulePart[] {
  const condition = when[name];
  const theory: (condition: ConditionOf<Name>) => readonly ConditionPart[] = theories[name];
  if (condition === undefined) return [];
  return theory(condition as ConditionOf<Name>).map((part) => ({ ...part, condition: name }));
}
