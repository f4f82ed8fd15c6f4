/** `client` in `apps/*.yaml`: OpenID Connect client metadata as it is written in a file. */

import { z } from 'zod';
import type { GrantType } from '../../model/app.ts';
import { signingAlgorithms } from '../../model/signing.ts';
import { closed, listOf, secureUrl } from '../fields/fields.ts';

export const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code';
const grantTypes = [
  'authorization_code',
  'refresh_token',
  deviceCode,
  'client_credentials',
] as const satisfies readonly GrantType[];

/** RFC 7517. Private and symmetric keys do not belong into the file of a client. */
const publicKey = z
  .looseObject({
    kty: z
      .enum(['RSA', 'EC', 'OKP'], { error: 'must be RSA, EC or OKP: a symmetric key is a secret' })
      .describe('Type of the key.'),
  })
  .refine((jwk) => !['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth'].some((member) => member in jwk), {
    error: 'is a private key: give the public one only',
  });

const flag = (what: string) => z.boolean().optional().describe(what);
const page = (what: string) => secureUrl.optional().describe(what);

export const clientSchema = closed({
  application_type: z
    .enum(['web', 'native'])
    .default('web')
    .describe('`native` takes loopback redirects on any port (RFC 8252 section 7.3).'),
  redirect_uris: listOf(secureUrl)
    .optional()
    .describe(
      'Exact URLs, https or http on loopback. With `native`, the port of http://127.0.0.1 and http://[::1] is free.',
    ),
  post_logout_redirect_uris: listOf(secureUrl).optional().describe('Exact URLs to which sign-out may return.'),
  grant_types: listOf(z.enum(grantTypes))
    .default(['authorization_code'])
    .describe('Grants. Default: authorization_code.'),
  response_types: z.array(z.literal('code')).max(1).optional().describe('`code` only.'),
  token_endpoint_auth_method: z
    .enum(['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt', 'self_signed_tls_client_auth'])
    .optional()
    .describe(
      'Default: client_secret_basic with a secret, private_key_jwt with keys, none without either. self_signed_tls_client_auth: by a certificate in the `x5c` of its keys (RFC 8705 section 2.2).',
    ),
  subject_type: z.literal('public').optional().describe('`public` only.'),
  id_token_signed_response_alg: z
    .enum(signingAlgorithms)
    .optional()
    .describe('JWS algorithm of ID tokens, one that is enabled. Default: RS256, or the first that is enabled.'),
  jwks: closed({ keys: z.array(publicKey).min(1).describe('The keys, as JWK.') })
    .optional()
    .describe('Its public keys (RFC 7517).'),
  jwks_uri: page('Where its public keys are.'),
  backchannel_logout_uri: page('Receives a logout token when a session ends (OpenID Connect Back-Channel Logout 1.0).'),
  backchannel_logout_session_required: flag('The logout token must name the session.'),
  require_pushed_authorization_requests: flag('Authorization requests must be pushed (RFC 9126).'),
  dpop_bound_access_tokens: flag('Access tokens must be bound to a key (RFC 9449).'),
  tls_client_certificate_bound_access_tokens: flag(
    'Access tokens are bound to the certificate of the app (RFC 8705 section 3).',
  ),
  initiate_login_uri: secureUrl
    .refine((value) => value.startsWith('https:'), { error: 'must be https, also on loopback' })
    .optional()
    .describe('Where a sign-in begins that a third party started (OpenID Connect Core 1.0 section 4).'),
  client_uri: page('Home page.'),
  logo_uri: page('Logo.'),
  policy_uri: page('Privacy policy.'),
  tos_uri: page('Terms of service.'),
  default_max_age: z
    .int()
    .min(0)
    .optional()
    .describe('Oldest authentication, in seconds, when the request says nothing.'),
  require_signed_request_object: flag('Authorization requests must come in a signed request object (RFC 9101).'),
  request_object_signing_alg: z
    .enum(signingAlgorithms)
    .optional()
    .describe('JWS algorithm of its request objects. Default: any that is supported.'),
  default_acr_values: listOf(z.string()).optional().describe('`acr` values, when the request names none.'),
  require_auth_time: flag('ID tokens must hold auth_time.'),
  scope: z.string().min(1).optional().describe('Scopes that it may ask for, separated by spaces. Default: all.'),
});

export type ClientInput = z.output<typeof clientSchema>;
