/** Parts of expressions of which nothing is known: what a model says of them, and what they are in facts. */
import type { ConditionResult } from '../../model/conditions.ts';
import { among, type Formula, type OpenPart, type UserFacts, type Variable } from '../../policy/theories/theory.ts';
import type { ClassModel } from './read-formulas.ts';

/** What is asked about them. */
export interface OpenPartsReading {
  /** Whether they are in these facts as the model says, if it says anything. */
  isShownBy(facts: UserFacts, model: ClassModel): boolean;
  /** How they are in these facts. */
  openPartsIn(facts: UserFacts): ClassModel;
  /** They are as in the model. */
  openPartsAs(model: ClassModel): readonly Formula[];
}

/** `openParts`: as far as conditions were read. */
export function openPartsReading(openParts: () => readonly OpenPart[]): OpenPartsReading {
  const openPartsIn = (facts: UserFacts) => new Map(openParts().flatMap((part) => positionsIn(facts, part)));
  return {
    openPartsIn,
    isShownBy: (facts, model) =>
      [...openPartsIn(facts)].every(([variable, position]) => (model.get(variable) ?? position) === position),
    openPartsAs: (model) =>
      openParts()
        .flatMap(({ holds, fails }) => [holds, fails])
        .flatMap((variable) => {
          const position = model.get(variable);
          return position === undefined ? [] : [among(variable, (at) => at === position)];
        }),
  };
}

/** Empty: it cannot be evaluated. */
function positionsIn(
  facts: UserFacts,
  { part, holds, fails }: OpenPart,
): readonly (readonly [variable: Variable, position: number])[] {
  const result = part?.evaluate(facts);
  if (result === undefined) return [];
  return [
    [holds, result === 'hit' ? 1 : 0],
    [fails, result === 'error' ? 1 : 0],
  ];
}

/** What a part must be. */
export interface Wish extends Required<Pick<OpenPart, 'text' | 'part'>> {
  readonly wanted: ConditionResult;
}

/** Empty: the model leaves it open. */
export function wishOf({ text, part, holds, fails }: OpenPart, model: ClassModel): readonly Wish[] {
  if (part === undefined) return [];
  const isHit = model.get(holds);
  if (model.get(fails) === 1) return [{ text, part, wanted: 'error' }];
  return isHit === undefined ? [] : [{ text, part, wanted: isHit === 1 ? 'hit' : 'miss' }];
}

export function isAsWanted({ part, wanted }: Wish, facts: UserFacts): boolean {
  return part.evaluate(facts) === wanted;
}
