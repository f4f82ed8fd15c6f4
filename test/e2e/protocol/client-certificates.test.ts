/** Apps that show a certificate to the proxy in front (mutual TLS, RFC 8705), also with `securityProfile: fapi2`. */
import { hash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { parseDocument } from 'yaml';
import { appFile, type OpenNode, openNode, post } from '../../support/clients/authorize.ts';
import { authorizationRequest, discover, redirectUri, signIn } from '../../support/clients/relying-party.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { certificate } from '../../support/servers/certificates.ts';
import { newTestUser, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

const [embedded] = storesUnderTest as readonly [(typeof storesUnderTest)[number]];

const now = Math.floor(Date.now() / 1000);
const own = certificate('bank', { ca: false, at: now });
const foreign = certificate('other', { ca: false, at: now });
const x509 = new X509Certificate(own.der);
const thumbprint = hash('sha256', own.der, 'base64url');
const resource = 'https://orders.example.org';

type Headers = Readonly<Record<string, string>>;
const shown = ({ der }: { readonly der: Buffer }): Headers => ({ 'client-cert': `:${der.toString('base64')}:` });

function settings(proxies: readonly string[], header?: string): string {
  const document = parseDocument(readFileSync('config/stepgate.yaml', 'utf8'));
  document.set('clientCertificates', { proxies, ...(header ? { header } : {}) });
  document.set('resources', [
    { indicator: resource, scopes: ['read'], accessToken: { format: 'jwt', algorithm: 'ES256' } },
  ]);
  return document.toString();
}

/** `bank` shows its certificate to prove who it is, `portal` to bind its tokens alone. */
function apps(): Readonly<Record<string, string>> {
  const jwks = {
    keys: [{ ...x509.publicKey.export({ format: 'jwk' }), kid: 'one', x5c: [own.der.toString('base64')] }],
  };
  const bound = { tls_client_certificate_bound_access_tokens: true };
  const byCertificate = { token_endpoint_auth_method: 'self_signed_tls_client_auth', jwks };
  return {
    ...appFile('bank', { securityProfile: 'fapi2', client: { ...bound, ...byCertificate } }),
    ...appFile('portal', { client: { ...bound, token_endpoint_auth_method: 'none' } }),
  };
}

let opened: OpenNode;
let node: TestNode;
let elsewhere: OpenNode;

beforeAll(async () => {
  const files = { 'stepgate.yaml': settings(['127.0.0.0/8', '::1']), ...apps() };
  opened = await openNode(embedded, { files });
  node = opened.node;
  // The tests come from the loopback, which is no proxy of this one.
  elsewhere = await openNode(embedded, {
    files: { 'stepgate.yaml': settings(['192.0.2.0/24'], 'X-Client-Cert'), ...apps() },
  });
});
afterAll(async () => {
  await opened?.stop();
  await elsewhere?.stop();
});

const at = (path: string, { issuer }: { readonly issuer: string } = node) => `${issuer}/oauth2/v1/${path}`;

async function parameters(app: string, more: Readonly<Record<string, string>> = {}) {
  const request = await authorizationRequest(await discover(node.issuer, app), {
    scope: 'openid offline_access',
    ...more,
  });
  return { request, fields: Object.fromEntries(new URL(request.url).searchParams) };
}

/** Pushes a request and signs a user in. What is needed to redeem the code. */
async function codeFor(app: string, more: Readonly<Record<string, string>> = {}) {
  const { request, fields } = await parameters(app, more);
  const pushed = await post(at('par'), fields, shown(own));
  expect(pushed.status).toBe(201);
  const query = new URLSearchParams({ client_id: app, request_uri: String(pushed.body.request_uri) });
  const { page } = await signIn(new UserAgent(), `${at('authorize')}?${query}`, await newTestUser(node));
  return {
    grant_type: 'authorization_code',
    client_id: app,
    redirect_uri: redirectUri,
    code: new URL(page.url).searchParams.get('code') ?? '',
    code_verifier: request.verifier,
  };
}

test('discovery says so, where a proxy hands certificates over', async () => {
  const found = await (await fetch(`${node.issuer}/.well-known/openid-configuration`)).json();
  expect(found).toMatchObject({ tls_client_certificate_bound_access_tokens: true });
  expect(found.token_endpoint_auth_methods_supported).toContain('self_signed_tls_client_auth');
  expect(found.introspection_endpoint_auth_methods_supported).toContain('self_signed_tls_client_auth');
});

describe('an app with the profile fapi2 and a certificate', () => {
  test('gets tokens that count with its certificate alone, and are not replaced at a refresh', async () => {
    const { status, body } = await post(at('token'), await codeFor('bank'), shown(own));
    expect([status, body.token_type]).toEqual([200, 'Bearer']);
    const refreshing = { grant_type: 'refresh_token', client_id: 'bank', refresh_token: String(body.refresh_token) };
    const { userinfo_endpoint } = await (await fetch(`${node.issuer}/.well-known/openid-configuration`)).json();
    const ask = async (headers: Headers) =>
      (await fetch(userinfo_endpoint, { headers: { authorization: `Bearer ${body.access_token}`, ...headers } }))
        .status;
    expect([await ask(shown(own)), await ask({}), await ask(shown(foreign))]).toEqual([200, 401, 401]);
    const about = { token: String(body.access_token), client_id: 'bank' };
    expect((await post(at('introspect'), about, shown(own))).body).toMatchObject({
      active: true,
      cnf: { 'x5t#S256': thumbprint },
    });
    const again = [await post(at('token'), refreshing, shown(own)), await post(at('token'), refreshing, shown(own))];
    expect(again.map((answer) => [answer.status, answer.body.refresh_token])).toEqual([
      [200, body.refresh_token],
      [200, body.refresh_token],
    ]);
    expect((await post(at('token'), refreshing, shown(foreign))).body.error).toBe('invalid_client');
  });

  test('the certificate is in JWT access tokens, too', async () => {
    const fields = await codeFor('bank', { resource, scope: 'openid read' });
    const { body } = await post(at('token'), { ...fields, resource }, shown(own));
    expect(decodeJwt(String(body.access_token)).cnf).toEqual({ 'x5t#S256': thumbprint });
  });

  test.each<[string, Headers]>([
    ['none', {}],
    ['one that is not registered', shown(foreign)],
    ['what is no certificate', { 'client-cert': ':AAAA:' }],
    ['it in another header', { 'x-client-cert': shown(own)['client-cert'] ?? '' }],
  ])('is not believed with %s', async (_what, headers) => {
    const { fields } = await parameters('bank');
    const { status, body } = await post(at('par'), fields, headers);
    expect([status, body.error]).toEqual([401, 'invalid_client']);
  });

  test('is believed with a certificate as nginx writes it', async () => {
    const { fields } = await parameters('bank');
    const escaped = encodeURIComponent(x509.toString());
    expect((await post(at('par'), fields, { 'client-cert': escaped })).status).toBe(201);
  });
});

test('a peer that is no proxy of ours is not believed, whatever it sends', async () => {
  const request = await authorizationRequest(await discover(elsewhere.node.issuer, 'bank'));
  const fields = Object.fromEntries(new URL(request.url).searchParams);
  const value = shown(own)['client-cert'] ?? '';
  const { status, body } = await post(at('par', elsewhere.node), fields, {
    'x-client-cert': value,
    'client-cert': value,
  });
  expect([status, body.error]).toEqual([401, 'invalid_client']);
});

test('a public app binds its tokens to a certificate, and gets none without', async () => {
  const fields = await codeFor('portal');
  expect((await post(at('token'), fields)).body.error).toBe('invalid_grant');
  const { status, body } = await post(at('token'), await codeFor('portal'), shown(foreign));
  expect(status).toBe(200);
  const refreshing = { grant_type: 'refresh_token', client_id: 'portal', refresh_token: String(body.refresh_token) };
  expect((await post(at('token'), refreshing, shown(own))).body.error).toBe('invalid_grant');
  expect((await post(at('token'), refreshing, shown(foreign))).status).toBe(200);
});

test('nothing unexpected was logged', () => {
  expect([...node.errors, ...elsewhere.node.errors]).toEqual([]);
});
