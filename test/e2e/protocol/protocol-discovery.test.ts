/** Discovery, keys and cross-origin access: what is announced is true, and follows the configured issuer. */
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { appFile, authorize, type OpenNode, openNode, post } from '../../support/clients/authorize.ts';
import type { LightHeaders } from '../../support/clients/light-fetch.ts';
import { authorizationRequest, discover } from '../../support/clients/relying-party.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser, startNode, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

const [embedded] = storesUnderTest;
if (!embedded) throw new Error('no store to test on');
const path = '/.well-known/openid-configuration';

type Metadata = Readonly<Record<string, unknown>>;

let open: OpenNode;
let node: TestNode;

beforeAll(async () => {
  open = await openNode(embedded, {
    algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    files: {
      ...appFile('es256', { client: { id_token_signed_response_alg: 'ES256' } }),
      ...appFile('eddsa', { client: { id_token_signed_response_alg: 'EdDSA' } }),
      ...appFile('ps256', { client: { id_token_signed_response_alg: 'PS256' } }),
    },
  });
  node = open.node;
});
afterAll(() => open.stop());

/** A request as it is written here: fetch would not mislead about the host, and adds headers about caching. */
function raw(
  target: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
  const { port } = new URL(node.origin);
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path: target, headers });
    sent.on('error', reject);
    sent.on('response', async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
    });
    sent.end();
  });
}

async function rawMetadata({ target, headers }: { target?: string; headers?: Record<string, string> } = {}) {
  const { status, text } = await raw(target ?? path, headers);
  return { status, body: JSON.parse(text) as Metadata };
}

/** Every string of the metadata that is an address. */
function links(metadata: Metadata): readonly string[] {
  return Object.values(metadata).filter(
    (value): value is string => typeof value === 'string' && /^https?:/.test(value),
  );
}

describe('every link follows the issuer', () => {
  test.each<[string, { headers?: Record<string, string>; target?: string }]>([
    ['as asked', {}],
    ['another Host', { headers: { host: 'evil.example' } }],
    ['X-Forwarded-Host', { headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-port': '99' } }],
    ['X-Forwarded-Proto', { headers: { 'x-forwarded-proto': 'https' } }],
    ['X-Forwarded-Prefix', { headers: { 'x-forwarded-prefix': '/evil' } }],
    ['Forwarded', { headers: { forwarded: 'host=evil.example;proto=https' } }],
    ['an absolute request target', { target: `http://evil.example${path}` }],
    ['a target with a user name', { target: `http://localhost@evil.example${path}` }],
  ])('%s', async (_, options) => {
    const { status, body } = await rawMetadata(options);
    expect(status).toBe(200);
    expect(body.issuer).toBe(node.issuer);
    expect(links(body).length).toBeGreaterThan(8);
    expect(links(body).filter((link) => link !== node.issuer && !link.startsWith(`${node.issuer}/`))).toEqual([]);
  });

  test('also without a Host header, in HTTP/1.0', async () => {
    const { port } = new URL(node.origin);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(`GET ${path} HTTP/1.0\r\n\r\n`));
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('end', () => resolve(Buffer.concat(chunks).toString()));
      socket.on('error', reject);
    });
    const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as Metadata;
    expect(links(body).filter((link) => !link.startsWith(node.issuer))).toEqual([]);
  });

  test('redirects of the authorization endpoint stay with the issuer', async () => {
    const notes = await discover(node.issuer, 'notes');
    const { url } = await authorizationRequest(notes);
    const { pathname, search } = new URL(url);
    const { headers } = await raw(pathname + search, { host: 'evil.example' });
    const location = headers.location ?? '';
    expect(new URL(location, node.issuer).origin).toBe(node.issuer);
  });
});

