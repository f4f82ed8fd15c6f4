/** Opaque parts of expressions: the results that a model gives them, and those that they have in facts. */
import type { ConditionResult, ExpressionPart } from '../../model/conditions.ts';
import { isRead } from '../../policy/rules/expression-parts.ts';
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
  /** Whether a part has the result in these facts. */
  isAsWanted(result: WantedResult, facts: UserFacts): boolean;
  /** Whether all parts that were evaluated for facts at one app have the same results for these facts at another. */
  isSameAt(other: string, one: string): boolean;
}

/** `opaqueParts` is called late: the parts are complete once all conditions have been read. */
export function opaquePartsReading(opaqueParts: () => readonly OpaquePart[]): OpaquePartsReading {
  const evaluations = new Evaluations();
  const opaquePartsIn = (facts: UserFacts) =>
    new Map(opaqueParts().flatMap((part) => positionsIn(facts, part, evaluations)));
  return {
    opaquePartsIn,
    isAsWanted: ({ part, wanted }, facts) => evaluations.resultOf(part, facts) === wanted,
    isSameAt: (other, one) => evaluations.areSameAt(other, one),
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
  evaluations: Evaluations,
): readonly (readonly [variable: Variable, position: number])[] {
  const result = part && evaluations.resultOf(part, facts);
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

/** A part that reads which app it is, with facts that it was evaluated for. */
interface Evaluation {
  readonly part: ExpressionPart;
  readonly facts: UserFacts;
  readonly result: ConditionResult;
}

/** The evaluations of a space: a search asks about the same few values many times. */
class Evaluations {
  /** By the values that the part reads. */
  readonly #results = new Map<ExpressionPart, Map<string, ConditionResult>>();
  /** By client id of the app, in turn. */
  readonly #at = new Map<string, Evaluation[]>();
  /** By both client ids: how many evaluations were found to be the same, or that one was not. */
  readonly #compared = new Map<string, number | 'other'>();

  resultOf(part: ExpressionPart, facts: UserFacts): ConditionResult {
    const results = this.#results.get(part) ?? new Map<string, ConditionResult>();
    this.#results.set(part, results);
    const values = JSON.stringify(part.reads.map((path) => valueAt(path, facts)));
    const known = results.get(values);
    if (known !== undefined) return known;
    const result = part.evaluate(facts);
    results.set(values, result);
    if (readsApp(part)) this.#note({ part, facts, result });
    return result;
  }

  #note(evaluation: Evaluation): void {
    const { clientId } = evaluation.facts.request;
    const evaluated = this.#at.get(clientId) ?? [];
    this.#at.set(clientId, evaluated);
    evaluated.push(evaluation);
  }

  areSameAt(other: string, one: string): boolean {
    const key = JSON.stringify([one, other]);
    const compared = this.#compared.get(key) ?? 0;
    if (compared === 'other') return false;
    const evaluated = this.#at.get(one) ?? [];
    const isSame = evaluated
      .slice(compared)
      .every(({ part, facts, result }) => part.evaluate(atApp(facts, other)) === result);
    this.#compared.set(key, isSame ? evaluated.length : 'other');
    return isSame;
  }
}

function readsApp({ reads }: ExpressionPart): boolean {
  return reads.some((path) => isRead('request.clientId', [path]));
}

/** The same facts at another app. */
export function atApp(facts: UserFacts, clientId: string): UserFacts {
  return { ...facts, request: { ...facts.request, clientId } };
}

/** What the path reads, or all that it may read. */
function valueAt(path: string, { subject, request, network, device, now }: UserFacts): unknown {
  const [root, part, name] = path.split('.');
  if (root === 'user') return part === 'profile' && name !== undefined ? subject.profile[name] : subject;
  return path === 'request.clientId' ? request.clientId : [subject, request, network, device, now];
}
