/** The rules of the password policy whose terms can apply. */
import { ruleSpace } from '../../../core/analysis/space/rule-space.ts';
import { locationKey } from '../../../core/model/location-key.ts';
import type { PasswordRule } from '../../../core/model/password-policy.ts';
import { type AnalysedConfiguration, withOldGrants } from '../analysed/configuration.ts';
import { examineRules } from '../rules/dead-rule-findings.ts';

interface ApplyingPasswordRules {
  /** Without those that are proved never to decide. */
  readonly deciding: readonly PasswordRule[];
  /** Those whose lockout may count. */
  readonly lockingOut: readonly PasswordRule[];
}

/** Both in the order of the file. Undefined: there is no such policy. */
export async function applyingPasswordRules(
  configuration: AnalysedConfiguration,
): Promise<ApplyingPasswordRules | undefined> {
  const policy = await configuration.snapshot.passwordPolicy();
  if (policy === undefined) return undefined;
  const rules = policy.rules.map(({ rule }): PasswordRule => rule);
  const anyRequest = withOldGrants(configuration);
  const policies = anyRequest.policies.filter(({ kind }) => kind === 'password');
  const passwords = { ...anyRequest, policies };
  const dead = examineRules(passwords).filter(
    ({ verdict: { kind } }) => kind === 'contradictory' || kind === 'shadowed',
  );
  const never = new Set(dead.map(({ rule }) => locationKey(rule)));
  const deciding = rules.filter((rule) => !never.has(locationKey(rule)));
  return { deciding, lockingOut: never.size > 0 && mayFail(passwords) ? rules : deciding };
}

/** A user for whom a rule fails has the lockout of any rule, be it one that never decides (decision 48). */
function mayFail({ policies, universe }: Pick<AnalysedConfiguration, 'policies' | 'universe'>): boolean {
  return policies.some(({ policy, clientIds }) => {
    const all = policy.rules.map(({ rule }) => rule.when);
    const space = ruleSpace(all, universe(clientIds));
    return all.some((when) => space.fails(when) !== undefined);
  });
}
