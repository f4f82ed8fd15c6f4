/** `policies/password.yaml`: what new passwords must be, how long they stay good. Comes out as rules of the core. */

import { z } from 'zod';
import { oneDay, oneMinute } from '../../../core/model/durations.ts';
import {
  defaultLockout,
  defaultPasswordTerms,
  type PasswordLockout,
  type PasswordRule,
} from '../../../core/model/password-policy.ts';
import { closed, duration, listOf, whenSound } from '../fields/fields.ts';
import { policySwitch, ruleHead, switchesOf } from '../fields/rule-head.ts';
import { conditionsSchema } from './condition-table.ts';

/** NIST SP 800-63B-4 section 3.1.1.2: never shorter than 8 characters, and 64 must be accepted. */
const length = z
  .int()
  .min(8, { error: 'must be at least 8 (NIST SP 800-63B-4, section 3.1.1.2)' })
  .max(64, { error: 'must be at most 64: passwords of 64 characters must be accepted' });

const blocklists = z.array(z.enum(['common', 'context', 'list', 'breached']));

const lockout = closed({
  attempts: z
    .int()
    .min(3)
    .max(100)
    .default(defaultLockout.attempts)
    .describe('Wrong passwords within `within`. Default 10.'),
  within: duration({ min: oneMinute, max: oneDay })
    .prefault('PT15M')
    .describe('Begins with the first wrong one. Default PT15M.'),
  wait: duration({ min: oneMinute, max: oneDay })
    .optional()
    .describe('How long no password is accepted afterwards. Default: for the rest of `within`.'),
  consecutive: z
    .int()
    .min(3)
    .max(100, { error: 'must be at most 100 (NIST SP 800-63B-4, section 3.2.2)' })
    .default(defaultLockout.consecutive)
    .describe(
      'Wrong passwords in a row, after which only browsers with which the user has signed in have attempts, until a recovery. Default 100.',
    ),
})
  .refine(({ attempts, consecutive }) => attempts <= consecutive, {
    path: ['consecutive'],
    error: 'must not be less than `attempts`',
    when: whenSound,
  })
  .prefault({})
  .transform(({ wait, ...rest }): PasswordLockout => ({ ...rest, ...(wait !== undefined && { wait }) }))
  .describe(
    'How many wrong passwords are accepted. A browser with which the user signed in before has the same number for itself.',
  );

const then = closed({
  minLength: length
    .default(defaultPasswordTerms.minLength)
    .describe('Shortest new password of a user without a second factor, in characters. Default 15.'),
  minLengthBesideSecondFactor: length
    .default(defaultPasswordTerms.minLengthBesideSecondFactor)
    .describe('Of a user who has one that is bound to a device: an authenticator app, a passkey. Default 8.'),
  blocklists: listOf(blocklists.element)
    .or(blocklists.max(0))
    .default([...defaultPasswordTerms.blocklists])
    .describe(
      'Passwords that are refused: `common` ones, those that are little more than a word about the user or the service (`context`), those of `authenticators.password.list`, those that `authenticators.password.breachedPasswords` knows. Default: all.',
    ),
  history: z
    .int()
    .min(0)
    .max(24)
    .default(defaultPasswordTerms.history)
    .describe(
      'How many former passwords may not be used again. Each costs a hash at a change. The current one never may. Default 0.',
    ),
  maxAge: duration({ min: oneDay })
    .optional()
    .describe('Older passwords are changed at the next sign-in. NIST advises against it; without it they stay good.'),
  lockout,
})
  .refine(({ minLength, minLengthBesideSecondFactor }) => minLengthBesideSecondFactor <= minLength, {
    path: ['minLengthBesideSecondFactor'],
    error: 'must not be more than `minLength`',
    when: whenSound,
  })
  .describe('What this rule asks of a new password.');

const rule = closed({
  ...ruleHead,
  when: conditionsSchema.optional(),
  then: then.describe('What follows when the conditions hold.'),
}).transform(
  ({ name, when = {}, then: { maxAge, ...terms }, ...switches }): PasswordRule => ({
    name,
    ...switchesOf(switches),
    when,
    then: { ...terms, ...(maxAge !== undefined && { maxAge }) },
  }),
);

export const passwordPolicySchema = closed({
  ...policySwitch,
  rules: z
    .array(rule)
    .min(1, { error: 'must hold at least the catch-all rule' })
    .describe('From top to bottom: the first rule whose conditions all hold decides. The last one has no `when`.'),
}).describe(
  'Password policy: what a new password must be, and how long it stays good. Without this file the defaults of NIST SP 800-63B-4 apply.',
);
