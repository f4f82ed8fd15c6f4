/** What browsers are told about the credentials that they store for a user. See decision 40. */
import type { CredentialSignal, Refused } from '../../authenticators/authenticator.ts';
import type { Facts, Seconds } from '../../core/model/facts.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import type { Account } from '../../users/record/user.ts';
import { isReserved } from '../../users/reservations/credential-reservations.ts';
import type { Services } from '../services.ts';
import { loadAccount } from './account.ts';

/** A credential that a user does not have, as its authenticator reported it. */
export interface UnknownCredential extends NonNullable<Refused['unknownCredential']> {
  readonly authenticator: string;
}

/**
 * Signals for the browser that answered with the credential. Empty while any account has it. Rejects with
 * `StoreUnavailable`.
 */
export async function unknownSignals(
  unit: UnitOfWork,
  { signal, ...credential }: UnknownCredential,
  now: Seconds,
): Promise<readonly CredentialSignal[]> {
  return (await isReserved(unit, credential, now)) ? [] : [signal];
}

/** Only for a browser whose user is signed in or has proved something. */
export function credentialSignals(
  { authenticators, issuer }: Services,
  { settings: all }: Snapshot,
  { user, credentials }: Account,
): readonly CredentialSignal[] {
  return Array.from(authenticators).flatMap(([key, authenticator]) => {
    const settings = all.authenticators[key];
    if (!settings?.enabled || !authenticator.signal) return [];
    const enrolled = credentials.filter((credential) => credential.authenticator === key);
    return [authenticator.signal(user, { issuer, settings, enrolled })];
  });
}

interface SignalSources {
  readonly services: Services;
  readonly snapshot: Snapshot;
  readonly request: { readonly unit: UnitOfWork };
}

/** Signals about the user of these facts. Empty before the user has proved something, now or in the session. */
export async function provedSignals(
  { services, snapshot, request }: SignalSources,
  { subject, evidence }: Pick<Facts, 'subject' | 'evidence'>,
): Promise<readonly CredentialSignal[]> {
  if (subject === undefined || !evidence.some((proof) => proof.subject === subject.id)) return [];
  const account = await loadAccount(request.unit, subject.id);
  return account ? credentialSignals(services, snapshot, account) : [];
}
