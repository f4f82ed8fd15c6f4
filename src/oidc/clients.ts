/** Converts apps to oidc-provider's client metadata. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { AdapterPayload, Provider } from 'oidc-provider';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import type { App } from '../policy/model/app.ts';
import { type SigningAlgorithm, usualAlgorithm } from '../policy/model/signing.ts';
import { currentRequest } from './request-scope.ts';

/**
 * Contains the hash of the secret instead of the secret; `compareSecretsByHash` makes the provider compare hashes.
 * `signs`: the algorithms that can sign now. If the app's algorithm was enabled too recently to sign, the default one
 * is used.
 */
export function clientMetadata(app: App, signs: readonly SigningAlgorithm[]): AdapterPayload {
  const { client } = app;
  return {
    ...client,
    id_token_signed_response_alg: usableAlgorithm(client.id_token_signed_response_alg, signsFor(app, signs)),
    ...(app.securityProfile === 'fapi2' && {
      require_pushed_authorization_requests: true,
      // By its certificate, or by a key of its own.
      dpop_bound_access_tokens: client.tls_client_certificate_bound_access_tokens !== true,
    }),
    client_id: app.clientId,
    client_name: app.name,
    // A delayed logout token must not end newer sessions, so each token names the session that ended.
    ...('backchannel_logout_uri' in client && { backchannel_logout_session_required: true }),
    ...omitUndefined({ client_secret: app.clientSecretHash }),
  } as AdapterPayload;
}

/** The available algorithms that may sign for this app (FAPI 2.0 Security Profile section 5.4). */
export function signsFor(app: App | undefined, signs: readonly SigningAlgorithm[]): readonly SigningAlgorithm[] {
  return app?.securityProfile === 'fapi2' ? signs.filter((algorithm) => algorithm !== 'RS256') : signs;
}

/** The preferred algorithm, if it can sign now. */
export function usableAlgorithm(
  wanted: SigningAlgorithm | undefined,
  signs: readonly SigningAlgorithm[],
): SigningAlgorithm {
  return wanted !== undefined && signs.includes(wanted) ? wanted : usualAlgorithm(signs);
}

export function compareSecretsByHash(provider: Provider): void {
  provider.Client.prototype.compareClientSecret = function compareClientSecret(
    this: { clientSecret?: string },
    presented: string,
  ) {
    return this.clientSecret !== undefined && matchesSecret(this.clientSecret, presented);
  };
}

/** Compares a presented secret with `sha256:<base64url>`, in constant time. */
function matchesSecret(hash: string, presented: string): boolean {
  const expected = Buffer.from(hash.replace(/^sha256:/, ''), 'base64url');
  const given = createHash('sha256').update(presented).digest();
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/**
 * Whether the credentials by which this request authenticated the app are still valid, since the request may learn of a
 * newer revision on its way. Name, policy and other metadata are ignored.
 */
export function isSameClient(clientId: string, newest: App): boolean {
  const used = currentRequest().apps.get(clientId);
  return used !== undefined && (used === newest || credentialsFingerprint(used) === credentialsFingerprint(newest));
}

/** The app's credentials in a comparable form. */
function credentialsFingerprint({ clientSecretHash, client }: App): string {
  return JSON.stringify([clientSecretHash, client.token_endpoint_auth_method, client.jwks, client.jwks_uri]);
}
