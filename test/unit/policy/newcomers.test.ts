/** Users who begin and are denied in the end: the analysis finds them wherever a sign-in shows one. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { simulate } from '../../../src/core/analysis/simulate.ts';
import { enrollScope } from '../../../src/core/enrollment/account-request.ts';
import type { Facts, Subject } from '../../../src/core/model/facts.ts';
import type { Rule } from '../../../src/core/model/policy.ts';
import { findRule } from '../../../src/core/policy/rules.ts';
import { analyse } from '../../../src/policy/analysis/analyse.ts';
import { enabledAuthenticators } from '../../../src/policy/revision/enabled-authenticators.ts';
import { snapshotOfDocuments } from '../../../src/policy/revision/snapshot.ts';
import { seeded } from '../../core/support/seeded.ts';
import { kindsOf, load, validFiles } from './configuration-dir.ts';

const now = 1_800_000_000;
const authenticators = kindsOf('password', 'totp', 'webauthn', 'email');
const settings = `${validFiles['stepgate.yaml']}authenticators: { email: { enabled: true }, webauthn: { enabled: true } }
mail: { from: a@example.org, smtp: { host: mail.example.org } }
`;
const registration = 'name: default\nrules:\n  - { name: P, then: { register: allow } }\n';

const when = fc.record(
  {
    groups: fc.constantFrom({ any: ['a'] }, { none: ['a'] }),
    network: fc.constantFrom({ any: ['office'] }, { none: ['office'] }),
  },
  { requiredKeys: [] },
);
const demands = fc.constantFrom<unknown>(
  'deny',
  { allow: { factors: 1 } },
  { allow: { factors: 2 } },
  { allow: { possession: { phishingResistant: true } } },
);
const terms = fc.constantFrom<unknown>({}, { required: ['totp'] }, { required: ['webauthn'] }, { useOnly: ['totp'] });
const change = fc.constantFrom({ add: ['totp'] }, { add: ['webauthn'] }, { add: 'all' });
const accountTerms = fc.constantFrom<unknown>(
  'deny',
  { allow: { factors: 2 } },
  { allow: { possession: { authenticators: ['webauthn'] } } },
);
const signOnBy = (then: fc.Arbitrary<unknown>) =>
  fc.array(fc.record({ when, then }), { minLength: 1, maxLength: 2 });
const drawn = fc.record({
  signOn: signOnBy(demands),
  enrollment: fc.array(fc.record({ when, then: terms }), { minLength: 1, maxLength: 1 }),
  account: fc.array(fc.record({ change, when, then: accountTerms }), { minLength: 1, maxLength: 1 }),
});

/** Few users can add what is required or asked for, and most rules ask for it. */
const drawnShut = fc.record({
  signOn: signOnBy(
    fc.oneof({ weight: 2, arbitrary: fc.constant({ allow: { possession: { phishingResistant: true } } }) }, demands),
  ),
  enrollment: fc.array(fc.record({ when, then: fc.constantFrom<unknown>({}, { required: ['webauthn'] }) }), {
    minLength: 1,
    maxLength: 1,
  }),
  account: fc.tuple(
    fc.record(
      {
        change: fc.constant({ add: ['webauthn'] }),
        when: fc.constantFrom({ network: { any: ['office'] } }, { groups: { none: ['a'] } }),
        then: fc.oneof(fc.constant('deny'), accountTerms),
      },
      { requiredKeys: ['change', 'then'] },
    ),
    fc.record({ change, when, then: accountTerms }),
  ),
});

const named = (rules: readonly object[], last: unknown) =>
  [...rules.map((rule, at) => ({ name: String(at), ...rule })), { name: 'last', then: last }].map((rule) =>
    JSON.stringify(rule),
  );
const file = (head: string, rules: readonly string[]) =>
  `${head}rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`;

/** Rules of each policy, without names. */
type Drawn = Readonly<Record<'signOn' | 'enrollment' | 'account', readonly object[]>>;

async function configurationOf({ signOn, enrollment, account }: Drawn) {
  const loaded = await load(
    {
      'stepgate.yaml': settings,
      'policies/sign-on/notes.yaml': file('name: notes\n', named(signOn, { allow: { factors: 1 } })),
      'policies/enrollment.yaml': file('', named(enrollment, {})),
      'policies/account.yaml': file('', named(account, { allow: { factors: 1 } })),
      'policies/profile/default.yaml': registration,
    },
    {},
    authenticators,
  );
  if (!loaded.ok) return undefined;
  const snapshot = await snapshotOfDocuments(loaded.documents, authenticators);
  const app = await snapshot.app('notes');
  if (app === undefined) throw new Error('the app is missing');
  return {
    loaded,
    policies: await snapshot.policies(app),
    enabled: enabledAuthenticators(authenticators, snapshot.settings),
  };
}

const places = [
  { ip: '192.0.2.7', zones: ['office'] },
  { ip: '203.0.113.7', zones: [] },
];

