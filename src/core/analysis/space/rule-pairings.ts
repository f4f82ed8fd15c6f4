/** The rules of two policies, before and after a change, that can decide about the same sign-in. */
import type { RuleHead } from '../../model/policy.ts';
import type { CompiledPolicy } from '../../policy/rules/compile.ts';
import type { Formula } from '../../policy/theories/theory.ts';
import { findModel, newBudget } from './find-model.ts';
import { deciding } from './rule-combinations.ts';
import type { RuleSpace } from './rule-space.ts';

/** A rule of each of two policies, or none, and what must hold for both to decide. */
export interface RulePairing<Of> {
  readonly before: Of | undefined;
  readonly now: Of | undefined;
  readonly formulas: readonly Formula[];
}

/** Pairs of rules, each possibly absent, that are not proved to exclude one another. */
export function pairings<Of>(
  before: readonly PossiblyDeciding<Of>[],
  after: readonly PossiblyDeciding<Of>[],
  { reader }: Pick<RuleSpace, 'reader'>,
): readonly RulePairing<Of>[] {
  return after.flatMap((now) =>
    before.flatMap((then) => {
      const formulas = [...then.formulas, ...now.formulas];
      if (findModel(formulas, newBudget(), reader) === 'impossible') return [];
      return [{ before: then.rule, now: now.rule, formulas }];
    }),
  );
}

/** A rule, or none, and what must hold for it to decide. */
export interface PossiblyDeciding<Of> {
  readonly rule: Of | undefined;
  readonly formulas: readonly Formula[];
}

export function possiblyDeciding<Of extends RuleHead>(
  policy: CompiledPolicy<Of> | undefined,
  space: RuleSpace,
): readonly PossiblyDeciding<Of>[] {
  if (policy === undefined) return [{ rule: undefined, formulas: [] }];
  const rules = policy.rules.map(({ rule }) => rule);
  return [...deciding(policy, space), { rule: undefined, formulas: rules.map(({ when }) => space.misses(when)) }];
}
