/** `tests/*.yaml`: the results that sign-ins must have, as an administrator writes it. No part of a revision. */

import { z } from 'zod';
import { namesOf } from '../../core/model/authenticator-name.ts';
import { denyReasons } from '../../core/model/decision.ts';
import type { AuthenticatorDescriptor } from '../../core/model/facts.ts';
import { riskSignals } from '../../core/model/risk.ts';
import { dateSpan } from '../../core/policy/values/date-bound.ts';
import { kilometres } from './conditions/distance.ts';
import { closed, closedNotEmpty, key, listOf, listOrNone, text, whenSound } from './fields/fields.ts';
import { testedUserSchema } from './tested-user.ts';

/** What a key shows at most, such as `[userPresence+phishingResistant]`. */
const shows = /\[[\w+]*\]/.source;

const namedProof = `\\w+(?:\\.\\w+)?(?:${shows})?`;
const ago = /(?:\d{1,9}[smhd]|P[\dWDTHMS]+)/.source;

/** `totp`, `totp@3d`, `phone.sms@PT12H`, `webauthn[userPresence]@3d`. */
const rememberedProof = z.string().regex(new RegExp(`^${namedProof}(?:@${ago})?$`), {
  error: 'must be an authenticator, and how long ago it was proved, such as totp@3d or totp@PT12H',
});

/** Also `totp@3h/20m`, `+totp@3h` and `totp#1@3h`. */
const proof = z.string().regex(new RegExp(`^\\+?${namedProof}(?:#[1-9]\\d{0,3})?(?:@${ago}(?:/${ago})?)?$`), {
  error:
    'must be an authenticator, how long ago it was proved, and the longest pause since, such as totp@3d or totp@3h/20m',
});

const names = (what: string) => listOf(text).optional().describe(what);
const flag = (what: string) => z.literal(true, { error: 'must be true, or be left out' }).optional().describe(what);

const network = closedNotEmpty({
  ip: z
    .union([z.ipv4(), z.ipv6()], { error: 'must be an IP address' })
    .optional()
    .describe('Address that the request comes from.'),
  zones: z
    .array(text)
    .optional()
    .describe('Zones that it comes from, besides those of the address. `[]` without an address: it is in no zone.'),
});

const device = closedNotEmpty({
  known: z
    .boolean()
    .optional()
    .describe('Whether the browser is known. Default: it is new; in `always`, `never` and `depends`: any.'),
  userAgent: text.optional().describe('User-Agent header of the browser, from which platform and system follow.'),
  platform: z.enum(['desktop', 'mobile', 'other']).optional().describe('Default desktop.'),
  os: z
    .enum(['windows', 'macos', 'linux', 'chromeos', 'ios', 'android', 'other'])
    .optional()
    .describe('Operating system. Default other.'),
  signals: listOrNone(text)
    .optional()
    .describe('What is believed of the device: registered, managed, names of assurances. `[]`: nothing.'),
  remembered: listOf(rememberedProof).optional().describe('What the browser remembers, such as totp@3d.'),
}).refine(({ userAgent, platform, os }) => userAgent === undefined || (platform ?? os) === undefined, {
  error: 'says the platform twice: give either `userAgent`, or `platform` and `os`',
  when: whenSound,
});

const risk = listOrNone(z.enum(riskSignals)).describe(
  'What is unusual, such as newCountry. Counts after the first proof. `[]`: nothing, so the browser is known. Default: what a new browser is; in `always`, `never` and `depends`: anything.',
);

const request = closedNotEmpty({
  scopes: names('Scopes that the app asks for. Default openid.'),
  acrValues: names('`acr_values`, best first.'),
  essentialAcr: flag('One of `acrValues` must be reached.'),
  essentialClaims: names('Claims that the app calls essential.'),
  maxAge: z.int().min(0).max(999_999_999).optional().describe('`max_age`, in seconds.'),
  promptLogin: flag('`prompt=login`.'),
}).refine(({ essentialAcr, acrValues }) => essentialAcr === undefined || acrValues !== undefined, {
  error: 'has `essentialAcr` and no `acrValues`',
  when: whenSound,
});

/** What the user is asked for, in order. `name`: the schema of one of all names. */
function stepsSchema<Name extends z.ZodType>(name: Name, allNames: readonly string[]) {
  const some = z.union([name, listOf(name)], {
    error: `must be an authenticator (${allNames.join(', ')}), or a list of them`,
  });
  return z.array(
    z.union(
      [
        name,
        z.literal('keep_account'),
        listOf(name),
        closed({
          enroll: some.optional().describe('The user must set up one of these.'),
          offer: some.optional().describe('The user may set up one of these, or skip it.'),
          profile: z.array(text).optional().describe('Attributes and terms that the user is asked for.'),
          consent: z.array(text).optional().describe('Scopes that the user is asked about.'),
        }).refine((step) => Object.keys(step).length === 1, {
          error: 'must say one of enroll, offer, profile, consent',
          when: whenSound,
        }),
      ],
      {
        error: `must be an authenticator (${allNames.join(', ')}), a list of those that the user may choose from, keep_account, or a mapping with enroll, offer, profile or consent`,
      },
    ),
  );
}

