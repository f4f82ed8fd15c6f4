/** Expressions taken apart: what each part says, as the condition that says the same. */
import type { CompiledExpression, ConditionSet, ExpressionLogic } from '../../model/conditions.ts';
import { isOpaquePart, type ProfileSchema } from './expression-facts.ts';
import type { Formula, NamedPart } from './theory.ts';

type FormulaOf = (logic: ExpressionLogic) => Formula;

/** `holds`: when some part holds, as a formula. `logicOf`: what the expression says. */
export function partsReading(
  {
    holds,
    logicOf,
  }: { readonly holds: FormulaOf; readonly logicOf: (expression: CompiledExpression) => ExpressionLogic },
  schema: ProfileSchema,
): (expression: CompiledExpression) => readonly NamedPart[] {
  return (expression) => partsOf({ holds, schema, partOf: expression.partOf }, logicOf(expression), true);
}

interface Reading {
  readonly holds: FormulaOf;
  readonly schema: ProfileSchema;
  readonly partOf: CompiledExpression['partOf'];
}

function partsOf(reading: Reading, logic: ExpressionLogic, isAsked: boolean): readonly NamedPart[] {
  if ('not' in logic) return partsOf(reading, logic.not, !isAsked);
  const formula = reading.holds(isAsked ? logic : { not: logic });
  const together = jointParts(logic);
  if (together === undefined) return [{ ...labelOf(reading, logic, isAsked), formula, isOfExpression: true }];
  if (together.isAll === isAsked) return together.parts.flatMap((part) => partsOf(reading, part, isAsked));
  const alternatives = together.parts.map((part) => partsOf(reading, part, isAsked));
  const [only, ...others] = alternatives;
  if (only && others.length === 0) return only;
  return [{ condition: 'any', path: [], formula, alternatives, isOfExpression: true }];
}

interface JointParts {
  readonly isAll: boolean;
  readonly parts: readonly ExpressionLogic[];
}

/** Undefined: it is one part. */
function jointParts(logic: ExpressionLogic): JointParts | undefined {
  if ('all' in logic) return { isAll: true, parts: logic.all };
  if ('any' in logic) return { isAll: false, parts: logic.any };
  const device = 'when' in logic ? Object.entries(logic.when.device ?? {}) : [];
  if (device.length < 2) return undefined;
  return { isAll: true, parts: device.map(([key, value]) => ({ when: { device: { [key]: value } } })) };
}

type Label = Omit<NamedPart, 'formula'>;

function labelOf({ schema, partOf }: Reading, logic: ExpressionLogic, isAsked: boolean): Label {
  const path = [isAsked ? 'any' : 'none'];
  const isNegative = !isAsked && { isNegative: true as const };
  if ('when' in logic) return labelOfConditions(logic.when, isAsked);
  if ('ofApp' in logic) return { condition: 'apps', path };
  if ('userType' in logic)
    return { condition: 'userType', path, ...isNegative, ...(logic.userType === 'any' && { isPresence: true }) };
  if ('text' in logic && isOpaquePart(logic, schema)) {
    const reads = partOf?.(logic.text).reads ?? [];
    const isAboutUser = reads.length > 0 && reads.every((fact) => saysWho.test(fact));
    return isAboutUser
      ? { condition: 'users', path, ...isNegative, reads }
      : { condition: 'expression', path: [], ...isNegative, reads };
  }
  if ('zones' in logic) return { condition: 'network', path };
  if (!('attribute' in logic)) return { condition: 'expression', path: [], ...isNegative };
  const { attribute, test } = logic;
  return { condition: 'attributes', path: [attribute], ...isNegative, ...(test === undefined && { isPresence: true }) };
}

/** A part that reads nothing else names users, whatever it asks. */
const saysWho = /^user\.(id|identifiers|groups|userType|profile\..+)$/;

/** One condition, with one key. */
function labelOfConditions({ device, groups, scopes }: ConditionSet, isAsked: boolean): Label {
  const path = [isAsked ? 'any' : 'none'];
  if (groups) return { condition: 'groups', path };
  if (scopes) return { condition: 'scopes', path };
  if (device === undefined) return { condition: 'apps', path };
  const isNegative = device.known === !isAsked;
  return { condition: 'device', path: Object.keys(device), ...(isNegative && { isNegative: true }) };
}
