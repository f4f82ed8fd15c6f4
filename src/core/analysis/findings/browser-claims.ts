/** What a browser says of itself in its User-Agent header, as a variable that the browser chooses freely. */
import type { ConditionSet } from '../../model/conditions.ts';
import type { RuleHead } from '../../model/policy.ts';
import { browserVariable } from '../../policy/conditions/device.ts';
import { conditionSets } from '../../policy/rules/condition-table.ts';
import { isRead, openReads } from '../../policy/rules/expression-parts.ts';
import type { Formula, UserFacts, Variable } from '../../policy/theories/theory.ts';
import { variablesIn } from '../space/ordinary-facts.ts';
import type { RuleSpace } from '../space/rule-space.ts';

/** The variable, if the rule asks about it, be it in an alternative of `any` or in an expression. */
export function browserOf({ when }: RuleHead, space: RuleSpace): Variable | undefined {
  if (!conditionSets(when).some(mayAskAboutBrowser)) return undefined;
  return variablesIn([space.applies(when)]).has(browserVariable) ? browserVariable : undefined;
}

/** Cached by conditions: rules of the session policy are examined at each app. */
const reading = new WeakMap<RuleHead['when'], boolean>();

/** Nothing is known of a part of an expression that reads what the browser says. */
export function mayReadBrowser({ when }: RuleHead): boolean {
  const known = reading.get(when);
  if (known !== undefined) return known;
  const reads = openReads(conditionSets(when));
  const found = isRead('device.platform', reads) || isRead('device.os', reads);
  reading.set(when, found);
  return found;
}

/** Trusted sources state everything else that a rule asks about a device. */
function mayAskAboutBrowser({ device, expression }: ConditionSet): boolean {
  return device?.platform !== undefined || device?.os !== undefined || expression !== undefined;
}

/** The formula where the variable is in the class. */
export function inClass(formula: Formula, variable: Variable, at: number): Formula {
  if ('all' in formula) return { all: formula.all.map((part) => inClass(part, variable, at)) };
  if ('any' in formula) return { any: formula.any.map((part) => inClass(part, variable, at)) };
  if (formula.variable !== variable) return formula;
  return (formula.classes & (1n << BigInt(at))) === 0n ? { any: [] } : { all: [] };
}

/** The same user in another browser: the position of a class of the variable. */
export function inBrowser(facts: UserFacts, { classes }: Variable, at: number): UserFacts {
  return classes[at]?.applyTo?.(facts) ?? facts;
}

/** All pairs of two different browsers. */
export function browserPairs({ classes }: Variable): readonly (readonly [number, number])[] {
  const positions = [...classes.keys()];
  return positions.flatMap((position) =>
    positions.flatMap((other) => (other === position ? [] : [[position, other] as const])),
  );
}
