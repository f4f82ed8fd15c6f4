/** What is wrong between the fields of an app, each with the path that it belongs to. */
import type { App, ClientMetadata } from '../../model/app.ts';
import { isLoopback } from '../fields/fields.ts';
import { type ClientInput, deviceCode } from './client.ts';

export interface AppInput {
  readonly client: ClientInput;
  readonly clientSecretHash?: string | undefined;
  readonly pkce: App['pkce'];
  readonly firstParty: boolean;
  readonly requiredScopes: readonly string[];
  readonly labels: readonly string[];
  readonly signOnPolicy?: string | readonly string[] | undefined;
  readonly service?: App['service'] | object | undefined;
  readonly securityProfile?: App['securityProfile'] | undefined;
}

interface Contradiction {
  readonly path: readonly string[];
  readonly message: string;
}

export function contradictions(input: AppInput): readonly Contradiction[] {
  return [
    ...grantContradictions(input),
    ...authenticationContradictions(input),
    ...redirectContradictions(input),
    ...consentContradictions(input),
    ...(input.securityProfile === 'fapi2' ? fapiContradictions(input) : []),
  ];
}

/** The method that follows where none is named. */
export function authMethod(
  client: ClientInput,
  clientSecretHash: string | undefined,
): ClientMetadata['token_endpoint_auth_method'] {
  if (client.token_endpoint_auth_method) return client.token_endpoint_auth_method;
  if (clientSecretHash !== undefined) return 'client_secret_basic';
  return client.jwks || client.jwks_uri ? 'private_key_jwt' : 'none';
}

/** Whether users sign in to it. */
export function isForUsers({ grant_types: grants }: Pick<ClientInput, 'grant_types'>): boolean {
  return grants.includes('authorization_code') || grants.includes(deviceCode);
}

function inClient(field: string, message: string): Contradiction {
  return { path: ['client', field], message };
}

function grantContradictions({ client, signOnPolicy, labels, service }: AppInput): readonly Contradiction[] {
  const found: Contradiction[] = [];
  const withCode = client.grant_types.includes('authorization_code');
  const withUsers = isForUsers(client);
  const isService = client.grant_types.includes('client_credentials');
  if (withCode && !client.redirect_uris)
    found.push(inClient('redirect_uris', 'is missing: the authorization_code grant needs it'));
  if (!withCode && client.redirect_uris)
    found.push(inClient('redirect_uris', 'has no use without the authorization_code grant'));
  if (!withUsers && !isService)
    found.push(inClient('grant_types', 'must hold authorization_code, device_code or client_credentials'));
  if (withUsers && signOnPolicy === undefined && labels.length === 0)
    found.push({ path: ['signOnPolicy'], message: 'is missing: it decides who may sign in' });
  if (!withUsers && isService && signOnPolicy !== undefined)
    found.push({ path: ['signOnPolicy'], message: 'has no use: no user signs in to this app' });
  if (isService && service === undefined)
    found.push({
      path: ['service'],
      message: 'is missing: it names the APIs that the grant client_credentials is for',
    });
  if (!isService && service !== undefined)
    found.push({ path: ['service'], message: 'has no use without the grant client_credentials' });
  return found;
}

function authenticationContradictions({ client, clientSecretHash, pkce }: AppInput): readonly Contradiction[] {
  const found: Contradiction[] = [];
  const method = authMethod(client, clientSecretHash);
  const keys = client.jwks !== undefined || client.jwks_uri !== undefined;
  if (pkce === 'optional' && method === 'none')
    found.push({ path: ['pkce'], message: 'must be `required`: nothing else protects the codes of a public client' });
  if (method.startsWith('client_secret') !== (clientSecretHash !== undefined)) {
    const message = clientSecretHash ? 'does not use the secret: remove clientSecretHash' : 'needs clientSecretHash';
    found.push(inClient('token_endpoint_auth_method', message));
  }
  if (method === 'none' && client.grant_types.includes('client_credentials'))
    found.push(inClient('grant_types', 'client_credentials needs a secret or keys: a service proves who it is'));
  if (['private_key_jwt', 'self_signed_tls_client_auth'].includes(method) && !keys)
    found.push(inClient('token_endpoint_auth_method', 'needs jwks or jwks_uri'));
  if (method === 'self_signed_tls_client_auth' && client.jwks?.keys.every((key) => !('x5c' in key)))
    found.push(inClient('jwks', 'needs a key with `x5c`: the certificate that the app shows'));
  for (const field of ['require_signed_request_object', 'request_object_signing_alg'] as const)
    if (client[field] && !keys) found.push(inClient(field, 'needs jwks or jwks_uri'));
  if (client.jwks && client.jwks_uri) found.push(inClient('jwks_uri', 'cannot be combined with jwks'));
  return found;
}

function redirectContradictions({ client }: AppInput): readonly Contradiction[] {
  return (client.redirect_uris ?? []).flatMap((uri, index) => {
    const url = URL.canParse(uri) ? new URL(uri) : undefined;
    if (client.application_type !== 'native' || url?.protocol !== 'https:' || !isLoopback(url.hostname)) return [];
    const message = 'must be http: native apps have no certificate for loopback';
    return [{ path: ['client', 'redirect_uris', String(index)], message }];
  });
}

function consentContradictions({ firstParty, requiredScopes }: AppInput): readonly Contradiction[] {
  if (!firstParty || requiredScopes.length === 0) return [];
  return [{ path: ['requiredScopes'], message: 'has no use with `firstParty: true`: users are not asked' }];
}

/** FAPI 2.0 Security Profile sections 5.3.2 and 5.4. What needs no entry in the file is set by the profile. */
function fapiContradictions({ client, clientSecretHash, pkce }: AppInput): readonly Contradiction[] {
  const found: Contradiction[] = [];
  if (!['private_key_jwt', 'self_signed_tls_client_auth'].includes(authMethod(client, clientSecretHash))) {
    const message =
      'must be private_key_jwt or self_signed_tls_client_auth, with jwks or jwks_uri: securityProfile fapi2 takes no other';
    found.push(inClient('token_endpoint_auth_method', message));
  }
  if (pkce === 'optional') found.push({ path: ['pkce'], message: 'must be `required` with securityProfile fapi2' });
  if (client.require_pushed_authorization_requests === false)
    found.push(inClient('require_pushed_authorization_requests', 'must not be `false` with securityProfile fapi2'));
  if (client.dpop_bound_access_tokens === false && client.tls_client_certificate_bound_access_tokens !== true) {
    const message = 'must not be `false` with securityProfile fapi2, unless tokens are bound to a certificate';
    found.push(inClient('dpop_bound_access_tokens', message));
  }
  for (const field of ['id_token_signed_response_alg', 'request_object_signing_alg'] as const)
    if (client[field] === 'RS256')
      found.push(inClient(field, 'must be PS256, ES256 or EdDSA with securityProfile fapi2'));
  for (const [index, uri] of (client.redirect_uris ?? []).entries())
    if (client.application_type === 'web' && uri.startsWith('http:')) {
      const message = 'must be https with securityProfile fapi2';
      found.push({ path: ['client', 'redirect_uris', String(index)], message });
    }
  for (const [index, { kty, n }] of (client.jwks?.keys ?? []).entries())
    if (kty === 'RSA' && Buffer.from(String(n), 'base64url').length < 256) {
      const message = 'must have at least 2048 bits with securityProfile fapi2';
      found.push({ path: ['client', 'jwks', 'keys', String(index)], message });
    }
  return found;
}
