/** Rules of the other policy under which it makes a difference which of two rules a browser chooses. */
import type { Rule } from '../../model/policy.ts';
import type { CompiledPolicy } from '../../policy/rules/compile.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import type { CompareTerms, TermsComparison, Weaker } from './asks-less.ts';
import { browserOf } from './browser-claims.ts';

/** The rules of the other policy under which the choice asks for less. `strict` is absent: any rule, or none. */
export interface BrowserWay {
  readonly strict?: Rule;
  readonly weak: Rule;
  /** `undecided`: whether it asks for less at all. */
  readonly less: Weaker | 'undecided';
}

interface RulePair {
  readonly strict: Rule;
  readonly weak: Rule;
}

interface WayContext {
  /** The other policy that lets users in. */
  readonly beside: CompiledPolicy;
  readonly space: RuleSpace;
  readonly compare: CompareTerms;
}

/**
 * The rules of the other policy to combine with both rules. First the same rule for both: different ones would need a
 * choice by the browser in that policy, too.
 */
export function waysOf({ strict, weak }: RulePair, { beside, space, compare }: WayContext): readonly BrowserWay[] {
  const allowing = rulesOf(beside).filter(({ then }) => then.kind === 'allow');
  if (weak.then.kind === 'deny') return [];
  if (strict.then.kind === 'deny') return allowing.map((rule) => ({ weak: rule, less: { evidence: [], longer: [] } }));
  const isChosen = rulesOf(beside).some((rule) => browserOf(rule, space) !== undefined);
  const same = allowing.map((rule) => [rule, rule] as const);
  const others = isChosen ? allowing.flatMap((first) => allowing.map((other) => [first, other] as const)) : [];
  return [...same, ...others.filter(([one, other]) => one !== other)].flatMap(([one, other]) => {
    const less = lessBeside({ strict, weak }, [one, other], compare);
    return less ? [{ strict: one, weak: other, less }] : [];
  });
}

function lessBeside(
  { strict, weak }: RulePair,
  [one, other]: readonly [Rule, Rule],
  compare: CompareTerms,
): TermsComparison {
  const [own, weakOwn, beside, weakBeside] = [strict.then, weak.then, one.then, other.then] as const;
  if (own.kind === 'deny' || weakOwn.kind === 'deny' || beside.kind === 'deny' || weakBeside.kind === 'deny') return;
  return compare({ own, beside }, { own: weakOwn, beside: weakBeside });
}

export function rulesOf({ rules }: CompiledPolicy): readonly Rule[] {
  return rules.map(({ rule }) => rule);
}
