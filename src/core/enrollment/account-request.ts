/** What a user wants to do in the built-in account app. The scopes of the request say it. */
import { changeActions, type GovernedChange } from '../model/account-policy.ts';
import type { Evidence, Facts, RequestFacts } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';

/** What a request to the account app is for. */
export type AccountPurpose =
  | { readonly kind: 'view' }
  /**
   * The user is about to change the account, which takes the account-management requirement (Law 7). `change`: what
   * the account policy is asked about; absent: it is neither an authenticator nor an identifier.
   */
  | { readonly kind: 'change'; readonly change?: GovernedChange }
  /** The user wants to enroll this authenticator, which takes the account-management requirement, too. */
  | { readonly kind: 'enroll'; readonly authenticator: string };

/** The scope of a user who wants a new password: the sign-in begins as a recovery. */
export const recoverScope = 'account:recover';

/** The scope that asks for the account-management requirement. */
export const changeScope = 'account:change';
const enrollPrefix = 'account:enroll:';

/** The scope that asks for what this change takes. */
export function scopeOfChange({ action, of }: GovernedChange): string {
  return `${changeScope}:${action}:${of}`;
}

/** The scope that asks to enroll this authenticator. */
export function enrollScope(authenticator: string): string {
  return `${enrollPrefix}${authenticator}`;
}

/** The purpose that asks for most. */
export function accountPurpose({ scopes }: RequestFacts): AccountPurpose {
  const enroll = scopes.find((scope) => scope.startsWith(enrollPrefix));
  if (enroll !== undefined) return { kind: 'enroll', authenticator: enroll.slice(enrollPrefix.length) };
  const change = scopes.map(changeIn).find((governedChange) => governedChange !== undefined);
  if (change) return { kind: 'change', change };
  return { kind: scopes.some(isChange) ? 'change' : 'view' };
}

function isChange(scope: string): boolean {
  return scope === changeScope || scope.startsWith(`${changeScope}:`);
}

/** Undefined: the scope names no change that there is. */
function changeIn(scope: string): GovernedChange | undefined {
  const [, , action, ...of] = isChange(scope) ? scope.split(':') : [];
  const known = changeActions.find((changeAction) => changeAction === action);
  return known && { action: known, of: of.join(':') };
}

/** The user has enrolled the authenticator in this very transaction, so the purpose of the request is fulfilled. */
export function isEnrolledHere(authenticator: string, { evidence, subject, transaction }: Facts): boolean {
  const isIt = (proof: Evidence) =>
    (proof.origin === 'enrollment' || proof.origin === 'registration') &&
    proof.authenticator === authenticator &&
    proof.subject === subject?.id &&
    proof.transaction === transaction?.id;
  return evidence.some(isIt);
}

/** The authenticator that the user asked to enroll in the account app, as long as it is not enrolled. */
export function requestedAtAccount({ isAccountApp }: PolicySet, facts: Facts): string | undefined {
  const purpose = isAccountApp ? accountPurpose(facts.request) : undefined;
  if (purpose?.kind !== 'enroll' || isEnrolledHere(purpose.authenticator, facts)) return undefined;
  return purpose.authenticator;
}
