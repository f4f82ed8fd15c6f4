/** Apps that act as themselves: tokens by client credentials, for the APIs and scopes that each may use. */
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import * as client from 'openid-client';
import { type OpenNode, openNode, post } from '../../support/clients/authorize.ts';
import { discover } from '../../support/clients/relying-party.ts';
import type { TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

const secret = 'a secret of 256 random bits, as far as this test goes';
const clientSecretHash = `sha256:${createHash('sha256').update(secret).digest('base64url')}`;
const orders = 'https://orders.example.org';
const stock = 'https://stock.example.org';

const settings = (zone: string) =>
  JSON.stringify({
    brand: { name: 'Stepgate' },
    zones: { office: { cidrs: [zone] } },
    resources: [
      { indicator: orders, scopes: ['read', 'write'], accessToken: { algorithm: 'ES256', lifetime: 'PT5M' } },
      { indicator: stock, scopes: ['count'], accessToken: { format: 'opaque', lifetime: 'PT2M' } },
    ],
  });

const service = (clientId: string, more: object, clientMore: object = {}) => ({
  [`apps/${clientId}.yaml`]: JSON.stringify({
    clientId,
    name: clientId,
    clientSecretHash,
    service: { resources: [{ indicator: orders, scopes: ['read'] }] },
    client: { grant_types: ['client_credentials'], ...clientMore },
    ...more,
  }),
});

const policy = (name: string, when: object) => ({
  [`policies/service/${name}.yaml`]: JSON.stringify({
    name,
    rules: [
      { name: 'Refused', when, then: 'deny' },
      { name: 'Otherwise', then: 'allow' },
    ],
  }),
});

const withPolicy = (name: string) => ({
  service: { policy: name, resources: [{ indicator: orders, scopes: ['read'] }] },
});

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  let opened: OpenNode;
  let node: TestNode;
  let keys: Awaited<ReturnType<typeof generateKeyPair>>;
  const now = Date.UTC(2026, 10, 25, 12) / 1000;

  beforeAll(async () => {
    keys = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256' };
    opened = await openNode(storeUnderTest, {
      files: {
        'stepgate.yaml': settings('192.0.2.0/24'),
        ...service('export', {}),
        ...service('two', {
          service: {
            resources: [
              { indicator: orders, scopes: ['read', 'write'] },
              { indicator: stock, scopes: ['count'] },
            ],
          },
        }),
        ...service('keyed', { clientSecretHash: undefined }, { jwks: { keys: [jwk] } }),
        ...service('bound', {}, { dpop_bound_access_tokens: true }),
        ...service('office', withPolicy('office')),
        ...service('night', withPolicy('night')),
        ...service('reader', withPolicy('reader')),
        ...policy('office', { network: { none: ['office'] } }),
        ...policy('night', { time: { from: '06:00', to: '22:00', zone: 'UTC' } }),
        ...policy('reader', { scopes: { any: ['read'] } }),
      },
      now: () => now,
    });
    node = opened.node;
  });
  afterAll(() => opened?.stop());

  const endpoint = (name: string) => `${node.issuer}/oauth2/v1/${name}`;
  const basic = (id: string, password = secret) => ({
    authorization: `Basic ${Buffer.from(`${id}:${encodeURIComponent(password)}`).toString('base64')}`,
  });
  const request = (id: string, fields: Readonly<Record<string, string>> = {}, headers = basic(id)) =>
    post(endpoint('token'), { grant_type: 'client_credentials', ...fields }, headers);

  async function claimsOf(token: unknown) {
    const jwks = createRemoteJWKSet(new URL(endpoint('keys')));
    return jwtVerify(String(token), jwks, { issuer: node.issuer, typ: 'at+jwt' });
  }

  test('get a JWT access token (RFC 9068) for their API, with what they asked for, and nothing else', async () => {
    const { status, body } = await request('export', { scope: 'read', resource: orders });
    expect([status, body]).toEqual([
      200,
      { access_token: expect.any(String), token_type: 'Bearer', expires_in: 300, scope: 'read' },
    ]);
    const { payload, protectedHeader } = await claimsOf(body.access_token);
    expect(protectedHeader.alg).toBe('ES256');
    expect(payload).toMatchObject({ sub: 'export', client_id: 'export', aud: orders, scope: 'read' });
    for (const claim of ['acr', 'amr', 'auth_time']) expect(payload).not.toHaveProperty(claim);
  });

  test('need not name the only API; of several they name one', async () => {
    expect((await claimsOf((await request('export')).body.access_token)).payload.aud).toBe(orders);
    expect((await request('two')).body.error).toBe('invalid_target');
    expect((await claimsOf((await request('two', { resource: orders })).body.access_token)).payload.aud).toBe(orders);
  });

  test.each<[string, string, Readonly<Record<string, string>>, string]>([
    ['another API', 'export', { resource: stock }, 'invalid_target'],
    ['an API that is not there', 'export', { resource: 'https://other.example.org' }, 'invalid_target'],
    ['a scope of the API that the app may not have', 'export', { scope: 'write' }, 'invalid_scope'],
    ['a scope of another API', 'two', { resource: stock, scope: 'read' }, 'invalid_scope'],
    ['scopes for users', 'export', { scope: 'openid' }, 'invalid_scope'],
    ['an app that is no service', 'notes', { client_id: 'notes' }, 'unauthorized_client'],
  ])('get none for %s', async (_what, id, fields, error) => {
    const answer = await request(id, fields, id === 'notes' ? ({} as ReturnType<typeof basic>) : basic(id));
    expect([answer.status, answer.body.error]).toEqual([400, error]);
  });

  test('get none without their secret, and start no sign-in', async () => {
    expect((await request('export', {}, basic('export', 'wrong'))).body.error).toBe('invalid_client');
    const url = `${endpoint('authorize')}?client_id=export&response_type=code&redirect_uri=https://a.example/cb&scope=openid`;
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(400);
  });

  test('authenticate with a key', async () => {
    const config = await discover(node.issuer, 'keyed', {
      auth: client.PrivateKeyJwt({ key: keys.privateKey, kid: 'one' }),
    });
    const tokens = await client.clientCredentialsGrant(config, { scope: 'read' });
    expect((await claimsOf(tokens.access_token)).payload.sub).toBe('keyed');
  });

  test('are bound to a key where they must be, and can be anyway', async () => {
    expect((await request('bound')).body.error).toBe('invalid_grant');
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const jwk = await exportJWK(publicKey);
    const proof = () =>
      new SignJWT({ htm: 'POST', htu: endpoint('token'), jti: randomUUID(), iat: Math.floor(Date.now() / 1000) })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .sign(privateKey);
    for (const id of ['bound', 'export']) {
      const { body } = await request(id, {}, { ...basic(id), dpop: await proof() } as ReturnType<typeof basic>);
      expect(body.token_type).toBe('DPoP');
      expect((await claimsOf(body.access_token)).payload).toHaveProperty('cnf.jkt');
    }
  });

  test('get an opaque token where the API asks for one, which it introspects and the app can revoke', async () => {
    const introspect = async (presented: string) =>
      (await post(endpoint('introspect'), { token: presented }, basic('export'))).body;
    const { body } = await request('two', { resource: stock, scope: 'count' });
    const token = String(body.access_token);
    expect(body).toMatchObject({ expires_in: 120, scope: 'count', token_type: 'Bearer' });
    expect(await introspect(token)).toMatchObject({ active: true, client_id: 'two', aud: stock, scope: 'count' });
    expect(await introspect(token)).not.toHaveProperty('username');
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(endpoint('userinfo'), { headers })).status).toBe(401);
    await post(endpoint('revoke'), { token }, basic('export'));
    expect(await introspect(token)).toMatchObject({ active: true });
    await post(endpoint('revoke'), { token }, basic('two'));
    expect(await introspect(token)).toEqual({ active: false });
  });

  describe('the service policy', () => {
    test('denies by network, and lets in from where it may', async () => {
      expect((await request('office')).body).toMatchObject({ error: 'access_denied' });
      await node.configure({ 'stepgate.yaml': settings('127.0.0.0/8') });
      expect((await request('office')).status).toBe(200);
      await node.configure({ 'stepgate.yaml': settings('192.0.2.0/24') });
      expect((await request('office')).body).toMatchObject({ error: 'access_denied' });
    });

    test('denies by time and by scope', async () => {
      expect((await request('night')).body.error).toBe('access_denied');
      expect((await request('reader', { scope: 'read' })).body.error).toBe('access_denied');
      expect((await request('reader')).status).toBe(200);
    });

    test('leaves an audit line that names the rule, and none of a user', async () => {
      await request('export');
      await request('night');
      const lines = node.audit.filter(({ event }) => String(event).startsWith('service_token.')).slice(-2);
      expect(lines).toEqual([
        expect.objectContaining({ event: 'service_token.issued', outcome: 'success', client: 'export' }),
        expect.objectContaining({
          event: 'service_token.denied',
          outcome: 'deny',
          client: 'night',
          rule: 'service: Refused',
          reason: 'rule',
        }),
      ]);
      for (const line of lines) expect(line).not.toHaveProperty('subject');
    });
  });

  test('nothing unexpected was logged', () => {
    expect(node.errors).toEqual([]);
  });
});
