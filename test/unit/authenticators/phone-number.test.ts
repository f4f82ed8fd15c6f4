import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { phoneQuotas } from '../../../src/authenticators/phone/quotas.ts';
import { maskedNumber, readPhoneNumber } from '../../../src/authenticators/shared/phone-number.ts';
import { networkOf } from '../../../src/authenticators/shared/sending-quotas.ts';
import { seeded } from '../../core/support/seeded.ts';

const mobile = { number: '+4915112345678', country: 'DE', methods: ['sms', 'voice'] };

describe('a number', () => {
  test.each([
    '+4915112345678',
    '+49 151 12345678',
    '+49 (0)151 / 123-456-78',
    '0151 12345678',
    '0049 151 12345678',
    ' 0151\u00a01234\u20115678 ',
    '\u202a+4915112345678\u202c',
    '\uff0b\uff14\uff1915112345678',
    '+\u0664\u0669 151 12345678',
  ])('is read as users write it: %j', (text) => {
    expect(readPhoneNumber(text, 'DE')).toEqual(mobile);
  });

  test('without country code is one of the default country, and none without one', () => {
    expect(readPhoneNumber('06 12 34 56 78', 'FR')?.number).toBe('+33612345678');
    expect(readPhoneNumber('0151 12345678')).toBeUndefined();
    expect(readPhoneNumber('0151 12345678', 'XX')).toBeUndefined();
    expect(readPhoneNumber('+33 6 12 34 56 78', 'DE')?.country).toBe('FR');
  });

  test.each([
    ['+1 650 253 0000', 'US'],
    ['+1 242 359 1234', 'BS'],
    ['+1 613 998 1234', 'CA'],
    ['+44 7400 123456', 'GB'],
    ['+44 7911 123456', 'GG'],
    ['+7 771 000 9998', 'KZ'],
  ])('that shares its country code is told apart: %s is %s', (text, country) => {
    expect(readPhoneNumber(text)?.country).toBe(country);
  });

  test.each([
    ['premium rate', '0900 1234567'],
    ['toll free', '0800 1234567'],
    ['personal', '+49 700 12345678'],
    ['shared cost (FR)', '+33 810 123 456'],
    ['UAN (PL)', '+48 801 123 456'],
    ['voice over IP (FR)', '+33 9 87 65 43 21'],
    ['pager (US)', '+1 500 234 5678'],
  ])('of a kind that costs, or follows no device, takes no code: %s', (_kind, text) => {
    expect(readPhoneNumber(text, 'DE')?.methods ?? []).toEqual([]);
  });

  test('of a landline accepts only calls; where the two cannot be distinguished, both', () => {
    expect(readPhoneNumber('030 901820', 'DE')?.methods).toEqual(['voice']);
    expect(readPhoneNumber('+1 650 253 0000')?.methods).toEqual(['sms', 'voice']);
  });

  test.each([
    '',
    '+',
    '110',
    '+49',
    '+49 1',
    // A pager and a service number: numbers of six digits reach no phone of a user.
    '1697',
    '+43 1 110',
    '+4915112345678 ext. 5',
    '+4915112345678;ext=5',
    'tel:+4915112345678',
    '+4915112345678,,1',
    '+4915112345678\n+33612345678',
    '1-800-FLOWERS',
    '+999 123456789',
    '+800 1234 5678',
    '\ud800',
    '<script>',
    '1'.repeat(1_000_000),
    `+49${' '.repeat(100_000)}15112345678`,
  ])('that cannot be, is none', (text) => {
    expect(readPhoneNumber(text, 'DE')).toBeUndefined();
  });

  test('comes out as E.164 whatever goes in, and reads the same again', () => {
    const signs = fc.constantFrom(...'+0123456789 ()-/.x\u0000\u200e'.split(''));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: signs, maxLength: 24 }), fc.string()), (text) => {
        const read = readPhoneNumber(text, 'DE');
        if (read === undefined) return;
        expect(read.number).toMatch(/^\+[1-9]\d{6,14}$/);
        expect(readPhoneNumber(read.number)).toEqual(read);
      }),
      seeded(500),
    );
  });

  test('is shown with its country code and two digits, whatever its length', () => {
    expect(maskedNumber('+4915112345612')).toBe('+49 ••• •••• 12');
    expect(maskedNumber('+16502530099')).toBe('+1 ••• •••• 99');
    expect(maskedNumber('+3726123456')).toBe('+372 ••• •••• 56');
  });
});

describe('what is counted', () => {
  const limits = { number: 10, prefix: 30, network: 50, country: 1000 };
  const about = { ip: '192.0.2.7', unknown: 'a hash' };

  test('network, number, block and country, the country last', () => {
    const quotas = phoneQuotas({ number: '+4915112345678', country: 'DE', methods: ['sms'] }, limits, about);
    expect(quotas.map(({ kind, value, limits: [limit] }) => [kind, value, limit])).toEqual([
      ['network', '192.0.2.7', { limit: 50, window: 3600 }],
      ['number', '+4915112345678', { limit: 10, window: 3600 }],
      ['prefix', '+491511234', { limit: 30, window: 3600 }],
      ['country', 'DE', { limit: 1000, window: 3600 }],
    ]);
  });

  test('for a decoy as much, of the same network, and of nothing else that a user has', () => {
    const [network, ...rest] = phoneQuotas(undefined, limits, about);
    expect(network?.value).toBe('192.0.2.7');
    expect(rest).toHaveLength(3);
    for (const { value } of rest) expect(value).toBe('decoy a hash');
  });

  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['::ffff:192.0.2.7%eth0', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:1::2:3:4:5', '2001:db8:1:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('%s asks from %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network);
  });
});
