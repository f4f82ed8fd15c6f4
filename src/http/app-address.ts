/** Where an app begins a sign-in by itself, or is at home. */
import type { ClientMetadata } from '../policy/model/app.ts';

/**
 * `initiate_login_uri` with the issuer (OpenID Connect Core section 4), else `client_uri`. `undefined`: it has neither.
 */
export function appAddress(
  { initiate_login_uri: initiate, client_uri: home }: Pick<ClientMetadata, 'initiate_login_uri' | 'client_uri'>,
  issuer: string,
): string | undefined {
  if (initiate === undefined) return home;
  const url = new URL(initiate);
  url.searchParams.set('iss', issuer);
  return url.href;
}
