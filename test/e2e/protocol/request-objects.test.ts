/** Signed authorization requests (RFC 9101), and how those that are not signed are refused. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { appFile, type OpenNode, openNode, post } from '../../support/clients/authorize.ts';
import { authorizationRequest, discover, redeem, redirectUri, signIn } from '../../support/clients/relying-party.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

const [embedded] = storesUnderTest as readonly [(typeof storesUnderTest)[number]];

let opened: OpenNode;
let node: TestNode;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let foreign: Awaited<ReturnType<typeof generateKeyPair>>;

beforeAll(async () => {
  keys = await generateKeyPair('ES256', { extractable: true });
  foreign = await generateKeyPair('ES256');
  const jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256' }] };
  const signed = { jwks, token_endpoint_auth_method: 'none' };
  opened = await openNode(embedded, {
    files: {
      ...appFile('signing', { client: signed }),
      ...appFile('signed-only', { client: { ...signed, require_signed_request_object: true } }),
      ...appFile('ps256', { client: { ...signed, request_object_signing_alg: 'PS256' } }),
    },
  });
  node = opened.node;
});
afterAll(() => opened.stop());

/** A request of the app, whose parameters are in an object. */
async function requestOf(app: string, claims: Readonly<Record<string, unknown>> = {}) {
  const request = await authorizationRequest(await discover(node.issuer, app));
  const parameters = Object.fromEntries(new URL(request.url).searchParams);
  return { request, claims: { iss: app, aud: node.issuer, ...parameters, ...claims } };
}

const sign = (claims: object, key = keys.privateKey) =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .setIssuedAt()
    .setExpirationTime('5 min')
    .sign(key);

/** The address of a request with this object, and with these parameters outside of it. */
function address(app: string, object: string, outside: Readonly<Record<string, string>> = {}): string {
  const usual = { client_id: app, response_type: 'code', scope: 'openid', redirect_uri: redirectUri };
  const query = new URLSearchParams({ ...usual, ...outside, request: object });
  return `${node.issuer}/oauth2/v1/authorize?${query}`;
}

/** Where the browser ends, without any page. */
async function errorAt(url: string): Promise<string | null> {
  const page = await new UserAgent().open(url, {}, redirectUri);
  return new URL(page.url).searchParams.get('error');
}

describe('a signed request', () => {
  test('counts as signed, whatever the parameters outside of it say', async () => {
    const { request, claims } = await requestOf('signing');
    const url = address('signing', await sign(claims), { state: 'other', nonce: 'other', scope: 'openid email' });
    const { page } = await signIn(new UserAgent(), url, await newTestUser(node));
    const tokens = await redeem(await discover(node.issuer, 'signing'), request, page.url);
    expect(tokens.id_token).toBeDefined();
  });

  test.each(['signed', 'pushed'])('is the only place that asks for `offline_access`: %s', async (how) => {
    const { request, claims } = await requestOf('signing', { scope: 'openid' });
    const asking = { scope: 'openid offline_access' };
    const object = await sign(claims);
    const pushed = await post(`${node.issuer}/oauth2/v1/par`, { client_id: 'signing', request: object });
    const byReference = new URLSearchParams({
      client_id: 'signing',
      request_uri: String(pushed.body.request_uri),
      ...asking,
    });
    const url =
      how === 'signed' ? address('signing', object, asking) : `${node.issuer}/oauth2/v1/authorize?${byReference}`;
    const { page } = await signIn(new UserAgent(), url, await newTestUser(node));
    expect((await redeem(await discover(node.issuer, 'signing'), request, page.url)).scope).toBe('openid');
  });

  test('can be pushed', async () => {
    const { request, claims } = await requestOf('signing');
    const pushed = await post(`${node.issuer}/oauth2/v1/par`, { client_id: 'signing', request: await sign(claims) });
    expect(pushed.status).toBe(201);
    const query = new URLSearchParams({ client_id: 'signing', request_uri: String(pushed.body.request_uri) });
    const url = `${node.issuer}/oauth2/v1/authorize?${query}`;
    const { page } = await signIn(new UserAgent(), url, await newTestUser(node));
    expect((await redeem(await discover(node.issuer, 'signing'), request, page.url)).id_token).toBeDefined();
  });

  test('can be required', async () => {
    const { request, claims } = await requestOf('signed-only');
    expect(await errorAt(request.url)).toBe('invalid_request');
    expect((await new UserAgent().open(address('signed-only', await sign(claims)))).status).toBe(200);
  });

  test.each<[string, () => Promise<string>]>([
    [
      'is signed with another key',
      async () => address('signing', await sign((await requestOf('signing')).claims, foreign.privateKey)),
    ],
    [
      'is for another provider',
      async () => address('signing', await sign((await requestOf('signing', { aud: 'https://other.example' })).claims)),
    ],
    [
      'is of another app',
      async () => address('signing', await sign((await requestOf('signing', { iss: 'notes' })).claims)),
    ],
    [
      'names another app inside',
      async () => address('signing', await sign((await requestOf('signing', { client_id: 'notes' })).claims)),
    ],
    [
      'has another algorithm than the app registered',
      async () => address('ps256', await sign((await requestOf('ps256')).claims)),
    ],
    [
      'is over',
      async () => address('signing', await sign((await requestOf('signing', { nbf: 4_000_000_000 })).claims)),
    ],
  ])('is refused when it %s', async (_what, url) => {
    expect(await errorAt(await url())).toBe('invalid_request_object');
  });
});

