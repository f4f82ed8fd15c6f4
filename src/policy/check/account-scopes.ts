/** The scopes of the pages of the account, which no file names. */
import { changeScope, enrollScope, recoverScope, scopeOfChange } from '../../core/enrollment/account-request.ts';
import { accountIdentifiers, changeActions } from '../../core/model/account-policy.ts';

export function accountScopes(authenticators: readonly { readonly key: string }[]): readonly string[] {
  const keys = authenticators.map(({ key }) => key);
  const changed = [...new Set([...keys, ...accountIdentifiers])];
  const changes = changeActions.flatMap((action) => changed.map((of) => scopeOfChange({ action, of })));
  return [changeScope, recoverScope, ...keys.map(enrollScope), ...changes];
}
