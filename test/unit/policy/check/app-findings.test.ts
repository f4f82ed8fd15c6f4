/** What `config check` finds in the file of an app, alone and together with the settings. */
import { describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import { findingSummary } from '../../../../src/policy/model/analysis-finding.ts';
import { findingLine } from '../../../../src/policy/model/finding.ts';
import { validFiles, withConfiguration } from '../support/configuration-dir.ts';

interface Said {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

async function check(files: Readonly<Record<string, string>>): Promise<Said> {
  return withConfiguration({ ...validFiles, ...files }, async (dir) => {
    const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {} });
    return loaded.ok
      ? { errors: [], warnings: loaded.warnings.map(findingSummary) }
      : { errors: loaded.findings.map(findingLine), warnings: [] };
  });
}

const settings = (more: string) => `brand: { name: Test }\n${more}\n`;
const app = (client: string, more = '') => ({
  'apps/notes.yaml': `clientId: notes\nname: Notes\nsignOnPolicy: notes\n${more}client: { ${client} }\n`,
});
const redirect = 'redirect_uris: [https://notes.test/cb]';

describe('algorithms that are not enabled', () => {
  test('by an app', async () => {
    expect(await check(app(`${redirect}, id_token_signed_response_alg: EdDSA`))).toEqual({
      errors: [
        'apps/notes.yaml:4:81 client.id_token_signed_response_alg `EdDSA` is not enabled: add it to signing.algorithms in stepgate.yaml, or use RS256 or ES256 [setting_missing]',
      ],
      warnings: [],
    });
    const enabled = { 'stepgate.yaml': settings('signing: { algorithms: [RS256, EdDSA] }') };
    expect(await check({ ...enabled, ...app(`${redirect}, id_token_signed_response_alg: EdDSA`) })).toEqual({
      errors: [],
      warnings: [],
    });
  });

  test('by an API; one that names none gets the usual one', async () => {
    const resource = (accessToken: string) =>
      `resources: [{ indicator: "https://api.test", accessToken: { ${accessToken} } }]`;
    const es256 = 'signing: { algorithms: [ES256] }';
    const named = await check({ 'stepgate.yaml': settings(`${es256}\n${resource('algorithm: PS256')}`) });
    expect(named.errors).toEqual([
      'stepgate.yaml:3:72 resources[0].accessToken.algorithm `PS256` is not enabled: add it to signing.algorithms in stepgate.yaml, or use ES256 [setting_missing]',
    ]);
    expect((await check({ 'stepgate.yaml': settings(`${es256}\n${resource('')}`) })).errors).toEqual([]);
  });

  test('nothing is enabled', async () => {
    const { errors } = await check({ 'stepgate.yaml': settings('signing: { algorithms: [] }') });
    expect(errors).toEqual(['stepgate.yaml:2:24 signing.algorithms must not be empty [invalid_value]']);
  });

  test('RS256 is not enabled: a warning', async () => {
    expect(await check({ 'stepgate.yaml': settings('signing: { algorithms: [ES256] }') })).toEqual({
      errors: [],
      warnings: [
        'stepgate.yaml:2:24: warning: signing.algorithms has no RS256, the only algorithm that every client knows (OpenID Connect Discovery 1.0 section 3) [uncommon-algorithms]',
      ],
    });
  });
});

describe('the grace of refresh tokens', () => {
  test.each([
    ['PT0S', []],
    ['PT1M', []],
    ['PT61S', ['apps/notes.yaml:4:20 refreshTokenGrace must be at most PT1M [invalid_value]']],
    ['10', [expect.stringMatching(/^apps\/notes\.yaml:4:20 refreshTokenGrace must be an ISO 8601 duration/)]],
  ])('%s', async (grace, expected) => {
    expect((await check(app(redirect, `refreshTokenGrace: ${grace}\n`))).errors).toEqual(expected);
  });
});

const secret = `clientSecretHash: sha256:${'A'.repeat(43)}\n`;
const api = { 'stepgate.yaml': settings('resources: [{ indicator: "https://api.test", scopes: [read] }]') };
const service = (more: string, client = 'grant_types: [client_credentials]') => ({
  'apps/export.yaml': `clientId: export\nname: Export\n${secret}${more}client: { ${client} }\n`,
});
const mayUse = 'service: { resources: [{ indicator: "https://api.test", scopes: [read] }] }\n';

/** Path and message of each finding. */
async function said(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  return (await check(files)).errors.map((line) => line.replace(/^\S+ /, ''));
}

