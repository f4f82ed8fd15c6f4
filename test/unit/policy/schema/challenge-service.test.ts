/** `challengeService` of `stepgate.yaml`: defaults, and what no content security policy may hold. */
import { expect, test } from '@jest/globals';
import { challengeService } from '../../../../src/policy/schema/settings/challenge-service.ts';
import { findingLines } from '../support/configuration-dir.ts';

const given = {
  script: 'https://challenges.test/api.js?x=1',
  verify: 'https://challenges.test/siteverify',
  siteKey: '0x4AAA',
  secretEnv: 'SECRET',
};

test('omitted keys have their defaults', () => {
  expect(challengeService.parse(given)).toEqual({
    ...given,
    origins: ['https://challenges.test'],
    responseField: 'g-recaptcha-response',
    remoteip: false,
    timeout: 3,
  });
});

test.each([
  ['https://challenges.cloudflare.com/turnstile/v0/api.js', 'cf-turnstile-response'],
  ['https://js.hcaptcha.com/1/api.js', 'h-captcha-response'],
  ['https://hcaptcha.com/1/api.js', 'h-captcha-response'],
  ['https://nohcaptcha.com/1/api.js', 'g-recaptcha-response'],
  ['https://www.google.com/recaptcha/api.js', 'g-recaptcha-response'],
])('the response of %s is in %s', (script, responseField) => {
  expect(challengeService.parse({ ...given, script })).toMatchObject({ responseField });
  expect(challengeService.parse({ ...given, script, responseField: 'own' })).toMatchObject({ responseField: 'own' });
});

test('each origin is there once, with that of the script', () => {
  const origins = ['https://challenges.test', 'https://*.challenges.test', 'http://localhost:8080'];
  expect(challengeService.parse({ ...given, origins })).toMatchObject({ origins });
});

const https = 'must be https: http is for loopback addresses only';
test.each<[object, string]>([
  [{ script: 'http://challenges.test/api.js' }, https],
  [{ verify: 'http://challenges.test/siteverify' }, https],
  [{ script: "https://a.test;script-src'/api.js" }, 'must have a host of letters, digits, "-" and "."'],
  [{ origins: ['http://challenges.test'] }, https],
  [{ origins: ['https://a.test/path'] }, 'must be an origin such as'],
  [{ origins: ['https://a.test;sandbox'] }, 'must be an origin such as'],
  [{ origins: ['https://*.test'] }, 'must be an origin such as'],
  [{ origins: ['*'] }, 'must be one exact URL: wildcards are not supported'],
  [{ origins: ['https:'] }, 'must be an absolute URL'],
  [{ secretEnv: 'a secret' }, 'must be the name of an environment variable'],
  [{ siteKey: 'a"b' }, 'must be made of letters'],
  [{ responseField: 'a b' }, 'must be made of letters'],
  [{ timeout: 'PT1M' }, 'PT10S'],
])('%j is refused', async (wrong, message) => {
  const settings = { brand: { name: 'Test' }, challengeService: { ...given, ...wrong } };
  const lines = await findingLines({ 'stepgate.yaml': JSON.stringify(settings) });
  expect(lines).toEqual([expect.stringContaining(message)]);
});
