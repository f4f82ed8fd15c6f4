/** The names that distinguish a user's authenticators. */
import type { Credential } from '../../../authenticators/authenticator.ts';
import type { Services } from '../../services.ts';

/**
 * By id of the enrollment: its label, or, for one of several unlabelled enrollments of a kind, the address of its
 * messages. Never shown before a proof.
 */
export function authenticatorNames(
  { authenticators }: Pick<Services, 'authenticators'>,
  all: readonly Credential[],
): ReadonlyMap<string, string | undefined> {
  const isOneOfSeveral = ({ authenticator }: Credential): boolean =>
    all.filter((other) => other.authenticator === authenticator).length > 1;
  const addressOf = (credential: Credential) =>
    authenticators.get(credential.authenticator)?.maskedAddress?.(credential);
  return new Map(
    all.map((credential) => [
      credential.id,
      credential.label ?? (isOneOfSeveral(credential) ? addressOf(credential) : undefined),
    ]),
  );
}
