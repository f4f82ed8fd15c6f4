/** `apps/*.yaml`. Comes out as `App`. */

import { z } from 'zod';
import type { ExactOptional } from '../../core/model/omit-undefined.ts';
import { accountClientId } from '../model/account-client-id.ts';
import type { App, ClientMetadata, GrantType } from '../model/app.ts';
import { signingAlgorithms } from '../model/signing.ts';
import { closed, duration, isLoopback, key, listOf, secureUrl, text } from './fields.ts';

const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code';
const grantTypes = ['authorization_code', 'refresh_token', deviceCode] as const satisfies readonly GrantType[];

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

const clientSchema = closed({
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
    .enum(['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'])
    .optional()
    .describe('Default: client_secret_basic with a secret, private_key_jwt with keys, none without either.'),
  subject_type: z.literal('public').optional().describe('`public` only.'),
  id_token_signed_response_alg: z
    .enum(signingAlgorithms)
    .optional()
    .describe('JWS algorithm of ID tokens, one that is enabled. Default: RS256, or the first that is enabled.'),
  jwks: closed({ keys: z.array(publicKey).min(1).describe('The keys, as JWK.') })
    .optional()
    .describe('Its public keys (RFC 7517).'),
  jwks_uri: page('Where its public keys are.'),
  backchannel_logout_uri: page('Is told when a session ends (OpenID Connect Back-Channel Logout 1.0).'),
  backchannel_logout_session_required: flag('The logout token must name the session.'),
  require_pushed_authorization_requests: flag('Authorization requests must be pushed (RFC 9126).'),
  dpop_bound_access_tokens: flag('Access tokens must be bound to a key (RFC 9449).'),
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
  default_acr_values: listOf(z.string()).optional().describe('`acr` values, when the request names none.'),
  require_auth_time: flag('ID tokens must hold auth_time.'),
  scope: z.string().min(1).optional().describe('Scopes that it may ask for, separated by spaces. Default: all.'),
});

type ClientInput = z.output<typeof clientSchema>;

interface AppInput {
  readonly client: ClientInput;
  readonly clientSecretHash?: string | undefined;
  readonly pkce: App['pkce'];
  readonly firstParty: boolean;
  readonly requiredScopes: readonly string[];
}

/** What is wrong between the fields of an app, each with the path that it belongs to. */
function clientContradictions({ client, clientSecretHash, pkce, firstParty, requiredScopes }: AppInput) {
  const found: { path: string[]; message: string }[] = [];
  const add = (field: string, message: string) => found.push({ path: ['client', field], message });
  const method = authMethod(client, clientSecretHash);
  const withCode = client.grant_types.includes('authorization_code');
  if (pkce === 'optional' && method === 'none')
    found.push({ path: ['pkce'], message: 'must be `required`: nothing else protects the codes of a public client' });
  if (firstParty && requiredScopes.length > 0)
    found.push({ path: ['requiredScopes'], message: 'has no use with `firstParty: true`: users are not asked' });
  const allowed = client.scope?.split(' ');
  for (const [index, scope] of requiredScopes.entries()) {
    if (allowed && !allowed.includes(scope))
      found.push({ path: ['requiredScopes', String(index)], message: 'is not among the scopes in `client.scope`' });
  }
  if (withCode && !client.redirect_uris) add('redirect_uris', 'is missing: the authorization_code grant needs it');
  if (!withCode && client.redirect_uris) add('redirect_uris', 'has no use without the authorization_code grant');
  if (!withCode && !client.grant_types.includes(deviceCode))
    add('grant_types', 'must hold authorization_code or device_code');
  if (method.startsWith('client_secret') !== (clientSecretHash !== undefined)) {
    add(
      'token_endpoint_auth_method',
      clientSecretHash ? 'does not use the secret: remove clientSecretHash' : 'needs clientSecretHash',
    );
  }
  const keys = client.jwks !== undefined || client.jwks_uri !== undefined;
  if (method === 'private_key_jwt' && !keys) add('token_endpoint_auth_method', 'needs jwks or jwks_uri');
  if (client.jwks && client.jwks_uri) add('jwks_uri', 'cannot stand beside jwks');
  for (const [index, uri] of (client.redirect_uris ?? []).entries()) {
    const url = URL.canParse(uri) ? new URL(uri) : undefined;
    if (client.application_type === 'native' && url?.protocol === 'https:' && isLoopback(url.hostname)) {
      found.push({
        path: ['client', 'redirect_uris', String(index)],
        message: 'must be http: native apps have no certificate for loopback',
      });
    }
  }
  return found;
}

