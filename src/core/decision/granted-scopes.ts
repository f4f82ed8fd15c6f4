/** Which scopes tokens may carry: what was asked for, as far as the rule of the app grants it. */
import type { Rule } from '../model/policy.ts';

/** Scopes of the protocol: what they stand for is decided elsewhere. */
export const protocolScopes: readonly string[] = ['openid', 'offline_access'];

/** Of these scopes, those that the rule grants. Without a rule, or one that says nothing about scopes: all. */
export function grantedScopes(scopes: readonly string[], rule: Rule | undefined): readonly string[] {
  const granted = rule?.then.kind === 'allow' ? rule.then.scopes : undefined;
  return granted === undefined
    ? scopes
    : scopes.filter((scope) => protocolScopes.includes(scope) || granted.includes(scope));
}

/** For a decision: absent where nothing is cut. */
export function cutScopes(scopes: readonly string[], rule: Rule | undefined): { readonly scopes?: readonly string[] } {
  const granted = grantedScopes(scopes, rule);
  return granted.length === scopes.length ? {} : { scopes: granted };
}
