/** `config diff` against an evaluation of both sides for each user, in each circumstance that there is. */
import { basename } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AppPair, comparedApps } from '../../../../../src/cli/config/diff/compared/app-pairs.ts';
import { freeScopes } from '../../../../../src/cli/config/diff/compared/carried-scopes.ts';
import { nextConfiguration } from '../../../../../src/cli/config/diff/compared/compared-configuration.ts';
import type { AccessChange } from '../../../../../src/cli/config/diff/compared/configuration-changes.ts';
import { configDiff } from '../../../../../src/cli/config/diff/config-diff.ts';
import type { Circumstance } from '../../../../../src/cli/config/diff/sign-ins/circumstances.ts';
import { located } from '../../../../../src/cli/config/diff/sign-ins/content-difference.ts';
import { headlineOf } from '../../../../../src/cli/config/diff/sign-ins/occurrences.ts';
import { contentDifferences } from '../../../../../src/cli/config/diff/sign-ins/sign-in-differences.ts';
import { viewerOf } from '../../../../../src/cli/config/diff/sign-ins/sign-in-view.ts';
import { oneDay } from '../../../../../src/core/model/durations.ts';
import { enough, seeded } from '../../../../core/support/seeded.ts';
import { kindsOf, load, validFiles } from '../../../policy/support/configuration-dir.ts';
import { classOfOne, type StoredUser, storedAlone } from '../../support/compared-users.ts';
import { password, totp, webauthn } from '../../support/diff-harness.ts';
import { type NamedFacts, readWhere } from '../../support/where-text.ts';

/** Noon, outside the window of the rules. */
const now = Date.UTC(2027, 0, 15, 12) / 1000;
const night = now + 12 * 3600;
const authenticators = kindsOf('password', 'totp', 'webauthn', 'email');

const users: StoredUser[] = [];

beforeAll(async () => {
  for (const groups of [[], ['g'], ['h', 'g']])
    for (const credentials of [[password], [password, totp], [password, webauthn]]) {
      const profile = { email: 'ann@example.org' };
      const user = { identifiers: ['ann@example.org'], groups, credentials, profile };
      users.push(await storedAlone(user, { created: now - 100 * oneDay, now }));
    }
});
afterAll(() => Promise.all(users.map(({ terminal }) => terminal.store.close())));

const networks = [
  { ip: '203.0.113.1', zones: [] },
  { ip: '192.0.2.1', zones: ['a'] },
  { ip: '192.0.2.200', zones: ['a', 'b'] },
  { ip: '10.0.0.1', zones: ['b'] },
];
const settings = `issuer: https://id.example.test
brand: { name: Test }
zones: { a: { cidrs: [192.0.2.0/24] }, b: { cidrs: [192.0.2.128/25, 10.0.0.0/8] } }
authenticators: { totp: { enabled: true }, webauthn: { enabled: true }, email: { enabled: true } }
mail: { from: a@example.org, smtp: { host: mail.example.org } }
`;

const everyCircumstance: readonly Circumstance[] = networks.flatMap((network) =>
  [false, true].flatMap((known) =>
    (['desktop', 'mobile', 'other'] as const).flatMap((platform) =>
      [now, night].flatMap((at) =>
        [['openid'], ['openid', 'profile'], ['openid', 'address'], ['openid', 'profile', 'address']].map((scopes) => ({
          place: { label: '', activeLabel: '', zones: [], activeZones: [], active: network, next: network },
          device: { known, platform, os: 'windows' as const },
          believed: { active: {}, next: {} },
          now: at,
          scopes,
        })),
      ),
    ),
  ),
);

const conditions = {
  groups: fc.constantFrom({ any: ['g'] }, { none: ['g'] }, { all: ['g', 'h'] }),
  network: fc.constantFrom({ any: ['a'] }, { none: ['a'] }, { all: ['a', 'b'] }, { any: ['b'], none: ['a'] }),
  device: fc.constantFrom(
    { known: true },
    { known: false },
    { platform: ['mobile'] },
    { known: true, platform: ['desktop'] },
  ),
  risk: fc.constantFrom({ any: ['newDevice'] }, { none: ['newDevice'] }),
  time: fc.constantFrom({ from: '22:00', to: '06:00', zone: 'UTC' }, { from: '06:00', to: '22:00', zone: 'UTC' }),
  scopes: fc.constantFrom(
    { any: ['profile'] },
    { all: ['profile', 'address'] },
    { none: ['address'] },
    { any: ['profile', 'address'] },
    { any: ['address'], none: ['profile'] },
  ),
  expression: fc.constantFrom(
    'device.known || "profile" in request.scopes',
    'device.platform == "mobile" && "g" in user.groups',
    '!("a" in network.zones) && device.known',
    '"address" in request.scopes && !("profile" in request.scopes)',
  ),
};
const when = fc
  .subarray(Object.entries<fc.Arbitrary<unknown>>(conditions), { minLength: 1, maxLength: 2 })
  .chain((some) => fc.record(Object.fromEntries(some)));

