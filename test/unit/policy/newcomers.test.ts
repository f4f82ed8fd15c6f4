/** Users who begin and are denied in the end: the analysis finds them wherever a sign-in shows one. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { simulate } from '../../../src/core/analysis/simulate.ts';
import type { Facts, Subject } from '../../../src/core/model/facts.ts';
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
const accountTerms = fc.constantFrom<unknown>('deny', 'deny', { allow: { factors: 2 } });
const drawn = fc.record({
  signOn: fc.array(fc.record({ when, then: demands }), { minLength: 1, maxLength: 2 }),
  enrollment: fc.array(fc.record({ when, then: terms }), { minLength: 1, maxLength: 1 }),
  account: fc.array(fc.record({ change, when, then: accountTerms }), { minLength: 1, maxLength: 1 }),
});

const named = (rules: readonly object[], last: unknown) =>
  [...rules.map((rule, at) => ({ name: String(at), ...rule })), { name: 'last', then: last }].map((rule) =>
    JSON.stringify(rule),
  );
const file = (head: string, rules: readonly string[]) =>
  `${head}rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`;

async function configurationOf({
  signOn,
  enrollment,
  account,
}: typeof drawn extends fc.Arbitrary<infer D> ? D : never) {
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

test('a rule that lets newcomers in who are denied in the end is found, and no other', async () => {
  const counts = { denied: 0, admitted: 0 };
  await fc.assert(
    fc.asyncProperty(drawn, async (rules) => {
      const configuration = await configurationOf(rules);
      if (configuration === undefined) return;
      const { loaded, policies, enabled } = configuration;
      const found = await analyse(loaded, { authenticators, now });
      const lines = found.flatMap(({ code, line, file: name }) =>
        name.endsWith('notes.yaml') && (code === 'newcomer-lock-out' || code === 'lock-out') ? [line] : [],
      );
      const shown = new Set<number>();
      for (const keys of [['email'], ['password', 'email']]) {
        const own = enabled.filter(({ key }) => keys.includes(key));
        const has = own.map(({ key, factors, characteristics }) => ({
          id: key,
          authenticator: key,
          factors,
          characteristics,
        }));
        for (const groups of [[], ['a']]) {
          for (const network of places) {
            const facts = factsAt(groups, network, has);
            const rule = policies.app && findRule(policies.app, facts).rule;
            if (rule?.then.kind !== 'allow' || rule.location === undefined) continue;
            if (simulate(policies, facts).at(-1)?.kind === 'denied') shown.add(rule.location.line);
            else counts.admitted += 1;
          }
        }
      }
      expect([...new Set(lines)].sort()).toEqual([...shown].sort());
      counts.denied += shown.size;
    }),
    seeded(30),
  );
  expect(counts.denied).toBeGreaterThan(3);
  expect(counts.admitted).toBeGreaterThan(10);
});
