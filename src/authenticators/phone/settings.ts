/** `authenticators.phone` of `stepgate.yaml`: which numbers are allowed, and limits for sending. */
import { z } from 'zod';
import type { AuthenticatorConfiguration } from '../../policy/model/authenticator-kind.ts';
import { closed, listOf, phoneCountry } from '../../policy/schema/fields/fields.ts';
import { enabledSetting } from '../shared/limits.ts';
import type { PhoneMethod } from '../shared/phone-number.ts';
import type { PhoneLimits } from './quotas.ts';

export interface PhoneSettings {
  readonly enabled: boolean;
  /** The first one that suits the number is used, unless the user chooses another. */
  readonly methods: readonly PhoneMethod[];
  /** ISO 3166-1 alpha-2. Nothing is sent to other countries. */
  readonly countries: readonly string[];
  /** For numbers without country code. Absent if no countries are configured. */
  readonly defaultCountry?: string;
  readonly limits: PhoneLimits;
}

function hourlyLimit(what: string, standard: number) {
  return z.int().min(1).max(1_000_000).default(standard).describe(`Messages ${what}. Default ${standard}.`);
}

const limits = closed({
  number: hourlyLimit('to one number', 10),
  prefix: hourlyLimit('to one block of ten thousand numbers', 30),
  network: hourlyLimit('for one network (IPv4 address, IPv6 /64); a company behind one address may need more', 50),
  country: hourlyLimit('to one country', 1000),
})
  .prefault({})
  .describe(
    'How many messages are sent in an hour, over all accounts. Further ones are not sent, and the audit log records them.',
  );

const settings = closed({
  enabled: enabledSetting(false),
  methods: listOf(z.enum(['sms', 'voice']))
    .default(['sms'])
    .describe('How codes are sent. The first method that suits the number is used, unless the user chooses another.'),
  countries: z
    .array(phoneCountry)
    .default([])
    .describe('Countries whose numbers may be used (ISO 3166-1 alpha-2). Nothing is sent to any other.'),
  defaultCountry: phoneCountry
    .optional()
    .describe('Country of numbers that are typed without a country code. Default: the first of `countries`.'),
  limits,
})
  .refine(({ enabled, countries }) => !enabled || countries.length > 0, {
    error: 'needs `countries`: name those whose numbers may be used, such as [DE, AT, CH]',
  })
  .refine(({ countries, defaultCountry }) => defaultCountry === undefined || countries.includes(defaultCountry), {
    error: '`defaultCountry` must be one of `countries`',
    path: ['defaultCountry'],
  })
  .transform(({ defaultCountry, ...rest }) => {
    const [first] = rest.countries;
    const standard = defaultCountry ?? first;
    return standard === undefined ? rest : { ...rest, defaultCountry: standard };
  })
  .prefault({});

export const phoneConfiguration: AuthenticatorConfiguration = {
  settings: settings.describe('Codes by text message or call.'),
  channels: (given) => (given as Pick<PhoneSettings, 'enabled' | 'methods'>).methods,
  weakness: 'NIST SP 800-63B-4 section 3.1.3.3 restricts phones',
};
