/** Users who begin and are denied in the end: the analysis finds them wherever a sign-in shows one. */

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { simulate } from '../../../../../src/core/analysis/simulation/simulate.ts';
import { enrollScope } from '../../../../../src/core/enrollment/account-request.ts';
import type { Facts, Subject } from '../../../../../src/core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../../../../src/core/model/neutral-facts.ts';
import type { Rule } from '../../../../../src/core/model/policy.ts';
import { findRule } from '../../../../../src/core/policy/rules/rules.ts';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { accountClientId } from '../../../../../src/policy/model/account-client-id.ts';
import type { AnalysisFinding } from '../../../../../src/policy/model/analysis-finding.ts';
import { withAccountApp } from '../../../../../src/policy/revision/account-app.ts';
import { enabledAuthenticators } from '../../../../../src/policy/revision/enabled-authenticators.ts';
import { snapshotOfDocuments } from '../../../../../src/policy/revision/snapshot.ts';
import { enough, seeded } from '../../../../core/support/seeded.ts';
import { kindsOf, load, validFiles } from '../../support/configuration-dir.ts';
import { getsIn } from '../../support/gets-in.ts';

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
const signOn = fc.array(fc.record({ when, then: demands }), { minLength: 1, maxLength: 2 });
const drawn = fc.record({
  signOn,
  enrollment: fc.array(fc.record({ when, then: terms }), { minLength: 1, maxLength: 1 }),
  account: fc.array(fc.record({ change, when, then: accountTerms }), { minLength: 1, maxLength: 1 }),
});

/** Few users can add what is required or asked for. */
const passkeys = { required: ['webauthn'] };
const ofPasskeys = fc.constantFrom<unknown>(
  {},
  passkeys,
  { useOnly: ['webauthn'] },
  { ...passkeys, useOnly: ['totp'] },
);
const circumstance = fc.constantFrom(
  { network: { any: ['office'] } },
  { groups: { none: ['a'] } },
  { groups: { any: ['a'] } },
  { groups: { any: ['a'] }, network: { any: ['office'] } },
);
const drawnLockOut = fc.record({
  signOn,
  enrollment: fc.array(fc.record({ when, then: ofPasskeys }), { minLength: 1, maxLength: 2 }),
  account: fc.tuple(
    fc.record(
      { change: fc.constant({ add: ['webauthn'] }), when: circumstance, then: accountTerms },
      { requiredKeys: ['change', 'then'] },
    ),
    fc.record({ change, when, then: accountTerms }),
  ),
});

/** Two rules about two authenticators, of which some users need one; rules that ask how the user signed in as well. */
const whom = fc.constantFrom<object>(
  { groups: { any: ['a'] } },
  { groups: { none: ['a'] } },
  { userType: { any: ['temp'] } },
  { userType: { any: ['temp'] }, network: { any: ['office'] } },
  { network: { any: ['office'] } },
);
const signedIn = fc.constantFrom<object>(
  { authenticated: { any: ['password'] } },
  { authenticated: { any: ['email', 'totp'] } },
  {},
);
const eitherOf = fc.constantFrom<unknown>(
  {},
  passkeys,
  { required: [{ anyOf: ['totp', 'webauthn'] }] },
  { required: [{ anyOf: ['totp', 'webauthn'] }] },
);
const asking = fc.record({ by: signedIn, of: whom, then: eitherOf }).map(({ by, of, then }) => ({
  when: { ...by, ...of },
  then,
}));
const sternTerms = fc.constantFrom<unknown>('deny', { allow: { possession: { authenticators: ['webauthn'] } } });
const about = (key: string) =>
  fc.record(
    { change: fc.constant({ add: [key] }), when: whom, then: sternTerms },
    { requiredKeys: ['change', 'then'] },
  );
const drawnTogether = fc.record({
  signOn,
  enrollment: fc.array(asking, { minLength: 1, maxLength: 2 }),
  account: fc.tuple(about('totp'), about('webauthn')),
});

/** Users set up what the app asks for as they sign in, where they can. What is asked once they have it may differ. */
const chain = { allow: { chains: [[{ authenticators: ['email'] }, { authenticators: ['webauthn'] }]] } };
const byWhat = fc.constantFrom<object>({ authenticated: { any: ['webauthn'] } }, { authenticated: { any: ['totp'] } });
const askedLater = fc
  .record({ by: byWhat, of: fc.oneof(whom, fc.constant({})), key: fc.constantFrom('totp', 'webauthn', 'password') })
  .map(({ by, of, key }) => ({ when: { ...by, ...of }, then: { required: [key] } }));