describe('what is announced', () => {
  test('is exactly the whole surface', async () => {
    const { body } = await rawMetadata();
    expect(body).toMatchObject({
      authorization_endpoint: `${node.issuer}/oauth2/v1/authorize`,
      token_endpoint: `${node.issuer}/oauth2/v1/token`,
      jwks_uri: `${node.issuer}/oauth2/v1/keys`,
      userinfo_endpoint: `${node.issuer}/oauth2/v1/userinfo`,
      introspection_endpoint: `${node.issuer}/oauth2/v1/introspect`,
      revocation_endpoint: `${node.issuer}/oauth2/v1/revoke`,
      end_session_endpoint: `${node.issuer}/oauth2/v1/logout`,
      pushed_authorization_request_endpoint: `${node.issuer}/oauth2/v1/par`,
      device_authorization_endpoint: `${node.issuer}/oauth2/v1/device`,
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      claims_parameter_supported: true,
      authorization_response_iss_parameter_supported: true,
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
      request_uri_parameter_supported: false,
      prompt_values_supported: ['none', 'login', 'consent', 'select_account', 'create'],
      ui_locales_supported: ['ar', 'de', 'en', 'es', 'fr', 'it', 'ja', 'nl', 'pl', 'pt-BR', 'tr', 'zh-Hans'],
      introspection_endpoint_auth_methods_supported: body.token_endpoint_auth_methods_supported,
      revocation_endpoint_auth_methods_supported: body.token_endpoint_auth_methods_supported,
      introspection_endpoint_auth_signing_alg_values_supported: body.token_endpoint_auth_signing_alg_values_supported,
      revocation_endpoint_auth_signing_alg_values_supported: body.token_endpoint_auth_signing_alg_values_supported,
    });
    expect(body).not.toHaveProperty('registration_endpoint');
    expect(body.request_parameter_supported).toBe(true);
    expect([...(body.token_endpoint_auth_signing_alg_values_supported as string[])].sort()).toEqual([
      'ES256',
      'EdDSA',
      'PS256',
      'RS256',
    ]);
    expect([...(body.request_object_signing_alg_values_supported as string[])].sort()).toEqual([
      'ES256',
      'EdDSA',
      'PS256',
      'RS256',
    ]);
    expect(body.grant_types_supported).toEqual(
      expect.arrayContaining([
        'authorization_code',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:device_code',
        'client_credentials',
      ]),
    );
    expect(body.grant_types_supported).toHaveLength(4);
    expect([...(body.token_endpoint_auth_methods_supported as string[])].sort()).toEqual([
      'client_secret_basic',
      'client_secret_post',
      'none',
      'private_key_jwt',
    ]);
    expect([...(body.id_token_signing_alg_values_supported as string[])].sort()).toEqual([
      'ES256',
      'EdDSA',
      'PS256',
      'RS256',
    ]);
    expect([...(body.scopes_supported as string[])].sort()).toEqual([
      'address',
      'email',
      'groups',
      'offline_access',
      'openid',
      'phone',
      'profile',
    ]);
    expect(body.claims_supported).toEqual(
      expect.arrayContaining(['sub', 'acr', 'amr', 'auth_time', 'email', 'email_verified', 'groups', 'name']),
    );
  });

  test('acr values are those that the enabled authenticators can reach', async () => {
    const all = ['urn:okta:loa:2fa:any', 'urn:okta:loa:1fa:pwd', 'urn:okta:loa:1fa:any'];
    expect((await rawMetadata()).body.acr_values_supported).toEqual(all);
    const other = await startNode({
      files: {
        'stepgate.yaml': 'brand: { name: One }\nauthenticators: { totp: { enabled: false } }',
        'policies/sign-on/payroll.yaml': 'name: payroll\nrules: [{ name: Everybody, then: { allow: { factors: 1 } } }]',
      },
    });
    try {
      const metadata = (await (await fetch(`${other.issuer}${path}`)).json()) as Metadata;
      expect(metadata.acr_values_supported).toEqual(all.slice(1));
    } finally {
      await other.stop();
    }
  });

  test('what only hardware reaches is not announced where nothing proves hardware', async () => {
    const other = await startNode({ authenticators: ['password', 'totp', 'webauthn'], users: false });
    try {
      const metadata = (await (await fetch(`${other.issuer}${path}`)).json()) as Metadata;
      expect(metadata.acr_values_supported).toEqual(expect.arrayContaining(['phr']));
      expect(metadata.acr_values_supported).not.toContain('phrh');
    } finally {
      await other.stop();
    }
  });

  test('each supported ID token algorithm works, and RS256 is the default', async () => {
    const user = await newTestUser(node);
    const jwks = createLocalJWKSet(await (await fetch(`${node.issuer}/oauth2/v1/keys`)).json());
    const used: unknown[] = [];
    for (const clientId of ['notes', 'es256', 'eddsa', 'ps256']) {
      const config = await discover(node.issuer, clientId, {
        metadata: {
          metadata: {
            id_token_signed_response_alg:
              { notes: 'RS256', es256: 'ES256', eddsa: 'EdDSA', ps256: 'PS256' }[clientId] ?? '',
          },
        },
      });
      const { tokens } = await authorize(config, new UserAgent(), user);
      const verified = await jwtVerify(tokens.id_token ?? '', jwks, { issuer: node.issuer, audience: clientId });
      used.push(verified.protectedHeader.alg);
    }
    expect(used).toEqual(['RS256', 'ES256', 'EdDSA', 'PS256']);
  });

  test('authorization server metadata (RFC 8414) says the same', async () => {
    const oauth = await (await fetch(`${node.issuer}/.well-known/oauth-authorization-server`)).json();
    expect(oauth).toEqual((await rawMetadata()).body);
  });
});