describe('a service', () => {
  test('that its policy always denies is reported', async () => {
    const policy = (then: string) => ({
      'policies/service/default.yaml': `name: default\nrules:\n  - { name: A, then: ${then} }\n`,
    });
    expect(await said({ ...api, ...service(mayUse), ...policy('allow') })).toEqual([]);
    expect(await said({ ...api, ...service(mayUse), ...policy('deny') })).toEqual([
      'service this app is never let in: every rule of `default` denies; add one that allows, or remove the app [app_closed]',
    ]);
  });

  test('needs its APIs, and no policy for users', async () => {
    expect(await said({ ...api, ...service(mayUse) })).toEqual([]);
    expect(await said({ ...api, ...service('') })).toEqual([
      'service is missing: it names the APIs that the grant client_credentials is for [value_missing]',
    ]);
    expect(await said({ ...api, ...service(`${mayUse}signOnPolicy: notes\n`) })).toEqual([
      'signOnPolicy has no use: no user signs in to this app [invalid_value]',
    ]);
    expect(await said({ ...api, ...app(redirect, mayUse) })).toEqual([
      'service has no use without the grant client_credentials [invalid_value]',
    ]);
  });

  test('proves who it is', async () => {
    const open = service(mayUse)['apps/export.yaml'].replace(secret, '');
    expect(await said({ ...api, 'apps/export.yaml': open })).toEqual([
      'client.grant_types client_credentials needs a secret or keys: a service proves who it is [invalid_value]',
    ]);
  });

  test('may be an app of users, too', async () => {
    const both = `${redirect}, grant_types: [authorization_code, client_credentials]`;
    expect(await said({ ...api, ...service(`${mayUse}signOnPolicy: notes\n`, both) })).toEqual([]);
    expect(await said({ ...api, ...service(mayUse, both) })).toEqual([
      'signOnPolicy is missing: it decides who may sign in [value_missing]',
    ]);
  });

  test('names APIs and a policy that are there', async () => {
    const wrong = 'service: { policy: nights, resources: [{ indicator: "https://apis.test", scopes: [read] }] }\n';
    expect(await said({ ...api, ...service(wrong) })).toEqual([
      expect.stringMatching(/^service\.policy unknown service policy `nights`/),
      expect.stringMatching(/^service\.resources\[0\]\.indicator unknown API `https:\/\/apis\.test`; did you mean/),
    ]);
  });

  test('no API of its own may use scopes of another', async () => {
    const two = settings(
      'resources: [{ indicator: "https://api.test", scopes: [read] }, { indicator: "https://b.test", scopes: [count] }]',
    );
    const wrong = 'service: { resources: [{ indicator: "https://api.test", scopes: [count] }] }\n';
    expect(await said({ 'stepgate.yaml': two, ...service(wrong) })).toEqual([
      'service.resources[0].scopes[0] `count` is no scope of https://api.test; known: read [unknown_reference]',
    ]);
  });
});

describe('a service policy', () => {
  const policy = (rules: string) => ({ 'policies/service/nights.yaml': `name: nights\nrules:\n${rules}` });
  const last = '  - { name: Rest, then: allow }\n';

  test('asks about network, time, scopes and apps', async () => {
    const rules =
      '  - { name: Day, when: { time: { from: "06:00", to: "22:00", zone: UTC }, scopes: { any: [read] }, apps: { any: [export] } }, then: deny }\n';
    const named = service('service: { policy: nights, resources: [{ indicator: "https://api.test" }] }\n');
    expect(await said({ ...api, ...named, ...policy(`${rules}${last}`) })).toEqual([]);
  });

  test.each(['groups: { any: [staff] }', 'users: { any: [ann] }', 'device: { known: true }', 'userType: { any: [x] }'])(
    'asks nothing about users: %s',
    async (when) => {
      const rules = `  - { name: Some, when: { ${when} }, then: deny }\n${last}`;
      expect(await said(policy(rules))).toEqual([
        expect.stringMatching(
          /^rules\[0\]\.when\.\w+ unknown key `\w+`; use one of: network, apps, scopes, time, any \[unknown_key\]$/,
        ),
      ]);
    },
  );

  test('ends in a rule for the rest, and asks for no factors', async () => {
    const time = 'time: { from: "06:00", to: "22:00", zone: UTC }';
    expect(await said(policy(`  - { name: Day, when: { ${time} }, then: allow }\n`))).toHaveLength(1);
    expect(await said(policy('  - { name: All, then: { allow: { factors: 1 } } }\n'))).toHaveLength(1);
  });
});

describe('signed request objects', () => {
  test.each(['require_signed_request_object: true', 'request_object_signing_alg: ES256'])(
    'need keys: %s',
    async (setting) => {
      const [field] = setting.split(':');
      expect(await said(app(`${redirect}, ${setting}`))).toEqual([
        `client.${field} needs jwks or jwks_uri [invalid_value]`,
      ]);
    },
  );
});

