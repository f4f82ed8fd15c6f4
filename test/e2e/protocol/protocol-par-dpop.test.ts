/** Pushed authorization requests (RFC 9126) and tokens bound to a key (RFC 9449). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import * as client from 'openid-client';
import { appFile, authorizeSilently, type OpenNode, openNode, post } from '../../support/clients/authorize.ts';
import {
  authorizationRequest,
  discover,
  type RelyingParty,
  redeem,
  redirectUri,
  signIn,
  type TestUser,
} from '../../support/clients/relying-party.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

const files = {
  ...appFile('par-only', { client: { require_pushed_authorization_requests: true } }),
  ...appFile('dpop-only', { client: { dpop_bound_access_tokens: true } }),
};

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  let opened: OpenNode;
  let node: TestNode;
  let user: TestUser;
  let notes: RelyingParty;

  beforeAll(async () => {
    opened = await openNode(storeUnderTest, { files });
    node = opened.node;
    user = await newTestUser(node);
    notes = await discover(node.issuer, 'notes');
  });
  afterAll(() => opened.stop());

  /** Pushes a request; the address to open, and what is needed to redeem the code. */
  async function pushed(config: RelyingParty, parameters: Readonly<Record<string, string>> = {}) {
    const request = await authorizationRequest(config, parameters);
    const fields = new URL(request.url).searchParams;
    const answer = await post(`${node.issuer}/oauth2/v1/par`, fields);
    const url = new URL(`${node.issuer}/oauth2/v1/authorize`);
    url.searchParams.set('client_id', config.clientMetadata().client_id);
    url.searchParams.set('request_uri', String(answer.body.request_uri));
    return { ...request, url: url.href, answer };
  }

  describe('pushed authorization requests', () => {
    test('are taken by openid-client, and lead to tokens', async () => {
      const verifier = client.randomPKCECodeVerifier();
      const url = await client.buildAuthorizationUrlWithPAR(notes, {
        redirect_uri: redirectUri,
        scope: 'openid',
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
      const { page } = await signIn(new UserAgent(), url.href, user);
      const tokens = await client.authorizationCodeGrant(notes, new URL(page.url), { pkceCodeVerifier: verifier });
      expect(tokens.claims()?.sub).toBeDefined();
    });

    test('name their life and a reference that cannot be guessed', async () => {
      const { answer } = await pushed(notes);
      expect(answer.status).toBe(201);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(Number(answer.body.expires_in)).toBeLessThanOrEqual(60);
      expect(String(answer.body.request_uri)).toMatch(/^urn:ietf:params:oauth:request_uri:[\w-]{32,}$/);
    });

    test('work once: the second use gets no code', async () => {
      const agent = new UserAgent();
      const request = await pushed(notes);
      const { page } = await signIn(agent, request.url, user);
      await redeem(notes, request, page.url);
      const replay = await agent.open(request.url, {}, redirectUri);
      expect(replay.url).not.toContain('code=');
      expect(replay.status).toBe(400);
    });

    test('work once also when both uses happen at the same time', async () => {
      const agents = [new UserAgent(), new UserAgent(), new UserAgent()];
      const request = await pushed(notes);
      const pages = await Promise.all(agents.map((agent) => agent.open(request.url)));
      expect(pages.map(({ status }) => status)).toEqual([200, 200, 200]);
      const ends = await Promise.all(pages.map((page, index) => signIn(agents[index] as UserAgent, page, user)));
      expect(ends.filter(({ page }) => page.url.includes('code='))).toHaveLength(1);
    });

    test('cannot be used by another app', async () => {
      const request = await pushed(notes);
      const page = await new UserAgent().open(
        request.url.replace('client_id=notes', 'client_id=payroll'),
        {},
        redirectUri,
      );
      expect(page.url).not.toContain('code=');
      expect(page.status).toBe(400);
    });

    test.each([
      ['an address that is not registered', { redirect_uri: 'https://evil.example/cb' }],
      ['no PKCE', { code_challenge: '', code_challenge_method: '' }],
      ['plain PKCE', { code_challenge_method: 'plain' }],
      ['the implicit flow', { response_type: 'token' }],
      ['a pushed reference', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }],
    ])('are refused at once with %s', async (_, parameters) => {
      const { answer } = await pushed(notes, parameters);
      expect(answer.status).toBe(400);
      expect(typeof answer.body.error).toBe('string');
      expect(answer.body.request_uri).toBeUndefined();
    });

    test('can be required: then nothing else starts a sign-in', async () => {
      const config = await discover(node.issuer, 'par-only');
      const direct = await new UserAgent().open((await authorizationRequest(config)).url, {}, redirectUri);
      expect(new URL(direct.url).searchParams.get('error')).toBe('invalid_request');
      const request = await pushed(config);
      const { page } = await signIn(new UserAgent(), request.url, user);
      await expect(redeem(config, request, page.url)).resolves.toHaveProperty('id_token');
    });
  });

  describe('tokens bound to a key', () => {
    async function boundTokens(config: RelyingParty, agent = new UserAgent()) {
      const handle = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
      const request = await authorizationRequest(config, {
        dpop_jkt: await handle.calculateThumbprint(),
      });
      const { page } = await signIn(agent, request.url, user);
      const checks = { pkceCodeVerifier: request.verifier, expectedState: request.state, expectedNonce: request.nonce };
      const tokens = await client.authorizationCodeGrant(config, new URL(page.url), checks, undefined, {
        DPoP: handle,
      });
      return { handle, tokens, sub: tokens.claims()?.sub ?? '' };
    }

    interface Prover {
      readonly jkt: string;
      prove(method: string, url: string, token?: string, claims?: Readonly<Record<string, unknown>>): Promise<string>;
    }

    /** Makes proofs by hand, so that one can be sent twice. */
    async function prover(): Promise<Prover> {
      const { privateKey, publicKey } = await generateKeyPair('ES256');
      const jwk: JWK = await exportJWK(publicKey);
      return {
        jkt: await calculateJwkThumbprint(jwk),
        async prove(method, url, token, claims = {}) {
          const hash = async (text: string) =>
            Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('base64url');
          const ath = token === undefined ? {} : { ath: await hash(token) };
          const iat = Math.floor(Date.now() / 1000);
          return new SignJWT({ htm: method, htu: url, jti: randomUUID(), iat, ...ath, ...claims })
            .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
            .sign(privateKey);
        },
      };
    }

    async function tokensOf({ prove }: Prover) {
      const request = await authorizationRequest(notes);
      const { page } = await signIn(new UserAgent(), request.url, user);
      const url = `${node.issuer}/oauth2/v1/token`;
      const fields = {
        grant_type: 'authorization_code',
        client_id: 'notes',
        code: new URL(page.url).searchParams.get('code') ?? '',
        code_verifier: request.verifier,
        redirect_uri: redirectUri,
      };
      const answer = await post(url, fields, { dpop: await prove('POST', url) });
      expect(answer.status).toBe(200);
      return { access: String(answer.body.access_token), refresh: String(answer.body.refresh_token) };
    }

    test('work with a proof of that key, and only with it', async () => {
      const { handle, tokens, sub } = await boundTokens(notes);
      expect(tokens.token_type).toBe('dpop');
      const info = await client.fetchUserInfo(notes, tokens.access_token, sub, { DPoP: handle });
      expect(info.sub).toBe(sub);
      const other = client.getDPoPHandle(notes, await client.randomDPoPKeyPair('ES256'));
      await expect(client.fetchUserInfo(notes, tokens.access_token, sub, { DPoP: other })).rejects.toThrow();
      const stolen = (scheme: string) =>
        fetch(`${node.issuer}/oauth2/v1/userinfo`, { headers: { authorization: `${scheme} ${tokens.access_token}` } });
      const bearer = await stolen('Bearer');
      expect(bearer.status).toBe(401);
      expect(bearer.headers.get('www-authenticate')).toContain('DPoP');
      expect((await stolen('DPoP')).status).toBe(400);
    });

    test('are refreshed only with a proof of the same key, for a public client', async () => {
      const { handle, tokens, sub } = await boundTokens(notes);
      await expect(client.refreshTokenGrant(notes, tokens.refresh_token ?? '')).rejects.toMatchObject({
        error: 'invalid_grant',
      });
      const other = client.getDPoPHandle(notes, await client.randomDPoPKeyPair('ES256'));
      await expect(
        client.refreshTokenGrant(notes, tokens.refresh_token ?? '', undefined, { DPoP: other }),
      ).rejects.toMatchObject({ error: 'invalid_grant' });
      const next = await client.refreshTokenGrant(notes, tokens.refresh_token ?? '', undefined, { DPoP: handle });
      expect(next.token_type).toBe('dpop');
      await expect(client.fetchUserInfo(notes, next.access_token, sub, { DPoP: handle })).resolves.toMatchObject({
        sub,
      });
    });

    test('a proof works once: at userinfo and at the token endpoint, also at the same moment', async () => {
      const key = await prover();
      const { access, refresh } = await tokensOf(key);
      const userinfo = `${node.issuer}/oauth2/v1/userinfo`;
      const get = async (dpop: string) =>
        (await fetch(userinfo, { headers: { authorization: `DPoP ${access}`, dpop: dpop } })).status;
      const proof = await key.prove('GET', userinfo, access);
      expect([await get(proof), await get(proof)]).toEqual([200, 401]);
      const raced = await key.prove('GET', userinfo, access);
      const statuses = await Promise.all(Array.from({ length: 8 }, () => get(raced)));
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(statuses.filter((status) => status >= 500)).toEqual([]);
      const token = `${node.issuer}/oauth2/v1/token`;
      const once = await key.prove('POST', token);
      const fields = { grant_type: 'refresh_token', client_id: 'notes', refresh_token: refresh };
      const first = await post(token, fields, { dpop: once });
      expect(first.status).toBe(200);
      const again = await post(token, { ...fields, refresh_token: String(first.body.refresh_token) }, { dpop: once });
      expect(again).toMatchObject({ status: 400 });
      expect(again.body).not.toHaveProperty('access_token');
    });

    test('a refresh whose answer was lost can be repeated: a token that is bound to a key is not replaced', async () => {
      const { tokens, handle } = await boundTokens(notes, new UserAgent());
      const again = () => client.refreshTokenGrant(notes, tokens.refresh_token ?? '', undefined, { DPoP: handle });
      const [first, second] = [await again(), await again()];
      expect([first.refresh_token, second.refresh_token]).toEqual([tokens.refresh_token, tokens.refresh_token]);
      expect(first.access_token).not.toBe(second.access_token);
      await expect(client.refreshTokenGrant(notes, tokens.refresh_token ?? '')).rejects.toMatchObject({
        error: 'invalid_grant',
      });
      expect((await again()).access_token).toBeDefined();
    });

    test.each<[string, Readonly<Record<string, unknown>>]>([
      ['another method', { htm: 'POST' }],
      ['another address', { htu: 'https://evil.example/oauth2/v1/userinfo' }],
      ['another token', { ath: 'x' }],
      ['an old time', { iat: 1 }],
      ['no id', { jti: '' }],
    ])('a proof for %s is refused', async (_, claims) => {
      const key = await prover();
      const { access } = await tokensOf(key);
      const url = `${node.issuer}/oauth2/v1/userinfo`;
      const proof = await key.prove('GET', url, access, claims);
      const answer = await fetch(url, { headers: { authorization: `DPoP ${access}`, dpop: proof } });
      expect([400, 401]).toContain(answer.status);
    });

    test('an app can insist: without a proof it gets no token', async () => {
      const config = await discover(node.issuer, 'dpop-only');
      const agent = new UserAgent();
      const request = await authorizationRequest(config);
      const { page } = await signIn(agent, request.url, user);
      await expect(redeem(config, request, page.url)).rejects.toMatchObject({ error: 'invalid_grant' });
      const { tokens } = await boundTokens(config, agent);
      expect(tokens.token_type).toBe('dpop');
      expect((await authorizeSilently(notes, agent)).tokens?.token_type).toBe('bearer');
    });

    test('a code that was asked for with dpop_jkt is redeemed only with that key', async () => {
      const handle = client.getDPoPHandle(notes, await client.randomDPoPKeyPair('ES256'));
      const request = await authorizationRequest(notes, { dpop_jkt: await handle.calculateThumbprint() });
      const { page } = await signIn(new UserAgent(), request.url, user);
      await expect(redeem(notes, request, page.url)).rejects.toMatchObject({ error: 'invalid_grant' });
    });

    test('introspection names the key', async () => {
      const key = await prover();
      const { access } = await tokensOf(key);
      const answer = await post(`${node.issuer}/oauth2/v1/introspect`, { token: access, client_id: 'notes' });
      expect(answer.body).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt: key.jkt } });
    });
  });
});
