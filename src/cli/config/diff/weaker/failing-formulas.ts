/**
 * Finds rules with a formula that may fail, which denies (Law 4), and that may be gone or be reached by fewer sign-ins.
 */
import type { RuleHead } from '../../../../core/model/policy.ts';
import type { CompiledPolicy, PolicySet } from '../../../../core/policy/rules/compile.ts';
import { mayFail } from '../../../../core/policy/rules/condition-table.ts';
import { canonicalJson } from '../../../../policy/revision/document-store.ts';

/** Rules of the live configuration, in all policies that decide whether users get in. */
export function changedFormulas(live: PolicySet, next: PolicySet): readonly RuleHead[] {
  return [
    ...changedIn(live.session, next.session),
    ...changedIn(live.app, next.app),
    ...changedIn(live.enrollment, next.enrollment),
    ...changedIn(live.profile, next.profile),
    ...changedIn(live.recovery, next.recovery),
    ...changedRules(live.accountPolicy?.rules ?? [], next.accountPolicy?.rules ?? []),
  ];
}

type Policy = CompiledPolicy<RuleHead> | undefined;

function changedIn(live: Policy, next: Policy): readonly RuleHead[] {
  return changedRules(rulesOf(live), rulesOf(next));
}

/** A formula is evaluated if no earlier rule decides, so all conditions up to the last formula matter. */
function changedRules(then: readonly RuleHead[], now: readonly RuleHead[]): readonly RuleHead[] {
  const last = then.findLastIndex(({ when }) => mayFail(when));
  const before = then.slice(0, last + 1);
  const stricter = now.filter((rule) => !isDenial(rule) || before.some((one) => isAlike(one, rule)));
  const isSame = before.every((rule, index) => isAlike(rule, stricter[index]));
  return isSame ? [] : before.filter(({ when }) => mayFail(when));
}

function rulesOf(policy: Policy): readonly RuleHead[] {
  return (policy?.rules ?? []).map(({ rule }) => rule);
}

/** A rule that denies lets no user in, with or without the formula. */
function isDenial(rule: RuleHead & { readonly then?: { readonly kind?: string } }): boolean {
  return rule.then?.kind === 'deny';
}

function isAlike({ when }: RuleHead, other: RuleHead | undefined): boolean {
  return other !== undefined && canonicalJson(when) === canonicalJson(other.when);
}
