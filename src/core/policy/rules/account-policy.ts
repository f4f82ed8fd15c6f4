/**
 * The account policy, compiled. For each change the rules that are about it are a policy of their own, which is made
 * when it is first asked for.
 */
import type { AccountPolicy, AccountRule, GovernedChange } from '../../model/account-policy.ts';
import { type CompiledAccountPolicy, type CompiledPolicy, compilePolicy } from './compile.ts';

/** Throws like `compilePolicy`. */
export function compileAccountPolicy({ name, rules }: AccountPolicy): CompiledAccountPolicy {
  const made = new Map<string, CompiledPolicy>();
  const about = (change: GovernedChange): CompiledPolicy => {
    const key = `${change.action} ${change.of}`;
    const policy = made.get(key) ?? compilePolicy({ name, rules: rules.filter((rule) => isAbout(rule, change)) });
    made.set(key, policy);
    return policy;
  };
  return { rules, about };
}

/** Whether the rule is about the change, whatever its conditions say. */
export function isAbout({ change: named }: AccountRule, { action, of }: GovernedChange): boolean {
  if (named === undefined) return true;
  const names = named[action];
  return names === 'all' || names?.includes(of) === true;
}
