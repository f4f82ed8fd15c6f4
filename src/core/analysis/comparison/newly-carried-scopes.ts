/** The scopes that tokens carry after a change, and did not before. */
import { grantedScopes } from '../../decision/granted-scopes.ts';
import type { Rule } from '../../model/policy.ts';
import type { PolicySides } from './deciding-together.ts';

/** Names of scopes. `any`: all that are asked for. */
export type MoreScopes = 'any' | readonly string[];

/** A rule that names no scopes grants all. Undefined: tokens carry no scope that they did not carry before. */
export function moreScopes(
  before: Rule | undefined,
  now: Rule | undefined,
  refused: PolicySides['refused'],
): MoreScopes | undefined {
  const [then, scopes] = [scopesOf(before), scopesOf(now)];
  if (then !== undefined && scopes === undefined) return 'any';
  const isGranted = (scope: string) => grantedScopes([scope], now).length > 0;
  const askable = [...(then ? (scopes ?? []) : []), ...(refused?.active.scopes.filter(isGranted) ?? [])];
  const more = [...new Set(askable)].filter((scope) => isNewScope(scope, before, refused));
  return more.length === 0 ? undefined : more;
}

/** Requests may ask for it, and tokens could not carry it before. */
export function isNewScope(scope: string, before: Rule | undefined, refused: PolicySides['refused']): boolean {
  if (refused?.next.scopes.includes(scope)) return false;
  return grantedScopes([scope], before).length === 0 || refused?.active.scopes.includes(scope) === true;
}

function scopesOf(rule: Rule | undefined): readonly string[] | undefined {
  return rule?.then.kind === 'allow' ? rule.then.scopes : undefined;
}
