/** Questions about one user with two values of an attribute: as it is, and as the user could write it. */
import type { Conditions } from '../../model/conditions.ts';
import { isRead } from '../../policy/rules/expression-parts.ts';
import type { Formula, UserFacts, Variable } from '../../policy/theories/theory.ts';
import { cachedFormula } from './once-for.ts';
import { variablesIn } from './ordinary-facts.ts';
import type { ClassModel } from './read-formulas.ts';
import { innermostParts, type RuleSpace } from './rule-space.ts';

/** How formulas say something of the same user with the other value, or without any. */
export interface OtherValue {
  readonly withOther: (formula: Formula) => Formula;
  /** The user with the own value, and with the other one. */
  readonly factsOf: (model: ClassModel) => readonly [own: UserFacts, other: UserFacts];
  /** Nothing is known of a part of an expression that reads the attribute. */
  readonly isOpaque: boolean;
}

/** Each variable about the attribute has a copy, which is about the other value. `whens`: all rules that are asked. */
export function otherValueOf(attribute: string, whens: readonly Conditions[], space: RuleSpace): OtherValue {
  const opaque = opaqueVariables(`user.profile.${attribute}`, whens, space);
  const copies = new Map<Variable, Variable>();
  const copyOf = (variable: Variable): Variable => {
    if (!opaque.has(variable) && !isAbout(variable, attribute)) return variable;
    const copy = copies.get(variable) ?? { ...variable };
    copies.set(variable, copy);
    return copy;
  };
  // What says nothing of the attribute is the same formula, and every other has one copy, so that each is read once.
  const withOther = cachedFormula((formula: Formula): Formula => {
    if ('variable' in formula) {
      const variable = copyOf(formula.variable);
      return variable === formula.variable ? formula : { ...formula, variable };
    }
    const parts = 'all' in formula ? formula.all : formula.any;
    const others = parts.map(withOther);
    if (others.every((other, at) => other === parts[at])) return formula;
    return 'all' in formula ? { all: others } : { any: others };
  });
  const factsOf = (model: ClassModel) => {
    const [own, other] = modelsOf(model, copies).map(space.factsOf) as [UserFacts, UserFacts];
    // Values that depend on the time are those of the later one.
    const base = own.now > other.now ? own : other;
    return [valueFrom(own, attribute, base), valueFrom(other, attribute, base)] as const;
  };
  return { withOther, factsOf, isOpaque: opaque.size > 0 };
}

/** Of the theory of attributes: one variable, or one for each value of a list. */
function isAbout({ name }: Variable, attribute: string): boolean {
  return name === `attributes.${attribute}` || name.startsWith(`attributes.${attribute} `);
}

function opaqueVariables(fact: string, whens: readonly Conditions[], space: RuleSpace): ReadonlySet<Variable> {
  const parts = whens.flatMap((when) => space.takenApart(when)).flatMap(innermostParts);
  const opaque = parts.filter(({ reads }) => reads && isRead(fact, reads));
  return variablesIn(
    opaque.flatMap(({ formula, misses, fails }) => [formula, ...(misses ? [misses] : []), ...(fails ? [fails] : [])]),
  );
}

/** The model of the own value, and that of the other one. */
function modelsOf(model: ClassModel, copies: ReadonlyMap<Variable, Variable>): readonly ClassModel[] {
  const copied = new Set(copies.values());
  const own = new Map([...model].filter(([variable]) => !copied.has(variable)));
  const others = [...copies].flatMap(([variable, copy]) => {
    const position = model.get(copy);
    return position === undefined ? [] : [[variable, position] as const];
  });
  return [own, new Map([...[...own].filter(([variable]) => !copies.has(variable)), ...others])];
}

function valueFrom({ subject: { profile } }: UserFacts, attribute: string, facts: UserFacts): UserFacts {
  const { [attribute]: _, ...others } = facts.subject.profile;
  const own = Object.hasOwn(profile, attribute) ? { [attribute]: profile[attribute] } : {};
  return { ...facts, subject: { ...facts.subject, profile: { ...others, ...own } } };
}