const noCodes = fc.constant({ change: { add: ['totp'] }, then: 'deny' });
const drawnLater = fc.record({
  signOn: fc.array(fc.record({ when, then: fc.constantFrom<unknown>(chain, { allow: { factors: 2 } }) }), {
    minLength: 1,
    maxLength: 2,
  }),
  enrollment: fc.array(askedLater, { minLength: 1, maxLength: 2 }),
  account: fc.tuple(fc.oneof(noCodes, about('totp')), about('webauthn')),
});

const named = (rules: readonly object[], last: unknown) =>
  [...rules.map((rule, at) => ({ name: String(at), ...rule })), { name: 'last', then: last }].map((rule) =>
    JSON.stringify(rule),
  );
const file = (head: string, rules: readonly string[]) =>
  `${head}rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`;

/** Rules of each policy, without names. */
type Drawn = Readonly<Record<'signOn' | 'enrollment' | 'account', readonly object[]>>;

async function configurationOf({ signOn: appRules, enrollment, account }: Drawn) {
  const loaded = await load(
    {
      'stepgate.yaml': settings,
      'policies/sign-on/notes.yaml': file('name: notes\n', named(appRules, { allow: { factors: 1 } })),
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
  const withAccount = withAccountApp(snapshot, 'https://id.test');
  const own = await withAccount.app(accountClientId);
  if (own === undefined) throw new Error('the account app is missing');
  return {
    loaded,
    policies: await snapshot.policies(app),
    account: await withAccount.policies(own),
    enabled: enabledAuthenticators(authenticators, snapshot.settings),
  };
}

const places = [
  { ip: '192.0.2.7', zones: ['office'] },
  { ip: '203.0.113.7', zones: [] },
];

/** What administrators say of a user. */
type Kind = Pick<Subject, 'groups' | 'userType'>;
const kinds: readonly Kind[] = [[], ['a']].flatMap((groups) => [{ groups }, { groups, userType: 'temp' }]);

function factsAt(kind: Kind, network: Facts['network'], enrollments: Subject['enrollments']): Facts {
  const subject = { id: 'ann', status: 'active' as const, identifiers: [], ...kind, profile: {}, enrollments };
  const device = { known: false, platform: 'desktop', os: 'other' } as const;
  return neutralFacts({ now, request: neutralRequest('notes', ['openid']), network, device, subject });
}

type Configured = NonNullable<Awaited<ReturnType<typeof configurationOf>>>;

function enrolled(keys: readonly string[], enabled: Configured['enabled']): Subject['enrollments'] {
  const own = enabled.filter(({ key }) => keys.includes(key));
  return own.map(({ key, factors, characteristics }) => ({ id: key, authenticator: key, factors, characteristics }));
}

/** Users of each kind at both places. */
function everywhere(enrollments: Subject['enrollments']): readonly Facts[] {
  return kinds.flatMap((kind) => places.map((network) => factsAt(kind, network, enrollments)));
}

function placeOf(rule: Rule | undefined): string {
  return `${rule?.location?.file}:${rule?.location?.line}`;
}

/** Of the sign-on policy: the lines that the findings are at or name. */
function linesOf(found: readonly AnalysisFinding[]): readonly number[] {
  const located = found.flatMap((finding) => [finding, ...finding.rules]);
  return [...new Set(located.filter(({ file: name }) => name.endsWith('notes.yaml')).map(({ line }) => line))].sort();
}

test('a rule that lets newcomers in who are denied in the end is found, and no other', async () => {
  const counts = { denied: 0, admitted: 0, withLess: 0 };
  await fc.assert(
    fc.asyncProperty(fc.oneof(drawn, drawnTogether), async (rules) => {
      const configuration = await configurationOf(rules);
      if (configuration === undefined) return;
      const { loaded, policies, enabled } = configuration;
      const found = await analyse(loaded, { authenticators, now });
      const told = found.filter(({ code }) => code === 'newcomer-lock-out' || code === 'lock-out');
      const [notes, others] = [true, false].map((isNote) =>
        linesOf(told.filter(({ severity }) => (severity === 'note') === isNote)),
      );
      const shownTo = (...beginnings: readonly (readonly string[])[]) => {
        const all = beginnings.flatMap((keys) => everywhere(enrolled(keys, enabled)));
        const letIn = all.flatMap((facts) => {
          const rule = policies.app && findRule(policies.app, facts).rule;
          if (rule?.then.kind !== 'allow' || rule.location === undefined) return [];
          return [{ line: rule.location.line, isDenied: !getsIn(policies, facts) }];
        });
        counts.admitted += letIn.filter(({ isDenied }) => !isDenied).length;
        return [...new Set(letIn.filter(({ isDenied }) => isDenied).map(({ line }) => line))].sort();
      };
      const shown = shownTo(['email'], ['password', 'email']);
      const shownToLess = shownTo(['password']);
      // What a rule that locks users out does to newcomers besides is not said.
      const isSaid = (line: number) => others?.includes(line) || !found.some(({ code }) => code === 'lock-out');
      expect(others).toEqual(shown.filter(isSaid));
      // Accounts of a password alone are a note, and are not told of beside others.
      expect(shownToLess).toEqual(expect.arrayContaining([...(notes ?? [])]));
      if (shown.length === 0) expect(notes).toEqual(shownToLess);
      counts.denied += shown.length;
      if (shown.length === 0) counts.withLess += shownToLess.length;
    }),
    seeded(60),
  );
  expect(counts.denied).toBeGreaterThan(enough(1));
  expect(counts.withLess).toBeGreaterThan(enough(1));
  expect(counts.admitted).toBeGreaterThan(enough(10));
});

/** What a user with these authenticators can add next, somewhere. */
function nextOf(has: readonly string[], kind: Kind, { policies, account, enabled }: Configured) {
  return places.flatMap((network) => {
    const facts = factsAt(kind, network, enrolled(has, enabled));
    const inApp = simulate(policies, facts);
    const inAccount = enabled.flatMap(({ key }) => {
      const scopes = [...facts.request.scopes, enrollScope(key)];
      return simulate(account, { ...facts, request: { ...facts.request, clientId: accountClientId, scopes } });
    });
    return [...inApp, ...inAccount].flatMap((step) => (step.kind === 'enroll' ? [step.authenticator] : []));
  });
}

/** Every set of authenticators that such an account can have in time. It begins with some of what it may be given. */
function setsHad(kind: Kind, configured: Configured): readonly (readonly string[])[] {
  const found = new Map([['email'], ['email', 'password']].map((keys) => [keys.join(), keys]));
  for (const keys of found.values()) {
    for (const key of nextOf(keys, kind, configured)) {
      const more = [...new Set([...keys, key])].sort();
      found.set(more.join(), more);
    }
  }
  return [...found.values()];
}

/** Users may keep clear of some of what they have. What they set up while they sign in is had the next time. */
function isDeniedAnyWay(
  keys: readonly string[],
  facts: (keys: readonly string[]) => Facts,
  policies: Configured['policies'],
) {
  const notEnrollable = policies.authenticators.map((authenticator) => ({ ...authenticator, enrollable: false }));
  const subsets = Array.from({ length: 2 ** keys.length }, (_, bits) => keys.filter((_key, at) => bits & (1 << at)));
  return subsets.every(
    (used) => used.length === 0 || !getsIn({ ...policies, authenticators: notEnrollable }, facts(used)),
  );
}

/** Sign-on rules that let such a user in somewhere, who is denied with all that the user can have. */
function linesLockedTo(kind: Kind, configured: Configured): readonly string[] {
  const { policies, enabled } = configured;
  const had = setsHad(kind, configured);
  return places.flatMap((network) => {
    const rule = policies.app && findRule(policies.app, factsAt(kind, network, [])).rule;
    const isDenied = (keys: readonly string[]) =>
      isDeniedAnyWay(keys, (used) => factsAt(kind, network, enrolled(used, enabled)), policies);
    return rule?.then.kind === 'allow' && had.every(isDenied) ? [placeOf(rule)] : [];
  });
}

test('users are reported as locked out exactly when nothing that they can have gets them in', async () => {
  const counts = { locked: 0, open: 0 };
  await fc.assert(
    fc.asyncProperty(fc.oneof(drawnLockOut, drawnTogether, drawnLater), async (rules) => {
      const configured = await configurationOf(rules);
      if (configured === undefined) return;
      const found = await analyse(configured.loaded, { authenticators, now });
      const told = found.filter(({ code }) => code === 'lock-out');
      expect(told.filter(({ severity }) => severity !== 'error')).toEqual([]);
      expect(told.map(({ file: name }) => name.replace(/.*\//, ''))).not.toContain('notes.yaml');
      const lines = told.flatMap((finding) => finding.rules).map(({ file: name, line }) => `${name}:${line}`);
      const locked = kinds.flatMap((kind) => linesLockedTo(kind, configured));
      const signOnLines = lines.filter((line) => line.includes('sign-on'));
      expect([...new Set(signOnLines)].sort()).toEqual([...new Set(locked)].sort());
      if (locked.length > 0) counts.locked += 1;
      else counts.open += 1;
    }),
    seeded(80),
  );
  expect(counts.locked).toBeGreaterThan(enough(2));
  expect(counts.open).toBeGreaterThan(enough(2));
});
