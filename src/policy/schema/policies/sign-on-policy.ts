/** `policies/sign-on/*.yaml`. Comes out as `Policy` of the core. */

import { z } from 'zod';
import { canWaiveSecondFactor } from '../../../core/decision/waiver.ts';
import { oneDay } from '../../../core/model/durations.ts';
import type { AppSession, Policy, Requirement, Rule } from '../../../core/model/policy.ts';
import { closed, closedNotEmpty, duration, key, listOf, whenSound } from '../fields/fields.ts';
import { requirementSchema } from '../fields/requirement.ts';
import { policySwitch, reportingRuleHead, switchesOf } from '../fields/rule-head.ts';
import { conditionsSchema } from './condition-table.ts';

/**
 * The cookie that identifies a used browser lives as long (`deviceLifetime`), so remembering longer would promise too
 * much.
 */
const longestMemory = 180 * oneDay;

const remember = closed({
  device: duration({ max: longestMemory }).describe(
    'How long a second factor that was proved in a browser counts there without a new proof, if the user asks for that. At most P180D.',
  ),
}).describe(
  'What may be waived for a browser. Only possession is ever waived, and only the rule itself asks for less: `acr` and `amr` say what was proved, and `max_age`, `prompt=login` and `reauthenticate: always` ask for all of it.',
);

const session = closedNotEmpty({
  absolute: duration({ min: 60 })
    .optional()
    .describe(
      'How long a proof counts at this app. Its refresh tokens live no longer than this. Other apps are not affected.',
    ),
  keepSignedIn: z
    .literal(false, { error: 'can only be `false`: what may be kept is a matter of the session policy' })
    .optional()
    .describe(
      'At this app a kept session counts no longer than one that is not kept, and its sign-in page does not offer to keep it.',
    ),
})
  .describe('How long proofs count at this app. Never longer than the session policy allows.')
  .transform(
    ({ absolute, keepSignedIn }): AppSession => ({
      ...(absolute !== undefined && { absolute }),
      ...(keepSignedIn === false && { unkept: true as const }),
    }),
  );

const grant = closed({
  scopes: listOf(z.string().min(1)).describe('These and no others. `openid` and `offline_access` always stay.'),
}).describe('What access tokens may carry of the scopes that the app asks for. Left out: all of them.');

/** Why a device cannot be remembered with this requirement; `undefined`: it can. */
function memoryFault(requirement: Requirement): string | undefined {
  if ('chains' in requirement) return 'a chain is proved step by step: `remember` goes with `factors` and `anyOf` only';
  if (canWaiveSecondFactor(requirement)) return undefined;
  return 'has nothing to waive: it takes `factors: 2` or more, proofs that may be older than this sign-in, and a possession that need not verify its user';
}

const then = z.union(
  [
    z.literal('deny').describe('No user gets in by this rule.'),
    closed({
      allow: requirementSchema.describe('A user who proves this gets in.'),
      remember: remember.optional(),
      session: session.optional(),
      grant: grant.optional(),
    }).superRefine(
      ({ allow, remember: memory }, context) => {
        const fault = memory && memoryFault(allow);
        if (fault !== undefined) context.addIssue({ code: 'custom', path: ['remember'], message: fault });
      },
      { when: whenSound },
    ),
  ],
  { error: 'must be `deny`, or `allow:` with what must be proved' },
);

function toAllow({
  allow,
  remember: memory,
  session: appSession,
  grant: granted,
}: Exclude<z.output<typeof then>, 'deny'>): Rule['then'] {
  return {
    kind: 'allow',
    requirement: allow,
    ...(memory && { remember: memory.device }),
    ...(appSession && { appSession }),
    ...(granted && { scopes: granted.scopes }),
  };
}

const rule = closed({
  ...reportingRuleHead,
  when: conditionsSchema.optional(),
  then: then.describe('What follows when the conditions hold.'),
}).transform(
  (input): Rule => ({
    name: input.name,
    ...switchesOf(input),
    when: input.when ?? {},
    then: input.then === 'deny' ? { kind: 'deny' } : toAllow(input.then),
  }),
);

export const signOnPolicySchema = closed({
  ...policySwitch,
  apps: closed({ labels: listOf(key).describe('One of these labels is enough.') })
    .optional()
    .describe('The policy is for all apps that have a label and name no policy themselves.'),
  name: key.describe('Apps refer to the policy by this name.'),
  rules: z
    .array(rule)
    .min(1, { error: 'must hold at least the catch-all rule' })
    .describe('From top to bottom: the first rule whose conditions all hold decides. The last one has no `when`.'),
})
  .describe('Sign-on policy of one or more apps.')
  .transform(({ name, rules, apps }): Policy & { readonly labels: readonly string[] } => ({
    name,
    rules,
    labels: apps?.labels ?? [],
  }));