describe('securityProfile fapi2', () => {
  const keys = (n: string) => `jwks: { keys: [{ kty: RSA, e: AQAB, n: ${n} }] }`;
  const strong = keys('A'.repeat(342));
  const fapi = (client: string, more = '') => app(client, `securityProfile: fapi2\n${more}`);

  test('is complete with keys', async () => {
    expect(await said(fapi(`${redirect}, ${strong}`))).toEqual([]);
  });

  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    [
      'a public client',
      fapi(redirect),
      [
        'client.token_endpoint_auth_method must be private_key_jwt or self_signed_tls_client_auth, with jwks or jwks_uri: securityProfile fapi2 takes no other [invalid_value]',
      ],
    ],
    [
      'a secret',
      fapi(redirect, secret),
      [
        'client.token_endpoint_auth_method must be private_key_jwt or self_signed_tls_client_auth, with jwks or jwks_uri: securityProfile fapi2 takes no other [invalid_value]',
      ],
    ],
    [
      'no PKCE',
      fapi(`${redirect}, ${strong}`, 'pkce: optional\n'),
      ['pkce must be `required` with securityProfile fapi2 [invalid_value]'],
    ],
    [
      'no pushed requests, no bound tokens, RS256',
      fapi(
        `${redirect}, ${strong}, require_pushed_authorization_requests: false, dpop_bound_access_tokens: false, id_token_signed_response_alg: RS256, request_object_signing_alg: RS256`,
      ),
      [
        'client.require_pushed_authorization_requests must not be `false` with securityProfile fapi2 [invalid_value]',
        'client.dpop_bound_access_tokens must not be `false` with securityProfile fapi2, unless tokens are bound to a certificate [invalid_value]',
        'client.id_token_signed_response_alg must be PS256, ES256 or EdDSA with securityProfile fapi2 [invalid_value]',
        'client.request_object_signing_alg must be PS256, ES256 or EdDSA with securityProfile fapi2 [invalid_value]',
      ],
    ],
    [
      'a short key',
      fapi(`${redirect}, ${keys('A'.repeat(171))}`),
      ['client.jwks.keys[0] must have at least 2048 bits with securityProfile fapi2 [invalid_value]'],
    ],
    [
      'an address without TLS',
      fapi(`redirect_uris: ["http://localhost/cb"], ${strong}`),
      ['client.redirect_uris[0] must be https with securityProfile fapi2 [invalid_value]'],
    ],
    [
      'nothing but RS256 to sign with',
      { ...fapi(`${redirect}, ${strong}`), 'stepgate.yaml': settings('signing: { algorithms: [RS256] }') },
      ['securityProfile needs PS256, ES256 or EdDSA in signing.algorithms in stepgate.yaml [setting_missing]'],
    ],
  ])('names what is missing: %s', async (_what, files, expected) => {
    expect(await said(files)).toEqual(expected);
  });
});

describe('certificates of apps', () => {
  const certificate = 'jwks: { keys: [{ kty: EC, crv: P-256, x: AA, y: AA, x5c: [AA] }] }';
  const method = 'token_endpoint_auth_method: self_signed_tls_client_auth';
  const bound = 'tls_client_certificate_bound_access_tokens: true';
  const proxies = { 'stepgate.yaml': settings('clientCertificates: { proxies: [10.0.0.0/8] }') };

  test('prove who an app is and bind its tokens, where a proxy hands them over', async () => {
    const files = app(`${redirect}, ${method}, ${bound}, ${certificate}`, 'securityProfile: fapi2\n');
    expect(await said({ ...files, ...proxies })).toEqual([]);
  });

  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    [
      'no proxy hands them over',
      app(`${redirect}, ${method}, ${bound}, ${certificate}`),
      [
        'client.token_endpoint_auth_method needs clientCertificates in stepgate.yaml: which proxies hand certificates over [setting_missing]',
        'client.tls_client_certificate_bound_access_tokens needs clientCertificates in stepgate.yaml: which proxies hand certificates over [setting_missing]',
      ],
    ],
    [
      'no keys',
      { ...app(`${redirect}, ${method}`), ...proxies },
      ['client.token_endpoint_auth_method needs jwks or jwks_uri [invalid_value]'],
    ],
    [
      'no key with a certificate',
      { ...app(`${redirect}, ${method}, jwks: { keys: [{ kty: EC, crv: P-256, x: AA, y: AA }] }`), ...proxies },
      ['client.jwks needs a key with `x5c`: the certificate that the app shows [invalid_value]'],
    ],
    [
      'no network, and no header',
      { 'stepgate.yaml': settings('clientCertificates: { header: "a b", proxies: [proxy.test] }') },
      [
        'clientCertificates.header must be the name of a header [invalid_value]',
        'clientCertificates.proxies[0] is not a network such as 192.0.2.0/24 or 2001:db8::/48 [invalid_value]',
      ],
    ],
  ])('are refused: %s', async (_what, files, expected) => {
    expect(await said(files)).toEqual(expected);
  });
});