function authMethod(
  client: ClientInput,
  clientSecretHash: string | undefined,
): ClientMetadata['token_endpoint_auth_method'] {
  if (client.token_endpoint_auth_method) return client.token_endpoint_auth_method;
  if (clientSecretHash !== undefined) return 'client_secret_basic';
  return client.jwks || client.jwks_uri ? 'private_key_jwt' : 'none';
}

export const appSchema = closed({
  clientId: key
    .refine((id) => id !== accountClientId, { error: 'is the name of a built-in app' })
    .describe('`client_id` of the relying party.'),
  name: text.describe('Name of the app as users know it.'),
  firstParty: z
    .boolean()
    .default(true)
    .describe('Belongs to the operator of this provider. `false`: users are asked for consent. Default: true.'),
  requiredScopes: z
    .array(z.string().min(1))
    .default([])
    .describe('With `firstParty: false`: scopes that users cannot untick. `openid` is always one of them.'),
  signOnPolicy: z.string().describe('Name of the sign-on policy.'),
  profilePolicy: z.string().optional().describe('Name of the profile policy. Default: `default`, if there is one.'),
  minimumAcr: z.string().optional().describe('Configured `acr` value that every sign-in to this app reaches at least.'),
  clientSecretHash: z
    .string()
    .regex(/^sha256:[A-Za-z0-9_-]{43}$/, {
      error: 'must be `sha256:` and the base64url SHA-256 of the secret: never the secret itself',
    })
    .optional()
    .describe('`sha256:` and the unpadded base64url SHA-256 of the client secret, which must be random (256 bits).'),
  pkce: z
    .enum(['required', 'optional'])
    .default('required')
    .describe(
      '`optional` is for clients that authenticate and send no PKCE (RFC 9700 section 2.1.1). Default: required.',
    ),
  popups: z
    .boolean()
    .default(false)
    .describe('Sign-in runs in a pop-up window that the app talks to: its pages let the opener stay connected.'),
  scopeClaimsInIdToken: z
    .boolean()
    .default(true)
    .describe('Claims of `profile`, `email` and other scopes stand in the ID token, too. `false`: at userinfo only.'),
  refreshTokenGrace: duration({ min: 0, max: 60 })
    .prefault('PT10S')
    .describe(
      'How long a refresh token that was replaced may be presented again, by a client whose answer was lost. `PT0S`: not at all. At most PT1M, default PT10S.',
    ),
  client: clientSchema.describe('OpenID Connect client metadata.'),
})
  .describe('One app (relying party).')
  .superRefine((input, context) => {
    for (const { path, message } of clientContradictions(input)) {
      context.addIssue({
        code: 'custom',
        path: path.map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
        message,
      });
    }
  })
  .transform(
    (input): App => ({
      ...(input as ExactOptional<typeof input>),
      client: {
        ...(input.client as ExactOptional<typeof input.client>),
        redirect_uris: input.client.redirect_uris ?? [],
        post_logout_redirect_uris: input.client.post_logout_redirect_uris ?? [],
        response_types: input.client.redirect_uris ? ['code'] : [],
        token_endpoint_auth_method: authMethod(input.client, input.clientSecretHash),
        subject_type: 'public',
      },
    }),
  );
