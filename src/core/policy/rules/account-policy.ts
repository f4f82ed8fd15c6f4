/**
 * The compiled account policy. For each kind of change it holds a policy of the rules about that change, compiled when
 * first needed; changes that the same rules are about have one and the same.
 */
import type { AccountPolicy, AccountRule, GovernedChange } from '../../model/account-policy.ts';
import { type CompiledAccountPolicy, type CompiledPolicy, compilePolicy } from './compile.ts';

/**
 * Compiles the account policy.
 * @throws what `compilePolicy` throws
 */
export function compileAccountPolicy({ name, rules }: AccountPolicy): CompiledAccountPolicy {
  const made = new Map<string, CompiledPolicy>();
  const byRules = new Map<string, CompiledPolicy>();
  const compiledFor = (change: GovernedChange): CompiledPolicy => {
    const some = rules.filter((rule) => isAbout(rule, change));
    const key = rules.map((rule) => some.includes(rule)).join();
    const policy = byRules.get(key) ?? compilePolicy({ name, rules: some });
    byRules.set(key, policy);
    return policy;
  };
  const about = (change: GovernedChange): CompiledPolicy => {
    const key = `${change.action} ${change.of}`;
    const policy = made.get(key) ?? compiledFor(change);
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