describe('a request object that is not signed', () => {
  test.each(['notes', 'signing', 'signed-only'])('is refused as not supported: %s', async (app) => {
    const { claims } = await requestOf(app);
    expect(await errorAt(address(app, new UnsecuredJWT(claims).encode()))).toBe('request_not_supported');
  });

  test.each(['notes', 'signing'])('is refused as not supported when it is pushed: %s', async (app) => {
    const { claims } = await requestOf(app);
    const request = app === 'notes' ? await sign(claims) : new UnsecuredJWT(claims).encode();
    const { status, body } = await post(`${node.issuer}/oauth2/v1/par`, { client_id: app, request });
    expect([status, body.error]).toEqual([400, 'request_not_supported']);
  });

  test('is refused of an app without keys, also when it is signed', async () => {
    const { claims } = await requestOf('notes');
    expect(await errorAt(address('notes', await sign(claims)))).toBe('request_not_supported');
  });

  test.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, string>>]>([
    ['inside', { response_mode: 'form_post' }, {}],
    ['outside', {}, { response_mode: 'form_post' }],
  ])('is refused by the response mode that it asks for %s', async (_where, inside, outside) => {
    const { claims } = await requestOf('notes', inside);
    const response = await new UserAgent().send(address('notes', new UnsecuredJWT(claims).encode(), outside));
    const html = await response.text();
    expect(response.headers.get('location')).toBeNull();
    expect(html).toContain(`action="${redirectUri}"`);
    expect(html).toContain('value="request_not_supported"');
  });

  test.each(['no mode', 'web_message', ''])('that asks for the mode %j is refused in the query', async (mode) => {
    const { claims } = await requestOf('notes', { response_mode: mode });
    expect(await errorAt(address('notes', new UnsecuredJWT(claims).encode()))).toBe('request_not_supported');
  });

  test('leads to no address that is not registered', async () => {
    const { claims } = await requestOf('notes', { redirect_uri: 'https://evil.example/cb' });
    const url = address('notes', new UnsecuredJWT(claims).encode(), { redirect_uri: 'https://evil.example/cb' });
    const response = await new UserAgent().send(url);
    expect([response.status, response.headers.get('location')]).toEqual([400, null]);
  });

  test.each(['x', 'a.b.c'])('and is no token at all is refused: %j', async (object) => {
    const url = address('signing', object);
    expect(await errorAt(url)).toBe('invalid_request_object');
  });
});

test('nothing unexpected was logged', () => {
  expect(node.errors).toEqual([]);
});
