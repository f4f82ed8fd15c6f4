/** `authenticators.password` of `stepgate.yaml`: where refused passwords are looked up. */
import { z } from 'zod';
import { closed, duration, secureUrl, text } from '../../policy/schema/fields/fields.ts';
import { enabledSetting } from '../shared/limits.ts';
import type { BreachedPasswords } from './breached-passwords.ts';

export interface PasswordSettings {
  /** Words that a password must not consist of, in addition to those about the user. */
  readonly words: readonly string[];
  /** Path of the administrator's list. */
  readonly list?: string | undefined;
  readonly breachedPasswords?: BreachedPasswords | undefined;
}

const schema = closed({
  enabled: enabledSetting(true),
  words: z
    .array(text)
    .max(200)
    .default([])
    .describe('Words about the service, such as the name of the company. A password may not consist of them.'),
  list: text
    .optional()
    .describe('Path of a text file on every node, with one refused password per line, at most 20 MiB.'),
  breachedPasswords: closed({
    url: secureUrl.describe('The first five digits of the SHA-1 of a password are appended, and nothing else is sent.'),
    timeout: duration({ max: 5 }).prefault('PT1S').describe('Longest wait for its answer. Default PT1S.'),
  })
    .optional()
    .describe('A service that knows passwords from breaches (k-anonymity). Without an answer no password is refused.'),
})
  .prefault({})
  .describe('Password. The rules for new ones are in policies/password.yaml.');

export const configuration = { settings: schema } as const;

/** The settings as the schema read them. */
export function readPasswordSettings(settings: Readonly<Record<string, unknown>> | undefined): PasswordSettings {
  return { words: [], ...(settings as Partial<PasswordSettings> | undefined) };
}