function factsAt(groups: readonly string[], network: Facts['network'], enrollments: Subject['enrollments']): Facts {
  const request = { clientId: 'notes', scopes: ['openid'], acrValues: [], acrEssential: false, promptLogin: false };
  const subject = { id: 'ann', status: 'active' as const, identifiers: [], groups, profile: {}, enrollments };
  return { now, request, network, device: { known: false, platform: 'desktop', os: 'other' }, subject, evidence: [] };
}

type Configured = NonNullable<Awaited<ReturnType<typeof configurationOf>>>;

function enrolled(keys: readonly string[], enabled: Configured['enabled']): Subject['enrollments'] {
  const own = enabled.filter(({ key }) => keys.includes(key));
  return own.map(({ key, factors, characteristics }) => ({ id: key, authenticator: key, factors, characteristics }));
}

/** In the group and not, at both places. */
function everywhere(enrollments: Subject['enrollments']): readonly Facts[] {
  return [[], ['a']].flatMap((groups) => places.map((network) => factsAt(groups, network, enrollments)));
}

function placeOf(rule: Rule | undefined): string {
  return `${rule?.location?.file}:${rule?.location?.line}`;
}

test('a rule that lets newcomers in who are denied in the end is found, and no other', async () => {
  const counts = { denied: 0, admitted: 0 };
  await fc.assert(
    fc.asyncProperty(drawn, async (rules) => {
      const configuration = await configurationOf(rules);
      if (configuration === undefined) return;
      const { loaded, policies, enabled } = configuration;
      const found = await analyse(loaded, { authenticators, now });
      const lines = found
        .filter(({ code }) => code === 'newcomer-lock-out' || code === 'lock-out')
        .flatMap((one) => [one, ...one.rules])
        .flatMap(({ line, file: name }) => (name.endsWith('notes.yaml') ? [line] : []));
      const shown = new Set<number>();
      for (const keys of [['email'], ['password', 'email']]) {
        for (const facts of everywhere(enrolled(keys, enabled))) {
          const rule = policies.app && findRule(policies.app, facts).rule;
          if (rule?.then.kind !== 'allow' || rule.location === undefined) continue;
          if (simulate(policies, facts).at(-1)?.kind === 'denied') shown.add(rule.location.line);
          else counts.admitted += 1;
        }
      }
      expect([...new Set(lines)].sort()).toEqual([...shown].sort());
      counts.denied += shown.size;
    }),
    seeded(30),
  );
  expect(counts.denied).toBeGreaterThan(1);
  expect(counts.admitted).toBeGreaterThan(10);
});

/** What an account of these authenticators can add next, somewhere. */
function nextOf(has: readonly string[], { policies, enabled }: Configured): readonly string[] {
  return everywhere(enrolled(has, enabled)).flatMap((facts) => {
    const inApp = simulate(policies, facts);
    const inAccount = enabled.flatMap(({ key }) => {
      const scopes = [...facts.request.scopes, enrollScope(key)];
      return simulate({ ...policies, account: true }, { ...facts, request: { ...facts.request, scopes } });
    });
    return [...inApp, ...inAccount].flatMap((step) => (step.kind === 'enroll' ? [step.authenticator] : []));
  });
}

/** Every set of authenticators that an account can come to have. */
function setsHad(configured: Configured): readonly (readonly string[])[] {
  const found = new Map([['email'], ['email', 'password']].map((keys) => [keys.join(), keys]));
  for (const keys of found.values()) {
    for (const key of nextOf(keys, configured)) {
      const more = [...new Set([...keys, key])].sort();
      found.set(more.join(), more);
    }
  }
  return [...found.values()];
}

test('where all are said to be locked out, nothing that can be had leads in', async () => {
  let locked = 0;
  await fc.assert(
    fc.asyncProperty(drawnShut, async (rules) => {
      const configured = await configurationOf(rules);
      if (configured === undefined) return;
      const found = await analyse(configured.loaded, { authenticators, now });
      const told = found.filter(({ code, file: name }) => code === 'lock-out' && name === 'policies/account.yaml');
      const lines = new Set(told.flatMap((one) => one.rules).map(({ file: name, line }) => `${name}:${line}`));
      const signOnLines = [...lines].filter((line) => line.includes('sign-on'));
      const had = signOnLines.length > 0 ? setsHad(configured) : [];
      const { app } = configured.policies;
      for (const line of signOnLines) {
        const isShut = everywhere([]).some(
          (facts) =>
            placeOf(app && findRule(app, facts).rule) === line &&
            had.every((keys) => {
              const subject = { ...(facts.subject as Subject), enrollments: enrolled(keys, configured.enabled) };
              return simulate(configured.policies, { ...facts, subject }).at(-1)?.kind === 'denied';
            }),
        );
        expect(isShut).toBe(true);
        locked += 1;
      }
    }),
    seeded(60),
  );
  expect(locked).toBeGreaterThan(1);
});
