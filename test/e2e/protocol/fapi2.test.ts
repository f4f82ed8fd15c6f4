/** Apps with `securityProfile: fapi2`: each failure that the conformance suite of the OpenID Foundation has found. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeProtectedHeader, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import * as client from 'openid-client';
import { appFile, type OpenNode, openNode, post } from '../../support/clients/authorize.ts';
import {
  authorizationRequest,
  discover,
  type RelyingParty,
  redirectUri,
  signIn,
} from '../../support/clients/relying-party.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

const [embedded] = storesUnderTest as readonly [(typeof storesUnderTest)[number]];
type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

let opened: OpenNode;
let node: TestNode;
let ec: Keys;
let rsa: Keys;
let bank: RelyingParty;

beforeAll(async () => {
  ec = await generateKeyPair('ES256', { extractable: true });
  rsa = await generateKeyPair('RS256', { extractable: true });
  const publicKeys: JWK[] = [
    { ...(await exportJWK(ec.publicKey)), kid: 'ec' },
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa' },
  ];
  opened = await openNode(embedded, {
    files: {
      ...appFile('bank', { securityProfile: 'fapi2', client: { jwks: { keys: publicKeys } } }),
      ...appFile('keyed', { client: { jwks: { keys: publicKeys } } }),
    },
  });
  node = opened.node;
  const metadata = { id_token_signed_response_alg: 'ES256' };
  const auth = client.PrivateKeyJwt(
    { key: ec.privateKey, kid: 'ec' },
    {
      [client.modifyAssertion]: (_header, payload) => {
        payload.aud = node.issuer;
      },
    },
  );
  bank = await discover(node.issuer, 'bank', { metadata, auth });
});
afterAll(() => opened.stop());

const par = () => `${node.issuer}/oauth2/v1/par`;
const token = () => `${node.issuer}/oauth2/v1/token`;

const now = () => Math.floor(Date.now() / 1000);

async function assertion(claims: Readonly<Record<string, unknown>> = {}, alg = 'ES256', app = 'bank') {
  const times = { iat: now(), exp: now() + 60 };
  const jwt = new SignJWT({ iss: app, sub: app, aud: node.issuer, jti: randomUUID(), ...times, ...claims });
  jwt.setProtectedHeader({ alg, kid: alg === 'ES256' ? 'ec' : 'rsa' });
  const rsaKey = alg === 'PS256' ? await importJWK(await exportJWK(rsa.privateKey), alg) : rsa.privateKey;
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await jwt.sign(alg === 'ES256' ? ec.privateKey : rsaKey),
  };
}

async function parameters(without: readonly string[] = [], app = 'bank') {
  const request = await authorizationRequest(await discover(node.issuer, app), { scope: 'openid offline_access' });
  const all = [...new URL(request.url).searchParams].filter(([name]) => !without.includes(name));
  return { request, fields: Object.fromEntries(all) };
}

async function push(claims = {}, { alg = 'ES256', app = 'bank', without = [] as readonly string[] } = {}) {
  const { fields } = await parameters(without, app);
  return post(par(), { ...fields, ...(await assertion(claims, alg, app)) });
}

/** Signs in as the profile wants it, up to the code. */
async function codeFor(agent = new UserAgent()) {
  const { request, fields } = await parameters();
  const pushed = await post(par(), { ...fields, ...(await assertion()) });
  const query = new URLSearchParams({ client_id: 'bank', request_uri: String(pushed.body.request_uri) });
  const start = `${node.issuer}/oauth2/v1/authorize?${query}`;
  const { page } = await signIn(agent, start, await newTestUser(node));
  return { request, callback: page.url };
}

