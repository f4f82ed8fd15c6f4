/** When a rule of a policy decides, or one of several, as formulas. */
import type { RuleHead } from '../../model/policy.ts';
import type { Formula } from '../../policy/theories/theory.ts';
import type { RuleSpace } from './rule-space.ts';

/** What must hold for the rule to decide. `before`: the rules before it. */
export function decidingFormulas(rule: RuleHead, before: readonly RuleHead[], space: RuleSpace): readonly Formula[] {
  return [...space.always, space.applies(rule.when), ...before.map(({ when }) => space.misses(when))];
}

const nothing: Formula = { any: [] };

/**
 * What must hold for one of the rules that are meant to decide, if none before this position does. In halves, which
 * positions have in common: a search that excludes one rule after the other looks at what is left a few times, and not
 * once for each of them.
 */
export function oneDecidesFrom(
  rules: readonly RuleHead[],
  meant: ReadonlySet<RuleHead>,
  space: Pick<RuleSpace, 'applies' | 'misses'>,
): (position: number) => Formula {
  const made = new Map<string, Formula>();
  const within = (from: number, start: number, end: number): Formula => {
    const key = `${from} ${start} ${end}`;
    const formula = made.get(key) ?? make(from, start, end);
    made.set(key, formula);
    return formula;
  };
  const make = (from: number, start: number, end: number): Formula => {
    const own = rules.slice(from, end);
    const [first] = own;
    if (first === undefined || !own.some((rule) => meant.has(rule))) return nothing;
    if (end - start === 1) return space.applies(first.when);
    const middle = Math.ceil((start + end) / 2);
    if (from >= middle) return within(from, middle, end);
    const passed = rules.slice(from, middle).map(({ when }) => space.misses(when));
    return { any: [within(from, start, middle), { all: [...passed, within(middle, middle, end)] }] };
  };
  return (position) => within(position, 0, rules.length);
}