const allow = { allow: { factors: 1 } };
const asked = fc.constantFrom<unknown>('deny', allow, { allow: { factors: 2 } });
const lifetimes = (primary: string, absolute: string) => ({
  allow: { primary, secondFactor: 'never', idle: 'PT2H', absolute },
});
const byMail = { allow: { possession: { authenticators: ['email'] } } };

/** Rules above a last one that always applies. */
function policy(then: fc.Arbitrary<unknown>, last: unknown, maxLength = 1): fc.Arbitrary<readonly object[]> {
  return fc
    .array(fc.record({ when, then }), { maxLength })
    .map((rules) => [...rules.map((rule, at) => ({ name: `R${at}`, ...rule })), { name: 'Last', then: last }]);
}

const ofApp = policy(fc.oneof(asked, fc.constant({ ...allow, grant: { scopes: ['profile'] } })), allow, 2);
/** Apps whose rules often ask for the same where their conditions differ. */
const apps = ['notes', 'mail'] as const;

/** Rules that ask how the user signed in. */
const enrolledAfter = fc
  .tuple(
    policy(fc.constantFrom({ required: ['totp'] }, { optional: ['webauthn'] }), {}, 2),
    fc.constantFrom('password', 'totp'),
  )
  .map(([rules, authenticator]) =>
    rules.map((rule) =>
      'when' in rule ? { ...rule, when: { ...(rule.when as object), authenticated: { any: [authenticator] } } } : rule,
    ),
  );

const policies = {
  'policies/sign-on/notes.yaml': ofApp,
  'policies/sign-on/mail.yaml': ofApp,
  'policies/session.yaml': policy(
    fc.constantFrom<unknown>('deny', lifetimes('password', 'P1D'), lifetimes('any', 'P2D')),
    lifetimes('any', 'P1D'),
  ),
  'policies/enrollment.yaml': fc.oneof(
    policy(
      fc.constantFrom<unknown>({ required: ['totp'] }, { useOnly: ['totp', 'email'] }, { optional: ['webauthn'] }),
      {},
    ),
    enrolledAfter,
  ),
  'policies/account.yaml': policy(asked, allow).map((rules) =>
    rules.map((rule, at) => (at < rules.length - 1 ? { ...rule, change: { add: ['totp'] } } : rule)),
  ),
  'policies/recovery.yaml': policy(
    fc.constantFrom<unknown>('deny', { allow: { possession: { authenticators: ['totp'] } } }),
    byMail,
  ),
  'policies/password.yaml': policy(fc.constantFrom<unknown>({ maxAge: 'P30D' }), {}),
};
type Drawn = { readonly [File in keyof typeof policies]: readonly object[] };
const drawn: fc.Arbitrary<Drawn> = fc.record(policies);
/** One to three policies differ. */
const changedFiles = fc.subarray(Object.keys(policies) as (keyof Drawn)[], { minLength: 1, maxLength: 3 });

async function sideOf(rules: Drawn) {
  const files = Object.entries(rules).map(([file, own]) => [
    file,
    JSON.stringify({ ...(file.includes('sign-on') && { name: basename(file, '.yaml') }), rules: own }),
  ]);
  const mail = { 'apps/mail.yaml': validFiles['apps/notes.yaml']?.replaceAll('notes', 'mail') };
  const loaded = await load(
    { ...validFiles, ...mail, ...Object.fromEntries(files), 'stepgate.yaml': settings },
    {},
    authenticators,
  );
  return loaded.ok ? nextConfiguration(loaded.documents, authenticators) : undefined;
}

/** What one configuration after the other asks of the user there, as keys of changes. */
function changesAt(pair: AppPair, subject: StoredUser['subject'], circumstance: Circumstance): readonly string[] {
  const user = classOfOne(subject);
  const contents = { byKey: new Map(), numbers: new Map() };
  const context = { free: freeScopes(pair), atoms: [], contents };
  const { clientId } = pair.next.app;
  const [before, after] = [viewerOf(pair.active, 'active', context), viewerOf(pair.next, 'next', context)].map(
    (viewer) => viewer({ user, clientId })(circumstance),
  );
  if (before === undefined || after === undefined) return [];
  const differences = contentDifferences(before.content, after.content, pair.next.policies.authenticators);
  return differences
    .map((difference) => located(difference, before, after))
    .map(({ effects = [], ...rest }) => keyOf({ ...rest, headline: headlineOf(rest), effects }))
    .sort();
}

