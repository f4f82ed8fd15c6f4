/** What an app and an API can do with tokens: JWT access tokens, introspection, revocation, client authentication. */
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, decodeProtectedHeader, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import * as client from 'openid-client';
import {
  type Authorized,
  appFile,
  authorize,
  type OpenNode,
  openNode,
  post,
  signOut,
} from '../../support/clients/authorize.ts';
import {
  discover,
  nextCode,
  type RelyingParty,
  redirectUri,
  type TestUser,
} from '../../support/clients/relying-party.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
const indicator = (algorithm: string) => `https://api.example/${algorithm.toLowerCase()}`;
const secret = randomBytes(32).toString('base64url');
const clientSecretHash = `sha256:${createHash('sha256').update(secret).digest('base64url')}`;

const settings = {
  brand: { name: 'Stepgate' },
  zones: { office: { cidrs: ['192.0.2.0/24'] } },
  signing: { algorithms },
  resources: algorithms.map((algorithm) => ({
    indicator: indicator(algorithm),
    scopes: ['read', 'write'],
    accessToken: { algorithm, lifetime: 'PT5M' },
  })),
};

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  let opened: OpenNode;
  let node: TestNode;
  let user: TestUser & { readonly id: string };
  let notes: RelyingParty;
  let keyPair: Awaited<ReturnType<typeof generateKeyPair>>;

  beforeAll(async () => {
    keyPair = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(keyPair.publicKey)), kid: 'one', use: 'sig', alg: 'ES256' };
    const web = { application_type: 'web', redirect_uris: [redirectUri] };
    opened = await openNode(storeUnderTest, {
      files: {
        'stepgate.yaml': JSON.stringify(settings),
        ...appFile('api', { clientSecretHash, client: web }),
        ...appFile('api-post', {
          clientSecretHash,
          client: { ...web, token_endpoint_auth_method: 'client_secret_post' },
        }),
        ...appFile('api-key', { client: { ...web, jwks: { keys: [jwk] } } }),
      },
    });
    node = opened.node;
    user = await newTestUser(node);
    notes = await discover(node.issuer, 'notes');
  });
  afterAll(() => opened?.stop());

  const endpoint = (name: string) => `${node.issuer}/oauth2/v1/${name}`;
  const basic = (id = 'api', password = secret) => ({
    authorization: `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`,
  });
  const introspect = async (token: string | undefined) =>
    (await post(endpoint('introspect'), { token: token ?? '' }, basic())).body;
  const isActive = async (token: string | undefined) => (await introspect(token)).active;
  /** As notes asks, whose token it is. */
  const isOwnActive = async (token: string | undefined) =>
    (await post(endpoint('introspect'), { token: token ?? '', client_id: 'notes' })).body.active;

  describe('JWT access tokens for a resource', () => {
    const forResource = (algorithm: string, scope = 'openid read') =>
      authorize({ config: notes, parameters: { resource: indicator(algorithm), scope } }, new UserAgent(), user);

    test.each(algorithms)(
      '%s: verify against the published keys, and say how the user signed in',
      async (algorithm) => {
        const { tokens } = await forResource(algorithm);
        const jwks = createLocalJWKSet(await (await fetch(endpoint('keys'))).json());
        const { payload, protectedHeader } = await jwtVerify(tokens.access_token, jwks, {
          issuer: node.issuer,
          audience: indicator(algorithm),
          typ: 'at+jwt',
          algorithms: [algorithm],
        });
        expect(protectedHeader).toMatchObject({ alg: algorithm, typ: 'at+jwt' });
        expect(payload).toMatchObject({
          sub: user.id,
          client_id: 'notes',
          scope: 'read',
          acr: 'urn:okta:loa:1fa:pwd',
          amr: ['pwd'],
          auth_time: tokens.claims()?.auth_time,
        });
        expect(Number(payload.exp) - Number(payload.iat)).toBe(300);
        expect(typeof payload.jti).toBe('string');
      },
    );

    test('keep resource and assurance over a refresh', async () => {
      const { tokens } = await forResource('ES256');
      const next = await client.refreshTokenGrant(notes, tokens.refresh_token ?? '');
      expect(decodeProtectedHeader(next.access_token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
      const jwks = createLocalJWKSet(await (await fetch(endpoint('keys'))).json());
      const { payload } = await jwtVerify(next.access_token, jwks, { audience: indicator('ES256') });
      expect(payload).toMatchObject({ amr: ['pwd'], auth_time: tokens.claims()?.auth_time, scope: 'read' });
    });

    test('are for that API only: userinfo, introspection and revocation do not take them', async () => {
      const { tokens } = await forResource('RS256');
      const userinfo = await fetch(endpoint('userinfo'), {
        headers: { authorization: `Bearer ${tokens.access_token}` },
      });
      expect(userinfo.status).toBe(401);
      expect((await post(endpoint('introspect'), { token: tokens.access_token }, basic())).status).toBe(400);
      expect((await post(endpoint('revoke'), { token: tokens.access_token, client_id: 'notes' })).status).toBe(400);
    });

    test('scopes that the API does not know are left out', async () => {
      const { tokens } = await forResource('RS256', 'openid read email delete');
      const jwks = createLocalJWKSet(await (await fetch(endpoint('keys'))).json());
      expect((await jwtVerify(tokens.access_token, jwks)).payload.scope).toBe('read');
    });

    test.each(['https://other.example/', 'not a url', 'https://api.example/rs256#x'])(
      'a resource that is not configured is refused: %s',
      async (resource) => {
        const url = client.buildAuthorizationUrl(notes, {
          redirect_uri: redirectUri,
          scope: 'openid',
          resource,
          code_challenge: 'a'.repeat(43),
          code_challenge_method: 'S256',
        });
        const page = await new UserAgent().open(url.href, {}, redirectUri);
        expect(new URL(page.url).searchParams.get('error')).toBe('invalid_target');
      },
    );
  });

  describe('introspection', () => {
    test('says who, for which app, and how they signed in', async () => {
      const { tokens } = await authorize(notes, new UserAgent(), user);
      expect(await introspect(tokens.access_token)).toMatchObject({
        active: true,
        sub: user.id,
        client_id: 'notes',
        iss: node.issuer,
        token_type: 'Bearer',
        scope: 'openid email profile groups',
        acr: 'urn:okta:loa:1fa:pwd',
        amr: ['pwd'],
        auth_time: tokens.claims()?.auth_time,
        username: user.identifier,
      });
      const next = await client.refreshTokenGrant(notes, tokens.refresh_token ?? '');
      expect(await introspect(next.access_token)).toMatchObject({
        active: true,
        acr: 'urn:okta:loa:1fa:pwd',
        auth_time: tokens.claims()?.auth_time,
      });
    });

    test('two factors appear as two', async () => {
      const other: TestUser = await newTestUser(node);
      const payroll = await discover(node.issuer, 'payroll');
      const { tokens } = await authorize(payroll, new UserAgent(), other);
      expect(await introspect(tokens.access_token)).toMatchObject({
        acr: 'urn:okta:loa:2fa:any',
        amr: ['mfa', 'otp', 'pwd'],
      });
      expect(await nextCode(other)).toMatch(/^\d{6}$/);
    });

    test('describes a refresh token only to its own app, and nothing to an API', async () => {
      const { tokens } = await authorize(notes, new UserAgent(), user);
      expect(await introspect(tokens.access_token)).toMatchObject({ active: true });
      expect(await introspect(tokens.refresh_token)).toEqual({ active: false });
      const own = await post(endpoint('introspect'), { token: tokens.refresh_token ?? '', client_id: 'notes' });
      expect(own.body).toMatchObject({ active: true, client_id: 'notes' });
    });

    test('reports a string that is no token as inactive', async () => {
      for (const token of ['x', 'a'.repeat(43), '../grant', `${'é'}x`])
        expect(await introspect(token)).toEqual({ active: false });
    });

    test.each<[string, (token: Authorized['tokens'], agent: UserAgent) => Promise<unknown>]>([
      [
        'revocation',
        ({ refresh_token }) => post(endpoint('revoke'), { token: refresh_token ?? '', client_id: 'notes' }),
      ],
      ['logout', (_, agent) => signOut(agent, endpoint('logout'), 'everywhere')],
      ['suspension', () => node.app.directory.setStatus(user.id, 'suspended')],
      ['a reset of the authenticators', () => node.app.directory.resetAuthenticators(user.id, 'totp')],
      ['deletion', () => node.app.directory.delete(user.id)],
    ])('after %s access and refresh token are inactive', async (_, act) => {
      user = await newTestUser(node);
      const agent = new UserAgent();
      const { tokens } = await authorize(notes, agent, user);
      expect([await isActive(tokens.access_token), await isOwnActive(tokens.refresh_token)]).toEqual([true, true]);
      await act(tokens, agent);
      expect([await isActive(tokens.access_token), await isOwnActive(tokens.refresh_token)]).toEqual([false, false]);
      await expect(client.refreshTokenGrant(notes, tokens.refresh_token ?? '')).rejects.toMatchObject({
        error: 'invalid_grant',
      });
      user = await newTestUser(node);
    });

    test('a user who is active again does not get the old tokens back', async () => {
      const other = await newTestUser(node);
      const { tokens } = await authorize(notes, new UserAgent(), other);
      await node.app.directory.setStatus(other.id, 'suspended');
      await node.app.directory.setStatus(other.id, 'active');
      expect(await isActive(tokens.access_token)).toBe(false);
    });

    test('a public client may ask about its own tokens only; no client asks without a name', async () => {
      const { tokens } = await authorize(notes, new UserAgent(), user);
      const ask = async (client_id: string) =>
        (await post(endpoint('introspect'), { token: tokens.access_token, client_id })).body;
      expect(await ask('notes')).toMatchObject({ active: true });
      expect(await ask('payroll')).toEqual({ active: false });
      const anonymous = await post(endpoint('introspect'), { token: tokens.access_token });
      expect(anonymous.body).not.toHaveProperty('active');
      expect(anonymous.status).toBe(400);
    });
  });

  test('an empty answer to a revocation has no content type', async () => {
    const { status, headers } = await post(endpoint('revoke'), { token: 'x', client_id: 'notes' });
    expect([status, headers.get('content-type'), headers.get('content-length')]).toEqual([200, null, '0']);
  });

  describe('a public client that names itself in the Authorization header', () => {
    const named = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

    test.each(['notes', 'notes:'])('%s', async (text) => {
      const { tokens } = await authorize(notes, new UserAgent(), user);
      const ask = (fields = {}) =>
        post(endpoint('introspect'), { token: tokens.access_token, ...fields }, named(text)).then(({ body }) => body);
      expect(await ask()).toMatchObject({ active: true, client_id: 'notes' });
      expect(await ask({ client_id: 'notes' })).toMatchObject({ active: true });
      expect((await post(endpoint('revoke'), { token: tokens.access_token }, named(text))).status).toBe(200);
      expect(await isActive(tokens.access_token)).toBe(false);
    });

    test('counts for no client that has a secret, and not together with another name', async () => {
      for (const text of ['api', 'api:', 'nobody', 'nobody:', ':', '%:'])
        expect((await post(endpoint('introspect'), { token: 'x' }, named(text))).body).not.toHaveProperty('active');
    });
  });

  describe('client authentication', () => {
    const probe = (fields: Readonly<Record<string, string>>, headers = {}) =>
      post(endpoint('introspect'), { token: 'x', ...fields }, headers);
    const taken = { status: 200, body: { active: false } };

    test('client_secret_basic and client_secret_post', async () => {
      expect(await probe({}, basic())).toMatchObject(taken);
      expect(await probe({ client_id: 'api-post', client_secret: secret })).toMatchObject(taken);
    });

    test.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, string>>]>([
      ['a wrong secret', {}, basic('api', 'wrong')],
      ['no secret', { client_id: 'api' }, {}],
      ['an empty secret', { client_id: 'api', client_secret: '' }, {}],
      ['the hash in place of the secret', {}, basic('api', clientSecretHash)],
      ['the secret of an unknown app', {}, basic('nobody')],
      ['a secret for a client of another kind', { client_id: 'api-key', client_secret: secret }, {}],
      ['two methods at once', { client_id: 'api', client_secret: secret }, basic()],
    ])('%s is refused', async (_, fields, headers) => {
      const answer = await probe(fields, headers);
      expect([400, 401]).toContain(answer.status);
      expect(['invalid_client', 'invalid_request']).toContain(answer.body.error);
    });

    const assertion = (claims: Readonly<Record<string, unknown>> = {}, key = keyPair.privateKey) => {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({
        iss: 'api-key',
        sub: 'api-key',
        aud: node.issuer,
        jti: randomBytes(9).toString('hex'),
        iat: now,
        exp: now + 60,
        ...claims,
      })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .sign(key);
    };
    const withAssertion = (client_assertion: string) =>
      probe({
        client_id: 'api-key',
        client_assertion,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      });

    test('private_key_jwt, each assertion once, also at the same moment', async () => {
      const first = await assertion();
      expect(await withAssertion(first)).toMatchObject(taken);
      expect((await withAssertion(first)).status).toBe(401);
      const raced = await assertion();
      const answers = await Promise.all(Array.from({ length: 6 }, () => withAssertion(raced)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    });

    test.each<[string, () => Promise<string>]>([
      ['of another key', async () => assertion({}, (await generateKeyPair('ES256')).privateKey)],
      ['for another audience', () => assertion({ aud: 'https://other.example' })],
      ['that expired', () => assertion({ exp: Math.floor(Date.now() / 1000) - 60 })],
      ['of another client', () => assertion({ iss: 'api', sub: 'api' })],
      ['without an id', () => assertion({ jti: undefined })],
      ['that is not signed', async () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`],
    ])('an assertion %s is refused', async (_, make) => {
      expect(await withAssertion(await make())).toMatchObject({ body: { error: expect.stringMatching(/^invalid_/) } });
    });

    test('a confidential client signs users in, and needs its secret for each refresh', async () => {
      const config = await discover(node.issuer, 'api', { metadata: {}, auth: client.ClientSecretBasic(secret) });
      const { tokens } = await authorize(config, new UserAgent(), user);
      const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
      const bare = await post(endpoint('token'), {
        grant_type: 'refresh_token',
        client_id: 'api',
        refresh_token: next.refresh_token ?? '',
      });
      expect(bare.body.error).toMatch(/^invalid_(client|request)$/);
      await expect(client.refreshTokenGrant(config, next.refresh_token ?? '')).resolves.toHaveProperty('id_token');
    });
  });

  describe('revocation', () => {
    test.each(['access_token', 'refresh_token'] as const)(
      'of the %s ends both (RFC 7009 section 2.1), but not the session',
      async (which) => {
        const agent = new UserAgent();
        const { tokens } = await authorize(notes, agent, user);
        await client.tokenRevocation(notes, tokens[which] ?? '');
        expect([await isActive(tokens.access_token), await isOwnActive(tokens.refresh_token)]).toEqual([false, false]);
        const again = await authorize(notes, agent, user);
        expect(again.asked).toEqual([]);
        expect(await isActive(again.tokens.access_token)).toBe(true);
      },
    );

    test('of an unknown or revoked token succeeds; for a token of another app it does nothing', async () => {
      const { tokens } = await authorize(notes, new UserAgent(), user);
      for (const token of ['x', tokens.access_token, tokens.access_token])
        expect((await post(endpoint('revoke'), { token, client_id: 'notes' })).status).toBe(200);
      const other = await authorize(notes, new UserAgent(), user);
      const foreign = await post(endpoint('revoke'), { token: other.tokens.access_token, client_id: 'payroll' });
      expect(foreign.status).toBe(200);
      expect(await isActive(other.tokens.access_token)).toBe(true);
    });
  });

  test('nothing unexpected was logged', () => {
    const unexpected = node.errors.filter(
      (error) => !((error as { status?: number }).status && (error as { status: number }).status < 500),
    );
    expect(unexpected).toEqual([]);
  });
});
