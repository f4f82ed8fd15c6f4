/**
 * The compiled account policy. For each kind of change it holds a policy of the rules about that change, compiled when
 * first needed.
 */
import type { AccountPolicy, AccountRule, GovernedChange } from '../../model/account-policy.ts';
import { type CompiledAccountPolicy, type CompiledPolicy, compilePolicy } from './compile.ts';

/**
 * Compiles the account policy.
 * @throws what `compilePolicy` throws
 */
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

/** Whether the rule is about this change. Its conditions are not considered. */
export function isAbout({ change: named }: AccountRule, { action, of }: GovernedChange): boolean {
  if (named === undefined) return true;
  const names = named[action];
  return names === 'all' || names?.includes(of) === true;
}

/** The authenticators and identifiers that the rule names. */
export function namedInChanges({ change = {} }: Pick<AccountRule, 'change'>): readonly string[] {
  return Object.values(change).flatMap((names) => (names === 'all' ? [] : names));
}
