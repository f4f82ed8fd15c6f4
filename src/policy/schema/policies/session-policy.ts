/**
 * `policies/session.yaml`: what every sign-in needs, and how long the session lives. Comes out as `Policy` of the core.
 */

import { z } from 'zod';
import type { Alternative, Demand, Rule, SessionTerms } from '../../../core/model/policy.ts';
import { closed, duration, whenSound } from '../fields/fields.ts';
import { policySwitch, reportingRuleHead, switchesOf } from '../fields/rule-head.ts';
import { conditionsSchema } from './condition-table.ts';

const keepSignedIn = closed({
  idle: duration().describe('How long after its last use a kept session ends.'),
  absolute: duration().describe('How long after its start a kept session ends, even if it is used.'),
})
  .refine(({ idle, absolute }) => idle <= absolute, {
    error: '`idle` must not be longer than `absolute`',
    when: whenSound,
  })
  .describe(
    'Users may ask to be kept signed in: the session then outlives the browser and has these limits instead. Left out, every session ends with the browser, and no user is asked. The policy of an app still says how old a proof may be.',
  );

const allow = closed({
  primary: z
    .enum(['password', 'any'])
    .describe('`password`: every sign-in needs the password. `any`: any authenticator will do.'),
  secondFactor: z
    .union(
      [
        z.enum(['never', 'always', 'newDevice']),
        closed({ every: duration().describe('Oldest second factor that still counts.') }),
      ],
      {
        error: 'must be `never`, `always`, `newDevice`, or `{ every: <duration> }`',
      },
    )
    .describe('When a second factor type is asked for. The policy of the app may ask for more, never for less.'),
  idle: duration().describe('How long after its last use the session ends.'),
  absolute: duration().describe('How long after its start the session ends, even if it is used.'),
  keepSignedIn: keepSignedIn.optional(),
})
  .refine(({ idle, absolute }) => idle <= absolute, {
    error: '`idle` must not be longer than `absolute`',
    when: whenSound,
  })
  .refine(({ absolute, keepSignedIn: kept }) => kept === undefined || kept.absolute > absolute, {
    error:
      '`keepSignedIn.absolute` must be longer than `absolute`: it would end sooner than a session that is not kept',
    when: whenSound,
  });

const rule = closed({
  ...reportingRuleHead,
  when: conditionsSchema.optional(),
  then: z
    .union(
      [
        z.literal('deny').describe('No user signs in by this rule.'),
        closed({ allow: allow.describe('A user who proves this gets a session.') }),
      ],
      {
        error: 'must be `deny`, or `allow:` with primary, secondFactor, idle and absolute',
      },
    )
    .describe('What follows when the conditions hold.'),
});

type RuleInput = z.output<typeof rule>;
type Allow = z.output<typeof allow>;

/** A rule with `secondFactor: newDevice` becomes two rules. Their names end in these. */
const deviceSuffixes = { unknown: ' (new device)', known: ' (known device)' } as const;

/** The name that a session rule may have in the file, besides its own: without the suffix of `newDevice`. */
export function nameInFile(name: string): string {
  const suffix = Object.values(deviceSuffixes).find((ending) => name.endsWith(ending));
  return suffix === undefined ? name : name.slice(0, -suffix.length);
}

/** Each rule as written becomes one rule of the core, or two with `newDevice`. */
export const sessionPolicySchema = closed({
  ...policySwitch,
  rules: z
    .array(rule)
    .min(1, { error: 'must hold at least the catch-all rule' })
    .describe('From top to bottom: the first rule whose conditions all hold decides. The last one has no `when`.'),
})
  .describe('Session policy: holds for the sign-in to every app, before the policy of the app.')
  .transform(({ rules }): readonly (readonly Rule[])[] => rules.map(toRules));

function toRules({ enabled, reportOnly, ...written }: RuleInput): readonly Rule[] {
  return enforcedRules(written).map((enforcedRule) => ({ ...enforcedRule, ...switchesOf({ enabled, reportOnly }) }));
}

function enforcedRules({ name, when = {}, then }: Omit<RuleInput, 'enabled' | 'reportOnly'>): readonly Rule[] {
  if (then === 'deny') return [{ name, when, then: { kind: 'deny' } }];
  const { allow: allowed } = then;
  const known = when.device?.known;
  if (allowed.secondFactor !== 'newDevice') return [toRule(name, when, allowed)];
  if (known !== undefined) return [toRule(name, when, { ...allowed, secondFactor: known ? 'never' : 'always' })];
  return [
    toRule(
      `${name}${deviceSuffixes.unknown}`,
      { ...when, device: { ...when.device, known: false } },
      { ...allowed, secondFactor: 'always' },
    ),
    toRule(`${name}${deviceSuffixes.known}`, when, { ...allowed, secondFactor: 'never' }),
  ];
}

function toRule(name: string, when: Rule['when'], allowed: Allow): Rule {
  const { idle, absolute, keepSignedIn: keep } = allowed;
  const session: SessionTerms = { idle, absolute, ...(keep && { keep }) };
  return { name, when, then: { kind: 'allow', requirement: { anyOf: toAlternatives(allowed) }, session } };
}

const password: Demand = { factor: 'knowledge', authenticators: ['password'] };

/** With `primary: any` no proof is the second one by itself: `every` then bounds the age of all. */
function toAlternatives({ primary, secondFactor }: Allow): readonly Alternative[] {
  const demands = primary === 'password' ? [password] : [];
  if (secondFactor === 'never') return [{ factors: 1, demands }];
  if (typeof secondFactor === 'string') return [{ factors: 2, demands }];
  const maxAge = secondFactor.every;
  if (primary === 'any') return [{ factors: 2, demands, maxAge }];
  return (['possession', 'inherence'] as const).map((factor) => ({
    factors: 2,
    demands: [password, { factor, maxAge }],
  }));
}
