/** What somebody wants at their own account: a request to the built-in account app says so by its scopes. */
import type { Evidence, Facts, RequestFacts } from '../model/facts.ts';

export type AccountPurpose =
  | { readonly kind: 'view' }
  /** Something is about to be changed: that takes the bar of Law 7. */
  | { readonly kind: 'change' }
  /** This authenticator is to be enrolled, behind the same bar. */
  | { readonly kind: 'enroll'; readonly authenticator: string };

export const changeScope = 'account:change';
const enrollPrefix = 'account:enroll:';

export function enrollScope(authenticator: string): string {
  return `${enrollPrefix}${authenticator}`;
}

/** The most that the scopes ask for. */
export function accountPurpose({ scopes }: RequestFacts): AccountPurpose {
  const enroll = scopes.find((scope) => scope.startsWith(enrollPrefix));
  if (enroll !== undefined) return { kind: 'enroll', authenticator: enroll.slice(enrollPrefix.length) };
  return { kind: scopes.includes(changeScope) ? 'change' : 'view' };
}

/** It was enrolled in this very transaction: what was wanted is done. */
export function isEnrolledHere(authenticator: string, { evidence, subject, transaction }: Facts): boolean {
  const isIt = (one: Evidence) =>
    one.origin === 'enrollment' &&
    one.authenticator === authenticator &&
    one.subject === subject?.id &&
    one.transaction === transaction?.id;
  return evidence.some(isIt);
}