describe('keys', () => {
  test('only public parts are published, each with a kid and for signatures', async () => {
    const { keys } = (await (await fetch(`${node.issuer}/oauth2/v1/keys`)).json()) as {
      keys: Record<string, unknown>[];
    };
    expect(keys.map(({ kty }) => kty).sort()).toEqual(['EC', 'OKP', 'RSA']);
    const allowed = new Set(['kty', 'kid', 'use', 'alg', 'crv', 'x', 'y', 'n', 'e']);
    expect(keys.flatMap((key) => Object.keys(key)).filter((member) => !allowed.has(member))).toEqual([]);
    expect(keys.every(({ kid, use }) => typeof kid === 'string' && use === 'sig')).toBe(true);
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(3);
  });

  test.each(['/oauth2/v1/keys', path])('%s can be cached, and revalidated for nothing', async (target) => {
    const first = await raw(target);
    const etag = String(first.headers.etag);
    expect(first.headers['cache-control']).toMatch(/^public, max-age=\d+$/);
    expect(etag).toMatch(/^"[\w-]+"$/);
    const again = await raw(target, { 'if-none-match': etag });
    expect(again).toMatchObject({ status: 304, text: '' });
    const changed = await raw(target, { 'if-none-match': '"other"' });
    expect(changed).toMatchObject({ status: 200, text: first.text });
    expect(changed.headers).toMatchObject({ etag, 'content-type': first.headers['content-type'] });
  });
});

describe('cross-origin requests', () => {
  const origin = (response: { headers: LightHeaders }) => response.headers.get('access-control-allow-origin');

  test('discovery and keys are public', async () => {
    for (const target of [path, '/oauth2/v1/keys']) {
      expect(origin(await fetch(`${node.issuer}${target}`, { headers: { origin: 'https://any.example' } }))).toBe(
        'https://any.example',
      );
    }
  });

  test('the token endpoint answers a public client from the origin of its redirect, and no other origin', async () => {
    const fields = { grant_type: 'refresh_token', refresh_token: 'x', client_id: 'notes' };
    const own = await post(`${node.issuer}/oauth2/v1/token`, fields, { origin: 'http://localhost:3001' });
    expect(own.body.error).toBe('invalid_grant');
    expect(origin(own)).toBe('http://localhost:3001');
    for (const foreign of ['https://evil.example', 'http://localhost:3002', 'https://localhost:3001', 'null']) {
      const other = await post(`${node.issuer}/oauth2/v1/token`, fields, { origin: foreign });
      expect(other.body.error).toBe('invalid_request');
      expect(origin(other)).toBeNull();
    }
  });

  test('a confidential client is no browser: no origin is its own', async () => {
    await node.configure(
      appFile('backend', {
        clientSecretHash: `sha256:${'A'.repeat(43)}`,
        client: { application_type: 'web', redirect_uris: ['https://backend.example/cb'] },
      }),
    );
    const answer = await post(
      `${node.issuer}/oauth2/v1/token`,
      { grant_type: 'refresh_token', refresh_token: 'x', client_id: 'backend', client_secret: 'x' },
      { origin: 'https://backend.example' },
    );
    expect(origin(answer)).toBeNull();
  });

  test('neither the authorization endpoint nor the pages of the sign-in answer across origins', async () => {
    const notes = await discover(node.issuer, 'notes');
    const { url } = await authorizationRequest(notes);
    const agent = new UserAgent({ headers: { origin: 'http://localhost:3001' } });
    const first = await agent.send(url);
    const page = await agent.send(new URL(first.headers.get('location') ?? '', url).href);
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:3001', 'access-control-request-method': 'GET' },
    });
    expect([first, page, preflight].map(origin)).toEqual([null, null, null]);
    expect(page.status).toBe(200);
  });
});
