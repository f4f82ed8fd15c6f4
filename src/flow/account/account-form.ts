/**
 * Forms of the account pages. Each form is bound to its session, its action, and the state of the account when the page
 * was made.
 */
import { timingSafeEqual } from 'node:crypto';
import { serverMac } from '../server-mac.ts';
import type { OpenAccount } from './open-account.ts';

/**
 * `action`: names what the form changes. A form of another session, another action or an older state does not verify.
 */
export function accountHandle(context: OpenAccount, action: string): string {
  return handleUnder(context.services.secrets(), context, action);
}

export function isAccountHandle(context: OpenAccount, action: string, handle: string | undefined): boolean {
  const given = Buffer.from(handle ?? '');
  return context.services.secrets().some((secret) => {
    const expected = Buffer.from(handleUnder([secret], context, action));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
}

function handleUnder(
  secrets: readonly string[],
  { session, account: { credentialsVersion, userVersion } }: OpenAccount,
  action: string,
): string {
  return serverMac(secrets, 'account form', [session.uid, action, String(credentialsVersion), String(userVersion)]);
}
