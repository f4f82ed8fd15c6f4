/** `policies/enrollment.yaml`: what must, may and must not be enrolled. Comes out as rules of the core. */

import { z } from 'zod';
import type { EnrollmentRule, Grace, RequiredEnrollment } from '../../../core/model/enrollment-policy.ts';
import { asksHowSignedIn } from '../../../core/policy/rules/condition-table.ts';
import { dateSpan } from '../../../core/policy/values/date-bound.ts';
import { authenticatorKey, closed, duration, listOf, text, whenSound } from '../fields/fields.ts';
import { policySwitch, reportingRuleHead, switchesOf } from '../fields/rule-head.ts';
import { conditionsAfterSignInSchema } from './condition-table.ts';

const untilFault = 'must be a date such as 2027-01-31, or a time such as 2027-01-31T18:00:00+01:00';

const skips = (what: string) => z.int().min(1).max(100).optional().describe(what);

const grace = closed({
  until: z
    .string({ error: untilFault })
    .refine((written) => dateSpan(written) !== undefined, { error: untilFault })
    // A date counts to its last second (UTC).
    .transform((written) => dateSpan(written)?.to ?? 0)
    .optional()
    .describe('Last day (UTC) on which it may be skipped, or the moment with an offset from which it may not.'),
  skips: skips('How often it may be skipped.'),
})
  .refine(({ until, skips: count }) => (until === undefined) !== (count === undefined), {
    error: 'give either `until` or `skips`',
    when: whenSound,
  })
  .transform(({ until, skips: count = 0 }): Grace => (until === undefined ? { skips: count } : { until }));

const required = z
  .union(
    [
      authenticatorKey,
      closed({
        anyOf: listOf(authenticatorKey).describe('One of these authenticators; which one is the choice of the user.'),
        count: z
          .int()
          .min(1)
          .max(5)
          .optional()
          .describe('How many of them, counted together, such as two passkeys, one of them a spare. Default 1.'),
        grace: grace.optional().describe('For now it may be skipped; the page says for how long.'),
      }),
    ],
    { error: 'must be the name of an authenticator, or `{ anyOf: [...] }`' },
  )
  .transform((input): RequiredEnrollment => {
    if (typeof input === 'string') return { anyOf: [input] };
    const { anyOf, count, grace: skippable } = input;
    return { anyOf, ...(count !== undefined && { count }), ...(skippable && { grace: skippable }) };
  });

const promotion = closed({
  cooldown: duration().describe('How long after a skip it is offered again.'),
  skips: skips('No longer offered after this many skips. Default: no limit.'),
});

const then = closed({
  required: listOf(required).optional().describe('What must be enrolled before a sign-in completes.'),
  optional: listOf(authenticatorKey).optional().describe('Offered once, and may be skipped.'),
  promote: z
    .record(authenticatorKey, promotion)
    .optional()
    .describe('Offered like `optional`, and again after a while, by authenticator.'),
  disabled: listOf(authenticatorKey).optional().describe('Can be neither enrolled nor used to sign in.'),
  useOnly: listOf(authenticatorKey)
    .optional()
    .describe('May be used to sign in, and cannot be enrolled where this rule decides.'),
  models: z
    .record(authenticatorKey, listOf(text.toLowerCase()))
    .optional()
    .describe('By authenticator: the models that may be enrolled where this rule decides, of passkeys by AAGUID.'),
})
  .superRefine(({ required: needed = [], optional = [], promote = {}, disabled = [], useOnly = [] }, context) => {
    const offered = [...optional, ...Object.keys(promote)];
    const requested = [...offered, ...needed.flatMap(({ anyOf }) => anyOf)];
    disabled.forEach((name, index) => {
      if (requested.includes(name))
        context.addIssue({
          code: 'custom',
          path: ['disabled', index],
          message: `\`${name}\` cannot be disabled and ${offered.includes(name) ? 'offered' : 'required'} at once`,
        });
    });
    useOnly.forEach((name, index) => {
      if (!offered.includes(name) && !disabled.includes(name)) return;
      const other = disabled.includes(name) ? 'is disabled' : 'is offered';
      context.addIssue({ code: 'custom', path: ['useOnly', index], message: `\`${name}\` ${other} by the same rule` });
    });
  })
  .describe('What is named nowhere may be enrolled where a sign-on policy needs it, and used.');

const rule = closed({
  ...reportingRuleHead,
  when: conditionsAfterSignInSchema.optional(),
  then: then.describe('What follows when the conditions hold.'),
})
  .superRefine(({ when, then: { disabled, useOnly, models } }, context) => {
    if (when === undefined || !asksHowSignedIn(when) || (disabled ?? useOnly ?? models) === undefined) return;
    const message =
      'cannot stand in a rule with `authenticated`: what may be used is decided before it is known how the user signs in';
    context.addIssue({
      code: 'custom',
      path: ['then', disabled ? 'disabled' : useOnly ? 'useOnly' : 'models'],
      message,
    });
  })
  .transform(
    ({ name, when = {}, then: terms, ...switches }): EnrollmentRule => ({
      name,
      ...switchesOf(switches),
      when,
      then: {
        required: terms.required ?? [],
        optional: terms.optional ?? [],
        promoted: Object.entries(terms.promote ?? {}).map(([authenticator, { cooldown, skips: count }]) => ({
          authenticator,
          cooldown,
          ...(count !== undefined && { skips: count }),
        })),
        disabled: terms.disabled ?? [],
        ...(terms.useOnly && { useOnly: terms.useOnly }),
        ...(terms.models && { models: terms.models }),
      },
    }),
  );

export const enrollmentPolicySchema = closed({
  ...policySwitch,
  rules: z
    .array(rule)
    .min(1, { error: 'must hold at least the catch-all rule' })
    .describe('From top to bottom: the first rule whose conditions all hold decides. The last one has no `when`.'),
}).describe(
  'Enrollment policy: which authenticators must, may and must not be enrolled. Without this file nothing must.',
);
