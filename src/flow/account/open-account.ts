/** A user on the account pages. This needs an SSO session that the policies admit at this moment (Law 5). */

import { evaluate } from '../../core/decision/evaluate.ts';
import { changeScope, scopeOfChange } from '../../core/enrollment/account-request.ts';
import type { GovernedChange } from '../../core/model/account-policy.ts';
import type { Facts } from '../../core/model/facts.ts';
import { neutralRequest } from '../../core/model/neutral-facts.ts';
import type { PolicySet } from '../../core/policy/rules/compile.ts';
import { accountClientId } from '../../policy/model/account-client-id.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import type { VersionedAccount } from '../../users/record/account.ts';
import type { SsoSession } from '../browser/sso-session.ts';
import type { Visitor } from '../browser/visitor.ts';
import { loadAccount } from '../facts/account.ts';
import { gatherFacts } from '../facts/gather.ts';
import type { MessageContext } from '../notify/enqueue-messages.ts';
import type { Services } from '../services.ts';

export interface OpenAccount {
  readonly services: Services;
  readonly unit: UnitOfWork;
  readonly visitor: Visitor;
  readonly account: VersionedAccount;
  readonly session: SsoSession;
  readonly snapshot: Snapshot;
  readonly policies: PolicySet;
  readonly facts: Facts;
}

/** Undefined if the user has to sign in or to prove more. `session`: the browser's session, unless it is over. */
export async function openAccount(
  services: Services,
  { unit, visitor }: { readonly unit: UnitOfWork; readonly visitor: Visitor },
  session: SsoSession | undefined,
): Promise<OpenAccount | undefined> {
  if (!session?.accountId) return undefined;
  const account = await loadAccount(unit, session.accountId);
  const snapshot = await services.snapshot(unit);
  const app = await snapshot.app(accountClientId);
  if (!account || !app) return undefined;
  const policies = await snapshot.policies(app);
  const sources = { unit, snapshot, visitor, now: services.now() };
  const facts = await gatherFacts(sources, {
    request: neutralRequest(accountClientId, ['openid']),
    subjectId: session.accountId,
    session: session.uid,
  });
  if (evaluate(policies, facts).kind !== 'allow') return undefined;
  return { services, unit, visitor, account, session, snapshot, policies, facts };
}

/**
 * Whether the user may make this change. Law 7: the user proved the strongest level that the account can reach within
 * the last 5 minutes. The account policy may ask for more. `change` is absent for changes of neither an authenticator
 * nor an identifier.
 */
export function mayChange({ policies, facts }: OpenAccount, change?: GovernedChange): boolean {
  const scope = change ? scopeOfChange(change) : changeScope;
  return evaluate(policies, { ...facts, request: neutralRequest(accountClientId, ['openid', scope]) }).kind === 'allow';
}

/** The context for sending messages about this account. */
export function senderOf({
  services,
  unit,
  visitor,
  account,
}: Pick<OpenAccount, 'services' | 'unit' | 'visitor' | 'account'>): MessageContext {
  return { services, unit, visitor, account, client: accountClientId };
}
