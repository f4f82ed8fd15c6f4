/** Opaque parts of expressions: the results that a model gives them, and those that they have in facts. */
import type { ConditionResult, ExpressionPart } from '../../model/conditions.ts';
import { among, type Formula, type OpaquePart, type UserFacts, type Variable } from '../../policy/theories/theory.ts';
import type { ClassModel } from './read-formulas.ts';

/** Questions about the opaque parts of a rule space. */
export interface OpaquePartsReading {
  /**
   * Whether each part has the result in these facts that the model gives it. Parts that the model leaves open do not
   * matter.
   */
  isShownBy(facts: UserFacts, model: ClassModel): boolean;
  /** The results of all parts for these facts, as positions of their variables. */
  opaquePartsIn(facts: UserFacts): ClassModel;
  /** Formulas that hold where the parts have the results of the model. */
  opaquePartsAs(model: ClassModel): readonly Formula[];
}

/** `opaqueParts` is called late: the parts are complete once all conditions have been read. */
export function opaquePartsReading(opaqueParts: () => readonly OpaquePart[]): OpaquePartsReading {
  const opaquePartsIn = (facts: UserFacts) => new Map(opaqueParts().flatMap((part) => positionsIn(facts, part)));
  return {
    opaquePartsIn,
    isShownBy: (facts, model) =>
      [...opaquePartsIn(facts)].every(([variable, position]) => (model.get(variable) ?? position) === position),
    opaquePartsAs: (model) =>
      opaqueParts()
        .flatMap(({ holds, fails }) => [holds, fails])
        .flatMap((variable) => {
          const position = model.get(variable);
          return position === undefined ? [] : [among(variable, (at) => at === position)];
        }),
  };
}

/** Empty: the part cannot be evaluated. */
function positionsIn(
  facts: UserFacts,
  { part, holds, fails }: OpaquePart,
): readonly (readonly [variable: Variable, position: number])[] {
  const result = part && resultOf(part, facts);
  if (result === undefined) return [];
  return [
    [holds, result === 'hit' ? 1 : 0],
    [fails, result === 'error' ? 1 : 0],
  ];
}

/** The result that a part must have. */
export interface WantedResult extends Required<Pick<OpaquePart, 'text' | 'part'>> {
  readonly wanted: ConditionResult;
}

/** The result that the model gives the part. Empty: any. */
export function wantedResultOf({ text, part, holds, fails }: OpaquePart, model: ClassModel): readonly WantedResult[] {
  if (part === undefined) return [];
  const isHit = model.get(holds);
  if (model.get(fails) === 1) return [{ text, part, wanted: 'error' }];
  return isHit === undefined ? [] : [{ text, part, wanted: isHit === 1 ? 'hit' : 'miss' }];
}

export function isAsWanted({ part, wanted }: WantedResult, facts: UserFacts): boolean {
  return resultOf(part, facts) === wanted;
}

/** Cached by part, and by the values that it reads: a search asks about the same few values many times. */
const results = new WeakMap<ExpressionPart, Map<string, ConditionResult>>();

function resultOf(part: ExpressionPart, facts: UserFacts): ConditionResult {
  const known = results.get(part) ?? new Map<string, ConditionResult>();
  results.set(part, known);
  const values = JSON.stringify(part.reads.map((path) => valueAt(path, facts)));
  const result = known.get(values) ?? part.evaluate(facts);
  known.set(values, result);
  return result;
}

/** What the path reads, or all that it may read. */
function valueAt(path: string, { subject, request, network, device, now }: UserFacts): unknown {
  const [root, part, name] = path.split('.');
  if (root === 'user') return part === 'profile' && name !== undefined ? subject.profile[name] : subject;
  return path === 'request.clientId' ? request.clientId : [subject, request, network, device, now];
}
