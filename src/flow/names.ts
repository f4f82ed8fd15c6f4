/** How people tell their authenticators apart. */
import type { Credential } from '../authenticators/authenticator.ts';
import type { Runtime } from './runtime.ts';

/** The name that the owner gave it; of several of a kind, one without goes by where its messages go. Never shown before a proof. */
export function nameOf(
  { authenticators }: Pick<Runtime, 'authenticators'>,
  all: readonly Credential[],
  credential: Credential,
): string | undefined {
  const { label, authenticator } = credential;
  const isOneOfSeveral = all.filter((other) => other.authenticator === authenticator).length > 1;
  return label ?? (isOneOfSeveral ? authenticators.get(authenticator)?.address?.(credential) : undefined);
}
