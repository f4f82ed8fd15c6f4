/**
 * The FAPI 2.0 Security Profile for apps that use it, and signed authorization requests (RFC 9101). The profile belongs
 * to the app, so one provider serves both kinds. Parts of it are in the client's metadata: see `clientMetadata`.
 */

import { decodeJwt, decodeProtectedHeader } from 'jose';
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { oneHour } from '../../core/model/durations.ts';
import type { Seconds } from '../../core/model/facts.ts';
import type { App } from '../../policy/model/app.ts';
import { currentRequest } from '../request-scope.ts';

type ClientAssertionCheck = NonNullable<Configuration['assertJwtClientAuthClaimsAndHeader']>;

/** The profile of the app in this request. Undefined if it has none. */
function profileOf(client: { readonly clientId: string } | undefined): App['securityProfile'] {
  return currentRequest().apps.get(client?.clientId ?? '')?.securityProfile;
}

export const fapiFeature: NonNullable<Configuration['features']>['fapi'] = {
  enabled: true,
  profile: (_ctx, client) => (profileOf(client) === 'fapi2' ? '2.0' : undefined),
};

/**
 * FAPI 2.0 Security Profile section 5.3.2.1: `aud` is the issuer, as a string; section 5.4: no RS256. The algorithm
 * limits also apply to a DPoP proof in the same request (RFC 9449).
 */
export const checkClientAssertion: ClientAssertionCheck = async (ctx, ...[claims, header, client]) => {
  if (profileOf(client) !== 'fapi2') return;
  if (claims.aud !== ctx.oidc.issuer)
    throw new errors.InvalidClientAuth('audience (aud) must equal the issuer identifier, as a string');
  if (header.alg === 'RS256') throw new errors.InvalidClientAuth('alg mismatch');
  if (isFromTheFuture(claims)) throw new errors.InvalidClientAuth('issued too far in the future');
  const proof = ctx.get('dpop');
  if (proof !== '' && algorithmOf(proof) === 'RS256') throw new errors.InvalidDpopProof('unsupported alg');
};

/**
 * How far an app's clock may be ahead (seconds; FAPI 2.0 Security Profile section 5.3.2.1). oidc-provider checks `iat`
 * only if there is no `exp`.
 */
const furthestAhead: Seconds = 60;

function isFromTheFuture(claims: Readonly<Record<string, unknown>>): boolean {
  const limit = Math.floor(Date.now() / 1000) + furthestAhead;
  return [claims.iat, claims.nbf].some((time) => Number(time) > limit);
}

function algorithmOf(jwt: string): unknown {
  try {
    return decodeProtectedHeader(jwt).alg;
  } catch {
    return undefined;
  }
}

/**
 * The longest lifetime of a request object of an app with the profile (seconds; FAPI 2.0 Message Signing section
 * 5.3.1).
 */
const longestRequestObject: Seconds = oneHour;

type RequestObjects = NonNullable<NonNullable<Configuration['features']>['requestObjects']>;

export const requestObjectsFeature: RequestObjects = {
  enabled: true,
  async assertJwtClaimsAndHeader(_ctx, ...[claims, header, client]) {
    // A pushed request is stored as an object that we created ourselves (`alg: none`).
    if (profileOf(client) !== 'fapi2' || header.alg === 'none') return;
    if (header.alg === 'RS256') throw new errors.InvalidRequestObject('unsupported signed request alg');
    if (isFromTheFuture(claims)) throw new errors.InvalidRequestObject('issued too far in the future');
    for (const name of ['exp', 'aud', 'nbf'])
      if (claims[name] === undefined) throw new errors.InvalidRequestObject(`Request Object is missing '${name}'`);
    const life = Number(claims.exp) - Number(claims.nbf);
    if (!(life > 0 && life <= longestRequestObject))
      throw new errors.InvalidRequestObject("Request Object 'exp' claim too far from 'nbf' claim");
  },
};

/**
 * Refuses a request object that is unsigned, or of an app without keys to sign it (OpenID Connect Core section
 * 3.1.2.6). The error uses the requested response mode or, for a pushed request, the response itself. Called when the
 * app is looked up: the error handler looks it up again and then finds it. Throws `RequestNotSupported`.
 */
export function refuseUnsignedRequest(ctx: KoaContextWithOIDC, { client }: App): void {
  const { params, body } = ctx.oidc;
  // While the app that pushes a request is being authenticated, its parameters are only in the body.
  const request = params?.request ?? body?.request;
  if (typeof request !== 'string' || currentRequest().hasRefusedRequestObject) return;
  const hasKeys = client.jwks !== undefined || client.jwks_uri !== undefined;
  if (hasKeys && algorithmOf(request) !== 'none') return;
  currentRequest().hasRefusedRequestObject = true;
  if (params?.request !== undefined) params.response_mode ??= modeIn(request);
  throw new errors.RequestNotSupported();
}

/** The response mode named by an untrusted request object. It only decides the form of a refusal. */
function modeIn(request: string): string | undefined {
  try {
    const mode = decodeJwt(request).response_mode;
    return typeof mode === 'string' ? mode : undefined;
  } catch {
    return undefined;
  }
}
