/** What `config check` finds in the file of an app, alone and together with the settings. */
import { describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { loadConfiguration } from '../../../src/policy/load.ts';
import { findingLine, warningLine } from '../../../src/policy/model/finding.ts';
import { validFiles, withConfiguration } from './configuration-dir.ts';

interface Said {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

async function check(files: Readonly<Record<string, string>>): Promise<Said> {
  return withConfiguration({ ...validFiles, ...files }, async (dir) => {
    const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {} });
    return loaded.ok
      ? { errors: [], warnings: loaded.warnings.map(warningLine) }
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
        'apps/notes.yaml:4:81 client.id_token_signed_response_alg `EdDSA` is not enabled: add it to signing.algorithms in stepgate.yaml, or use RS256 or ES256',
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
      'stepgate.yaml:3:72 resources[0].accessToken.algorithm `PS256` is not enabled: add it to signing.algorithms in stepgate.yaml, or use ES256',
    ]);
    expect((await check({ 'stepgate.yaml': settings(`${es256}\n${resource('')}`) })).errors).toEqual([]);
  });

  test('nothing is enabled', async () => {
    const { errors } = await check({ 'stepgate.yaml': settings('signing: { algorithms: [] }') });
    expect(errors).toEqual(['stepgate.yaml:2:24 signing.algorithms must not be empty']);
  });

  test('RS256 is not enabled: a warning', async () => {
    expect(await check({ 'stepgate.yaml': settings('signing: { algorithms: [ES256] }') })).toEqual({
      errors: [],
      warnings: [
        'stepgate.yaml:2:24: warning: signing.algorithms has no RS256, the only algorithm that every client knows (OpenID Connect Discovery 1.0 section 3)',
      ],
    });
  });
});

describe('the grace of refresh tokens', () => {
  test.each([
    ['PT0S', []],
    ['PT1M', []],
    ['PT61S', ['apps/notes.yaml:4:20 refreshTokenGrace must be at most PT1M']],
    ['10', [expect.stringMatching(/^apps\/notes\.yaml:4:20 refreshTokenGrace must be an ISO 8601 duration/)]],
  ])('%s', async (grace, expected) => {
    expect((await check(app(redirect, `refreshTokenGrace: ${grace}\n`))).errors).toEqual(expected);
  });
});
