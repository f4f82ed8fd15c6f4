/** The settings of phones, text messages and calls. */
import { describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { settingsSchemaFor } from '../../../../src/policy/schema/schemas.ts';

const phone = { enabled: true, countries: ['DE', 'FR'] };
const parse = (more: object) => settingsSchemaFor(authenticatorKinds).safeParse({ brand: { name: 'A' }, ...more });
const faults = (more: object): readonly string[] =>
  parse(more).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('authenticators.phone', () => {
  test('has defaults; numbers without country code are of the first country', () => {
    expect(parse({ authenticators: { phone } }).data?.authenticators.phone).toEqual({
      ...phone,
      methods: ['sms'],
      defaultCountry: 'DE',
      limits: { number: 10, prefix: 30, network: 50, country: 1000 },
    });
  });

  test.each([
    [{ enabled: true }, /needs `countries`/],
    [{ ...phone, countries: [] }, /needs `countries`/],
    [{ ...phone, countries: ['de'] }, /must be written as DE/],
    [{ ...phone, countries: ['DEU'] }, /two capital letters/],
    [{ ...phone, countries: ['XQ'] }, /two capital letters/],
    [{ ...phone, countries: ['UK'] }, /must be written as GB/],
    [{ ...phone, countries: ['EU'] }, /two capital letters/],
    [{ ...phone, defaultCountry: 'UK' }, /must be written as GB/],
    [{ ...phone, defaultCountry: 'US' }, /`defaultCountry` must be one of `countries`/],
    [{ ...phone, methods: [] }, /must not be empty/],
    [{ ...phone, methods: ['fax'] }, /methods\.0: /],
    [{ ...phone, methods: ['sms', 'sms'] }, /names `sms` twice/],
    [{ ...phone, limits: { number: 0 } }, /limits\.number/],
    [{ ...phone, limit: {} }, /enabled methods countries defaultCountry limits/],
  ])('%j is refused', (given, fault) => {
    expect(faults({ authenticators: { phone: given } }).join('\n')).toMatch(fault);
  });

  test('without countries is accepted as long as it is disabled', () => {
    expect(faults({ authenticators: { phone: { enabled: false } } })).toEqual([]);
  });
});

describe('sms and voice', () => {
  const webhook = { url: 'https://sms.example.org/send', secretEnv: 'SMS_SECRET' };
  const twilio = { accountSid: 'AC0123', authTokenEnv: 'TWILIO_TOKEN', from: '+15005550006' };
  const { from: _, ...withoutSender } = twilio;

  test.each([
    [{ sms: { webhook } }],
    [{ sms: { webhook: { ...webhook, url: 'http://localhost:8080/sms' } } }],
    [{ sms: { twilio } }],
    [{ sms: { twilio: { ...twilio, from: 'Acme ID' } } }],
    [{ sms: { twilio: { ...withoutSender, messagingServiceSid: 'MG0123' } } }],
    [{ sms: { twilio: { ...twilio, baseUrl: 'https://acme.example.org/api/laml' } }, voice: { twilio } }],
    [{ voice: { webhook } }],
  ])('%j is accepted', (given) => {
    expect(faults(given)).toEqual([]);
  });

  test.each([
    [{ sms: {} }, /needs either `webhook` or `twilio`/],
    [{ sms: { webhook, twilio } }, /needs either/],
    [{ sms: { webhook: { ...webhook, url: 'http://sms.example.org/' } } }, /must be https/],
    [{ sms: { webhook: { ...webhook, url: 'https://user:pw@sms.example.org/' } } }, /must not hold a user name/],
    [{ sms: { webhook: { url: webhook.url, secret: 'whsec_x' } } }, /secretEnv/],
    [{ sms: { webhook: { ...webhook, secretEnv: 'whsec_AAAA=' } } }, /name of an environment variable/],
    [{ sms: { twilio: withoutSender } }, /either `from` or `messagingServiceSid`/],
    [{ sms: { twilio: { ...twilio, messagingServiceSid: 'MG1' } } }, /either `from` or `messagingServiceSid`/],
    [{ sms: { twilio: { ...twilio, accountSid: '../x' } } }, /letters, digits/],
    [{ sms: { twilio: { ...twilio, authToken: 'x' } } }, /authTokenEnv/],
    [{ voice: { twilio: { ...twilio, from: 'Acme' } } }, /E\.164/],
    [{ voice: { twilio: withoutSender } }, /voice\.twilio\.from/],
  ])('%j is refused', (given, fault) => {
    expect(faults(given).join('\n')).toMatch(fault);
  });
});