/** The parts that name authenticators, which an editor then completes. */
function authenticatorParts(authenticators: readonly AuthenticatorDescriptor[]) {
  const keys = authenticators.map((descriptor) => descriptor.key);
  const allNames = authenticators.flatMap(namesOf);
  const one = z.enum(allNames);
  const enrolledFault = `must be one of ${allNames.join(', ')}, or such a key with what it shows at most: "webauthn[userPresence]", or how old it is: password@40d`;
  const other = z
    .string()
    .regex(new RegExp(`^(?:${keys.join('|')})(?:${shows}(?:@${ago})?|@${ago})$`), { error: enrolledFault })
    .describe(
      'A key that shows no more than this, such as webauthn[userPresence+phishingResistant]; a password that is so old, password@40d, or on a blocklist, password[common].',
    );
  const enrolled = z.array(z.union([one, other], { error: enrolledFault }));
  const user = testedUserSchema(keys, enrolled);
  return { steps: stepsSchema(one, allNames), user };
}

const time = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/, {
    error: 'must be a time with an offset, such as 2026-11-24T09:00:00Z',
  })
  .refine((written) => dateSpan(written) !== undefined && !Number.isNaN(Date.parse(written)), {
    error: 'is no time that there is',
  });

const rule = z.union(
  [
    text,
    closedNotEmpty({
      session: text.optional().describe('Rule of the session policy.'),
      app: text.optional().describe('Rule of the sign-on policy.'),
      enrollment: text.optional().describe('Rule of the enrollment policy.'),
      profile: text.optional().describe('Rule of the profile policy.'),
    }),
  ],
  { error: 'must be the name of a rule, or a mapping from session, app, enrollment and profile to names' },
);

/** What must come out. `steps`: their schema. */
function expectationSchema<Steps extends z.ZodType>(steps: Steps) {
  return closedNotEmpty({
    deny: z
      .union([z.boolean(), z.enum(denyReasons)], {
        error: `must be true, false, or a reason: ${denyReasons.join(', ')}`,
      })
      .optional()
      .describe('Why the sign-in ends in a denial; `true`: for any reason. `false`: the user is let in.'),
    steps: steps
      .optional()
      .describe(
        'What the user is asked for, in order; phone.voice where no other method of it is offered. A list in it: the authenticators to choose from, in any order.',
      ),
    rule: rule
      .optional()
      .describe(
        'The rule that denies, else the one of the sign-on policy that decides; or the rules of several policies.',
      ),
    acr: text.optional().describe('The `acr` that is reached in the end.'),
  });
}

/** The schema of one file. The authenticators are all that there are, enabled or not. */
export function policyTestsSchema(authenticators: readonly AuthenticatorDescriptor[]) {
  const { steps, user } = authenticatorParts(authenticators);
  const expected = expectationSchema(steps);
  const one = closed({
    name: text.describe('Unique within the file.'),
    app: key.describe('Client id of the app that the user signs in to.'),
    user: user.optional().describe('Who signs in. Without it, the user has not identified yet.'),
    network: network.optional().describe('Where the request comes from. Default: from no address.'),
    device: device.optional().describe('The browser. Default: one that is new to the user.'),
    risk: risk.optional(),
    distance: z
      .union([kilometres, z.literal('nowhere')], { error: 'must be kilometres, such as 500 km, or nowhere' })
      .optional()
      .describe('How far away the nearest usual place is; `nowhere`: it is not known where the address is.'),
    time: time
      .optional()
      .describe('When it is. Default: 2027-01-15T08:00:00Z, so that a test never changes by itself.'),
    request: request.optional().describe('What the app asks for.'),
    evidence: z
      .array(proof)
      .min(1, { error: 'must not be empty' })
      .optional()
      .describe(
        'What the session holds, such as password@12h; password@3h/20m: there was a pause of 20 minutes since; +totp@3h: it was set up then. Several of one authenticator are by different ones that the user has; webauthn#1@12h: by the first of them. Default: nothing.',
      ),
    keptSignedIn: flag('The user asked to be kept signed in.'),
    expect: expected.optional().describe('The result of this one sign-in. Anything left out is not compared.'),
    always: expected
      .optional()
      .describe('The result in every case: facts that the test does not state may have any value.'),
    never: expected
      .optional()
      .describe('A result that occurs in no case: facts that the test does not state may have any value.'),
    depends: expected.optional().describe('A result that occurs in some cases, and not in others.'),
  })
    .refine(({ user: who, expect: expectation }) => expectation === undefined || !who?.groups?.includes('*'), {
      error: '`*` stands for any groups, and `expect` is about one sign-in: say `always`, `never` or `depends`',
      path: ['user', 'groups'],
      when: whenSound,
    })
    .refine((test) => expectations.some((name) => test[name] !== undefined), {
      error: 'says nothing that must come out: give one of expect, always, never, depends',
      when: whenSound,
    })
    .refine(({ user: who, evidence, device: browser }) => who !== undefined || !(evidence ?? browser?.remembered), {
      error: 'has a proof and no user: add `user`',
      when: whenSound,
    });
  return closed({
    tests: z
      .array(one)
      .min(1, { error: 'must hold at least one test' })
      .refine((tests) => new Set(tests.map(({ name }) => name)).size === tests.length, {
        error: 'has two tests of one name',
        when: whenSound,
      })
      .describe('Each is one sign-in with its expected result.'),
  }).describe('Policy tests: sign-ins with their expected results. `stepgate config test` runs them.');
}

/** What a test says must come out: of one sign-in, or of every one that it leaves open. */
const expectations = ['expect', 'always', 'never', 'depends'] as const;

/** One test as it is read. */
export type PolicyTest = z.output<ReturnType<typeof policyTestsSchema>>['tests'][number];

/** What must come out. */
export type Expectation = NonNullable<PolicyTest['expect']>;