/** What the rules name that decide at this app. What a rule grants is no condition. */
function namedFor(clientId: (typeof apps)[number], sides: readonly Drawn[]): NamedFacts {
  const others = apps.filter((app) => app !== clientId).map((app) => `policies/sign-on/${app}.yaml`);
  const rules = JSON.stringify(sides, (key, value) => (key === 'grant' || others.includes(key) ? undefined : value));
  return {
    zones: rules.includes('network.zones') ? ['a', 'b'] : ['a', 'b'].filter((zone) => rules.includes(`"${zone}"`)),
    scopes: ['profile', 'address'].filter((scope) => rules.includes(`"${scope}`)),
    isLikeNow: (at) => at === now,
  };
}

/** With the effect on the user. */
function keyOf({ kind, headline, before, after, effects }: Compared): string {
  return JSON.stringify([kind, headline, before, after, effects.map((effect) => effect.kind)]);
}

/** The sentence without the user and the circumstances before it, and without the effects after it. */
function headlineIn({ kind, sentence, effects }: AccessChange): string {
  const said = sentence.slice(sentence.indexOf(': ') + 2);
  const after = kind === 'steps' ? '' : effects.map(({ words }) => `; ${words}`).join('');
  return said.slice(0, said.length - after.length);
}

interface Compared extends Pick<AccessChange, 'kind' | 'before' | 'after'> {
  readonly headline: string;
  readonly effects: readonly Pick<AccessChange['effects'][number], 'kind'>[];
}

test('each change is told, where it is, and nothing else is', async () => {
  const seen = { changes: 0, counted: 0, apart: 0 };
  await fc.assert(
    fc.asyncProperty(drawn, drawn, changedFiles, fc.nat(8), async (before, other, changed, position) => {
      const after = { ...before, ...Object.fromEntries(changed.map((file) => [file, other[file]])) };
      const [active, next] = [await sideOf(before), await sideOf(after)];
      const user = users[position];
      if (active === undefined || next === undefined || user === undefined) return;
      const { changes, leftAside } = await configDiff({
        ...{ active, next, against: '', locationOf: () => undefined, authenticators, now },
        store: user.terminal.store,
      });
      expect(leftAside).toEqual([]);
      const { pairs } = await comparedApps(active, next);
      for (const clientId of apps) {
        const named = namedFor(clientId, [before, after]);
        const told = changes
          .filter(({ who, apps: at }) => who.users === 1 && at.includes(clientId))
          .map((change) => ({
            key: keyOf({ ...change, headline: headlineIn(change) }),
            ...readWhere(change.where, named),
          }));
        const pair = pairs.find(({ clientIds }) => clientIds.includes(clientId));
        const found = everyCircumstance.map((circumstance) => ({
          circumstance,
          there: pair ? changesAt(pair, user.subject, circumstance) : [],
        }));
        for (const { circumstance, there } of found) {
          const here = told.filter(({ holds }) => holds(circumstance));
          const sure = here.filter(({ isCounted }) => !isCounted).map(({ key }) => key);
          // Every change there is told, and what is told without a count is there.
          expect({
            sure: sure.filter((key) => !there.includes(key)),
            at: circumstance,
            where: changes.map(({ where }) => where),
          }).toMatchObject({ sure: [] });
          expect({
            silent: there.filter((key) => !here.some((change) => change.key === key)),
            at: circumstance,
            where: changes.map(({ where }) => where),
          }).toMatchObject({ silent: [] });
        }
        for (const { key, holds, isCounted } of told) {
          const inside = found.filter(({ circumstance }) => holds(circumstance));
          const there = inside.filter((each) => each.there.includes(key));
          expect(there.length).toBeGreaterThan(0);
          expect(isCounted).toBe(there.length < inside.length);
          seen.changes += 1;
          seen.counted += isCounted ? 1 : 0;
          seen.apart += there.length < everyCircumstance.length ? 1 : 0;
        }
      }
    }),
    seeded(24),
  );
  expect(seen.changes).toBeGreaterThan(enough(16));
  expect(seen.apart).toBeGreaterThan(enough(12));
});
