/** The names by which users tell their authenticators apart. */
import type { Credential } from '../../../authenticators/authenticator.ts';
import type { Services } from '../../services.ts';

/**
 * By id of the enrollment: the label, or, for one of several of a kind without a label, where its messages are sent.
 * Never shown before a proof.
 */
export function authenticatorNames(
  { authenticators }: Pick<Services, 'authenticators'>,
  all: readonly Credential[],
): ReadonlyMap<string, string | undefined> {
  const isOneOfSeveral = ({ authenticator }: Credential): boolean =>
    all.filter((other) => other.authenticator === authenticator).length > 1;
  const addressOf = (one: Credential) => authenticators.get(one.authenticator)?.maskedAddress?.(one);
  return new Map(all.map((one) => [one.id, one.label ?? (isOneOfSeveral(one) ? addressOf(one) : undefined)]));
}
