/** `policies/profile/*.yaml`: who may register, and what an app needs to know. Comes out as rules of the core. */

import { z } from 'zod';
import type { ProfileRule, RegistrationTerms, TermsOfUse } from '../../../core/model/profile-policy.ts';
import { asksHowSignedIn } from '../../../core/policy/rules/condition-table.ts';
import { localizedText } from '../fields/attributes.ts';
import { listOfNames } from '../fields/composed-names.ts';
import { closed, key, listOf, secureUrl, text } from '../fields/fields.ts';
import { policySwitch, reportingRuleHead, switchesOf } from '../fields/rule-head.ts';
import { conditionsAfterSignInSchema } from './condition-table.ts';

const attributeName = z.string().min(1);

const register = z
  .union(
    [
      z.enum(['allow', 'deny']).describe('`allow` asks for the address only; `deny` is the default.'),
      closed({
        required: listOf(attributeName).optional().describe('Attributes that a new user must give.'),
        optional: listOf(attributeName).optional().describe('Attributes that a new user may give.'),
        password: z.boolean().optional().describe('A password is set with the registration. Default false.'),
        groups: listOfNames.optional().describe('Groups of the new account.'),
      }),
    ],
    { error: 'must be `allow`, `deny`, or a mapping with what a new user is asked for' },
  )
  .transform((input): RegistrationTerms | undefined => {
    if (input === 'deny') return undefined;
    const { required = [], optional = [], password = false, groups = [] } = input === 'allow' ? {} : input;
    return { required, optional, password, groups };
  });

const termsOfUse = closed({
  id: key.regex(/^[A-Za-z]\w*$/, { error: 'must be made of letters, digits and "_"' }).describe('Stays the same.'),
  version: text.describe('Version of the text. With a new one, users must accept the terms again.'),
  label: localizedText('What users call them.'),
  url: secureUrl.optional().describe('Where they can be read.'),
}).transform(({ label, url, ...rest }): TermsOfUse => ({ ...rest, ...(label && { label }), ...(url && { url }) }));

const then = closed({
  register: register.optional().describe('Whether a user without an account can make one at this app.'),
  required: listOf(attributeName).optional().describe('Attributes that a sign-in does not complete without.'),
  optional: listOf(attributeName).optional().describe('Attributes that are asked for once, and may be skipped.'),
  terms: listOf(termsOfUse).optional().describe('Terms that users accept, in the version that counts now.'),
}).superRefine(({ required = [], optional = [], register: registration, terms = [] }, context) => {
  for (const [path, both] of [
    [['optional'], [required, optional]],
    [
      ['register', 'optional'],
      [registration?.required ?? [], registration?.optional ?? []],
    ],
  ] as const) {
    const repeated = both[1].find((name) => both[0].includes(name));
    if (repeated !== undefined)
      context.addIssue({ code: 'custom', path: [...path], message: `\`${repeated}\` is required already` });
  }
  if (new Set(terms.map(({ id }) => id)).size < terms.length)
    context.addIssue({ code: 'custom', path: ['terms'], message: 'names the same terms twice' });
});

const rule = closed({
  ...reportingRuleHead,
  when: conditionsAfterSignInSchema.optional(),
  then: then.describe('What follows when the conditions hold. An empty one asks for nothing.'),
})
  .superRefine(({ when, then: { register: registration } }, context) => {
    if (when === undefined || !asksHowSignedIn(when) || registration === undefined) return;
    const message = 'cannot stand in a rule with `authenticated`: a user who registers has not signed in';
    context.addIssue({ code: 'custom', path: ['then', 'register'], message });
  })
  .transform(
    ({
      name,
      when = {},
      then: { register: registration, required = [], optional = [], terms = [] },
      ...switches
    }): ProfileRule => ({
      name,
      ...switchesOf(switches),
      when,
      then: { ...(registration && { registration }), required, optional, terms },
    }),
  );

export const profilePolicySchema = closed({
  ...policySwitch,
  name: key.describe('Apps refer to the policy by this name. `default` is for all apps that name none.'),
  rules: z
    .array(rule)
    .min(1, { error: 'must hold at least the catch-all rule' })
    .describe('From top to bottom: the first rule whose conditions all hold decides. The last one has no `when`.'),
}).describe('Profile policy of one or more apps: who may register, and what they must say about themselves.');