describe('an app with the profile', () => {
  test('signs users in with a client that follows it: pushed, bound to a key, and not with RS256', async () => {
    const handle = client.getDPoPHandle(bank, await client.randomDPoPKeyPair('ES256'));
    const { request, callback } = await codeFor();
    const checks = { pkceCodeVerifier: request.verifier, expectedState: request.state, expectedNonce: request.nonce };
    const tokens = await client.authorizationCodeGrant(bank, new URL(callback), checks, undefined, { DPoP: handle });
    expect(tokens.token_type).toBe('dpop');
    expect(decodeProtectedHeader(tokens.id_token ?? '').alg).toBe('ES256');
    expect(new URL(callback).searchParams.get('iss')).toBe(node.issuer);
    const again = () => client.refreshTokenGrant(bank, tokens.refresh_token ?? '', undefined, { DPoP: handle });
    const [first, second] = [await again(), await again()];
    expect([first.refresh_token, second.refresh_token]).toEqual([tokens.refresh_token, tokens.refresh_token]);
    const { sub } = tokens.claims() ?? { sub: '' };
    expect((await client.fetchUserInfo(bank, second.access_token, sub, { DPoP: handle })).sub).toBe(sub);
  });

  test.each<[string, () => Readonly<Record<string, unknown>>, string]>([
    ['a list', () => ({ aud: [node.issuer] }), 'ES256'],
    ['a list that also names the issuer', () => ({ aud: [node.issuer, par()] }), 'ES256'],
    ['the address of the pushed request', () => ({ aud: par() }), 'ES256'],
    ['the token endpoint', () => ({ aud: token() }), 'ES256'],
    ['the issuer with a slash', () => ({ aud: `${node.issuer}/` }), 'ES256'],
    ['the issuer, signed with RS256', () => ({}), 'RS256'],
    ['the issuer, issued 70 seconds ahead', () => ({ iat: now() + 70, exp: now() + 120 }), 'ES256'],
    ['the issuer, valid in 70 seconds', () => ({ nbf: now() + 70, exp: now() + 120 }), 'ES256'],
  ])('is not believed an assertion whose audience is %s', async (_what, claims, alg) => {
    const refused = await push(claims(), { alg });
    expect([refused.status, refused.body.error]).toEqual([401, 'invalid_client']);
    const { callback } = await codeFor();
    const redemption = await post(token(), {
      grant_type: 'authorization_code',
      code: new URL(callback).searchParams.get('code') ?? '',
      redirect_uri: redirectUri,
      ...(await assertion(claims(), alg)),
    });
    expect([redemption.status, redemption.body.error]).toEqual([401, 'invalid_client']);
  });

  test('is believed the issuer, as a string, also with PS256', async () => {
    expect((await push()).status).toBe(201);
    expect((await push({}, { alg: 'PS256' })).status).toBe(201);
  });

  test('may have a clock that is eight seconds ahead', async () => {
    expect((await push({ iat: now() + 8, nbf: now() + 8 })).status).toBe(201);
  });

  test('pushes no request object that is issued 70 seconds ahead', async () => {
    const { fields } = await parameters();
    const pushObject = async (iat: number) => {
      const claims = { iss: 'bank', aud: node.issuer, iat, nbf: now(), exp: now() + 120, ...fields };
      const request = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'ec' }).sign(ec.privateKey);
      return post(par(), { client_id: 'bank', request, ...(await assertion()) });
    };
    expect((await pushObject(now())).status).toBe(201);
    expect((await pushObject(now() + 70)).body.error).toBe('invalid_request_object');
  });

  test('starts no sign-in without a pushed request', async () => {
    const { request } = await parameters();
    const page = await new UserAgent().open(request.url, {}, redirectUri);
    expect(new URL(page.url).searchParams.get('error')).toBe('invalid_request');
  });

  test.each([['redirect_uri'], ['code_challenge', 'code_challenge_method'], ['response_type']])(
    'pushes no request without %s',
    async (...without) => {
      const { status, body } = await push({}, { without });
      expect([status, body.error]).toEqual([400, 'invalid_request']);
    },
  );

  test('gets no token without a proof of its key, and with none that is signed with RS256', async () => {
    const redeemWith = async (headers: Readonly<Record<string, string>>) => {
      const { request, callback } = await codeFor();
      const fields = {
        grant_type: 'authorization_code',
        code: new URL(callback).searchParams.get('code') ?? '',
        redirect_uri: redirectUri,
        code_verifier: request.verifier,
      };
      return post(token(), { ...fields, ...(await assertion()) }, headers);
    };
    expect((await redeemWith({})).body.error).toBe('invalid_grant');
    const proof = new SignJWT({ htm: 'POST', htu: token(), jti: randomUUID(), iat: Math.floor(Date.now() / 1000) })
      .setProtectedHeader({ alg: 'RS256', typ: 'dpop+jwt', jwk: await exportJWK(rsa.publicKey) })
      .sign(rsa.privateKey);
    expect((await redeemWith({ dpop: await proof })).body.error).toBe('invalid_dpop_proof');
  });

  test('is held to the redirect address at the redemption, too', async () => {
    const { request, callback } = await codeFor();
    const handle = client.getDPoPHandle(bank, await client.randomDPoPKeyPair('ES256'));
    const code = new URL(callback).searchParams.get('code') ?? '';
    const grant = (fields: Readonly<Record<string, string>>) =>
      client.genericGrantRequest(bank, 'authorization_code', { code, ...fields }, { DPoP: handle });
    await expect(grant({ code_verifier: request.verifier })).rejects.toMatchObject({ error: 'invalid_request' });
  });
});

test('another app with keys is not held to it', async () => {
  const pushed = await push({ aud: [par()] }, { app: 'keyed' });
  expect(pushed.status).toBe(201);
  expect((await push({}, { alg: 'RS256', app: 'keyed' })).status).toBe(201);
});

test('nothing unexpected was logged', () => {
  expect(node.errors).toEqual([]);
});
