/** The rules that say who may add which authenticator, and what they ask about. */
import { onceFor } from '../../../../core/analysis/space/once-for.ts';
import type { RuleHead } from '../../../../core/model/policy.ts';
import { appLists } from '../../../../core/policy/rules/app-lists.ts';
import type { PolicySet } from '../../../../core/policy/rules/compile.ts';
import { conditionSets, hasExpression } from '../../../../core/policy/rules/condition-table.ts';

/** Of these rules, and of the session policy, which governs every app. */
export const asksAboutAdditions = onceFor((policies: PolicySet) => {
  const whens = [...rulesAboutAdditions(policies), ...policies.session.rules.map(({ rule }) => rule)].map(
    ({ when }) => when,
  );
  return {
    hasApps: whens.flatMap(conditionSets).some((set) => appLists(set).flat().length > 0),
    hasExpressions: whens.some(hasExpression),
  };
});

export function rulesAboutAdditions({ accountPolicy, enrollment }: PolicySet): readonly RuleHead[] {
  return [...(accountPolicy?.rules ?? []), ...(enrollment?.rules ?? []).map(({ rule }) => rule)];
}

/** Whether the same is decided about a user's additions, whichever app the user signs in to. */
export function areSameForApps(policies: PolicySet): boolean {
  const { hasApps, hasExpressions } = asksAboutAdditions(policies);
  return !hasApps && !hasExpressions && policies.enrollment?.beforeSignIn === undefined;
}

/** Whether two apps have the same rules about additions, and the same session policy. */
export function haveSameAdditions(own: PolicySet, other: PolicySet): boolean {
  return (
    own.session === other.session &&
    own.enrollment === other.enrollment &&
    own.accountPolicy === other.accountPolicy &&
    own.authenticators === other.authenticators
  );
}
