/** Tells people at all their addresses that their account was changed, so that whoever did it cannot do so unseen. */
import { browserInWords } from '../../authenticators/browser-in-words.ts';
import { mailAddress } from '../../core/mail-address.ts';
import { enqueue } from '../../delivery/outbox.ts';
import type { Account } from '../../users/user.ts';
import type { OpenAccount } from './open-account.ts';

export type AccountChange = 'renamed' | 'removed' | 'session_ended' | 'sessions_ended';

/** Seconds after which the news is too old to be sent. */
const lifetime = 86_400;

/** The verified address of the profile, and those that are enrolled to prove with. */
export function noticeAddresses({ user, credentials }: Account): readonly string[] {
  const { email, emailVerified } = user.profile;
  const enrolled = credentials.map(({ secret }) => secret.address);
  const addresses = [...(emailVerified === true ? [email] : []), ...enrolled].flatMap((text) =>
    typeof text === 'string' ? (mailAddress(text) ?? []) : [],
  );
  return addresses.filter((one, at) => addresses.findIndex((other) => same(one, other)) === at);
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** In the commit of the change. The account as it was before: an address that is taken away is told too. */
export function tellOfChange(
  { unit, runtime, account, snapshot, visitor }: OpenAccount,
  event: AccountChange,
  authenticator = '',
): void {
  const now = runtime.now();
  const who = account.user.identifiers[0] ?? account.user.id;
  const asked = { ip: visitor.ip, ...browserInWords(visitor.userAgent) };
  const params = { brand: snapshot.settings.brand.name, identifier: who, event, authenticator, ...asked };
  for (const to of noticeAddresses(account)) {
    enqueue(unit, { channel: 'email', to, template: 'account-changed', params, expires: now + lifetime }, now);
  }
}
