/**
 * The relying party of passkeys: its id (Web Authentication Level 3 section 5.1.2), and the origins whose pages may use
 * it. See decision 39.
 */
import { z } from 'zod';
import type { RelyingParty } from '../../policy/model/authenticator-kind.ts';
import { listOf, secureUrl } from '../../policy/schema/fields/fields.ts';
import type { AuthenticatorContext } from '../authenticator.ts';

/** A domain in the form that browsers compare. IP addresses are not allowed (section 5.1.3). */
const domain = /^(?=.{1,253}$)(?:localhost|(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9-]{2,63})$/;

export const relyingPartySettings = {
  rpId: z
    .string()
    .regex(domain, { error: 'must be a domain in lower case, such as example.org' })
    .optional()
    .describe(
      'The domain that passkeys are made for: the host of the issuer (the default), or a domain above it. A passkey never works for another one, so a change is refused while it would orphan passkeys.',
    ),
  origins: listOf(
    secureUrl.refine((value) => URL.parse(value)?.origin === value, {
      error: 'must be an origin, such as https://id.example.org, without a path',
    }),
  )
    .optional()
    .describe(
      'Other origins whose pages may use these passkeys. /.well-known/webauthn lists them with the issuer; browsers ask for it at https://<rpId>/ only.',
    ),
} as const;

/** Undefined if there is no issuer to take the host from. `settings`: as parsed by the schema above. */
export function relyingPartyIn(settings: Readonly<Record<string, unknown>>, issuer?: string): RelyingParty | undefined {
  const { rpId, origins } = settings as { readonly rpId?: string; readonly origins?: readonly string[] };
  const url = issuer === undefined ? null : URL.parse(issuer);
  const id = rpId ?? url?.hostname;
  if (id === undefined) return undefined;
  return { id, origins: [...new Set([...(url ? [url.origin] : []), ...(origins ?? [])])] };
}

/** The relying party and origin for which a ceremony counts. */
export interface CeremonyPlace {
  /** The relying party id. */
  readonly id: string;
  /** The issuer's own origin. All our pages are there, so an answer from another origin never counts. */
  readonly origin: string;
}

/** Both come from the configuration, never from a request. */
export function ceremonyPlace({
  issuer,
  settings = {},
}: Pick<AuthenticatorContext, 'issuer' | 'settings'>): CeremonyPlace {
  const { hostname, origin } = new URL(issuer);
  return { id: relyingPartyIn(settings, issuer)?.id ?? hostname, origin };
}
