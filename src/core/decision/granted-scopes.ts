/** The scopes that tokens may carry: those requested that the app's rule grants. */
import type { Rule } from '../model/policy.ts';

/** Scopes of the protocol itself. Rules do not grant them: other checks decide about them. */
export const protocolScopes: readonly string[] = ['openid', 'offline_access'];

/** The scopes among these that the rule grants. All of them if there is no rule or the rule lists no scopes. */
export function grantedScopes(scopes: readonly string[], rule: Rule | undefined): readonly string[] {
  const granted = rule?.then.kind === 'allow' ? rule.then.scopes : undefined;
  return granted === undefined
    ? scopes
    : scopes.filter((scope) => protocolScopes.includes(scope) || granted.includes(scope));
}

/** The `scopes` member of a decision. Absent if the rule grants everything that was requested. */
export function cutScopes(scopes: readonly string[], rule: Rule | undefined): { readonly scopes?: readonly string[] } {
  const granted = grantedScopes(scopes, rule);
  return granted.length === scopes.length ? {} : { scopes: granted };
}
