/**
 * Every form of the account pages proves what it is about: session, action, and the state of the account that it was
 * made from.
 */
import { timingSafeEqual } from 'node:crypto';
import { serverMac } from '../server-mac.ts';
import type { OpenAccount } from './open-account.ts';

/** `action` names what is changed; a form of another session, another action or an older account does not verify. */
export function accountHandle({ services, session, account }: OpenAccount, action: string): string {
  return handleUnder(services.secrets(), session.uid, account, action);
}

export function isAccountHandle(context: OpenAccount, action: string, handle: string | undefined): boolean {
  const given = Buffer.from(handle ?? '');
  return context.services.secrets().some((secret) => {
    const expected = Buffer.from(handleUnder([secret], context.session.uid, context.account, action));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
}

function handleUnder(
  secrets: readonly string[],
  session: string,
  { credentialsVersion, userVersion }: OpenAccount['account'],
  action: string,
): string {
  return serverMac(secrets, 'account form', [session, action, String(credentialsVersion), String(userVersion)]);
}
