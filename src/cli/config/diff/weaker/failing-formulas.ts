/**
 * Finds rules with a formula that may fail, which denies (Law 4), and that may be gone or be reached by fewer sign-ins.
 */
import type { RuleHead } from '../../../../core/model/policy.ts';
import type { CompiledPolicy, PolicySet } from '../../../../core/policy/rules/compile.ts';
import { mayFail } from '../../../../core/policy/rules/condition-table.ts';
import { canonicalJson } from '../../../../policy/revision/document-store.ts';

/** Rules of the active configuration, in all policies that decide whether users get in. */
export function changedFormulas(active: PolicySet, next: PolicySet): readonly RuleHead[] {
  return [
    ...changedIn(active.session, next.session),
    ...changedIn(active.app, next.app),
    ...changedIn(active.enrollment, next.enrollment),
    ...changedIn(active.profile, next.profile),
    ...changedIn(active.recovery, next.recovery),
    ...changedRules(active.accountPolicy?.rules ?? [], next.accountPolicy?.rules ?? []),
  ];
}

type MaybePolicy = CompiledPolicy<RuleHead> | undefined;

function changedIn(active: MaybePolicy, next: MaybePolicy): readonly RuleHead[] {
  return changedRules(rulesOf(active), rulesOf(next));
}

/** A formula is evaluated if no earlier rule decides, so all conditions up to the last formula matter. */
function changedRules(then: readonly RuleHead[], now: readonly RuleHead[]): readonly RuleHead[] {
  const last = then.findLastIndex(({ when }) => mayFail(when));
  const before = then.slice(0, last + 1);
  const stricter = now.filter((rule) => !isDenial(rule) || before.some((head) => isAlike(head, rule)));
  const isSame = before.every((rule, index) => isAlike(rule, stricter[index]));
  return isSame ? [] : before.filter(({ when }) => mayFail(when));
}

function rulesOf(policy: MaybePolicy): readonly RuleHead[] {
  return (policy?.rules ?? []).map(({ rule }) => rule);
}

/** A rule that denies lets no user in, with or without the formula. */
function isDenial(rule: RuleHead & { readonly then?: { readonly kind?: string } }): boolean {
  return rule.then?.kind === 'deny';
}

function isAlike({ when }: RuleHead, other: RuleHead | undefined): boolean {
  return other !== undefined && canonicalJson(when) === canonicalJson(other.when);
}
