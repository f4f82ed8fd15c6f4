/** Where users may add an authenticator: at the account pages, and at apps whose sign-on policy may let them in. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { enough, seeded } from '../../../../core/support/seeded.ts';
import { kindsOf, load } from '../../support/configuration-dir.ts';
import { byPasskey, findings, rest, rules, settings } from '../../support/lock-out-files.ts';

const authenticators = kindsOf('password', 'totp', 'webauthn', 'email', 'phone');

const app = (name: string, policy: string) => ({
  [`apps/${name}.yaml`]: `clientId: ${name}\nname: ${name}\nsignOnPolicy: ${policy}\nclient: { redirect_uris: [https://${name}.test/cb] }\n`,
});
const signOn = (name: string, ...all: readonly string[]) => ({
  [`policies/sign-on/${name}.yaml`]: `name: ${name}\n${rules(...all)}`,
});
const noNotes = { 'apps/notes.yaml': undefined, 'policies/sign-on/notes.yaml': undefined };
const keys = signOn('keys', `{ name: Keys, ${byPasskey} }`);
const addedAt = (when: string) => ({
  'policies/account.yaml': rules(`{ name: Keys there, change: { add: [webauthn] }, when: ${when}, then: deny }`, rest),
});
const onlyAtOpen = addedAt('{ apps: { none: [open, free] } }');
const session = (...all: readonly string[]) => ({
  'policies/session.yaml': rules(
    ...all,
    '{ name: Rest, then: { allow: { primary: any, secondFactor: never, idle: PT2H, absolute: PT12H } } }',
  ),
});
const denied = (when: string) => `{ name: Denied, when: ${when}, then: deny }`;

const found = async (files: Parameters<typeof findings>[0]) =>
  (await findings({ ...noNotes, ...keys, ...files }))
    .filter(({ severity }) => severity !== 'note')
    .map(({ severity, code, file, line }) => `${severity} ${code} ${file}:${line}`);

const lockOut = 'error lock-out policies/account.yaml:2';
const newcomers = 'warning newcomer-lock-out policies/account.yaml:2';
const three = { ...app('open', 'one'), ...app('free', 'one'), ...app('safe', 'keys') };

test.each([
  ['a group', '{ groups: { any: [staff] } }'],
  ['all groups but one', '{ groups: { none: [staff] } }'],
  ['two types', '{ userType: { any: [guest, temp] } }'],
])('users whom the apps deny cannot add there: %s', async (_, when) => {
  const files = { ...three, ...signOn('one', denied(when), rest), ...onlyAtOpen };
  expect(await found(files)).toEqual([lockOut]);
  const all = await findings({ ...noNotes, ...keys, ...files });
  const [first] = all.filter(({ code }) => code === 'lock-out');
  expect(first?.example?.slice(0, 2)).toEqual(['--app', 'safe']);
});

test.each([
  ['they deny in a network', '{ network: { any: [office] } }'],
  ['they deny at night', '{ time: { from: "22:00", to: "06:00", zone: UTC } }'],
  ['they deny at the other app', '{ groups: { any: [staff] }, apps: { any: [free] } }'],
])('users may be able to add where %s', async (_, when) => {
  const files = { ...three, ...signOn('one', denied(when), rest), ...onlyAtOpen };
  expect(await found(files)).toEqual([newcomers]);
});

test('users may add where a rule before the denial lets them in', async () => {
  const before = '{ name: Guests, when: { groups: { any: [staff] } }, then: { allow: { factors: 1 } } }';
  const files = signOn('one', before, denied('{ groups: { any: [staff] } }'), rest);
  expect(await found({ ...three, ...files, ...onlyAtOpen })).toContain(newcomers);
});

test('another app with another sign-on policy may let them in', async () => {
  const files = {
    ...three,
    ...app('free', 'two'),
    ...signOn('one', denied('{ groups: { any: [staff] } }'), rest),
  };
  const two = (when: string) => signOn('two', denied(when), rest);
  // Users in two groups at once.
  expect(await found({ ...files, ...two('{ groups: { any: [others] } }'), ...onlyAtOpen })).toEqual([
    lockOut.replace('error', 'warning'),
  ]);
  const apart = '{ groups: { any: [others], none: [staff] } }';
  expect(await found({ ...files, ...two(apart), ...onlyAtOpen })).toEqual([newcomers]);
});

test('at the account pages no sign-on policy stands before users', async () => {
  const files = { ...three, ...signOn('one', denied('{ groups: { any: [staff] } }'), rest) };
  expect(
    await found({ ...files, ...addedAt(`{ expression: '!(request.clientId in ["open", "stepgate-account"])' }`) }),
  ).toEqual([newcomers]);
});

test('pages that the session policy closes for some users leave them the apps', async () => {
  const closed = session(denied('{ groups: { any: [staff] }, apps: { none: [open, free, safe] } }'));
  const files = { ...three, ...closed, ...addedAt('{ apps: { any: [safe] } }') };
  expect(await found({ ...files, ...signOn('one', rest) })).toEqual([newcomers]);
  expect(await found({ ...files, ...signOn('one', denied('{ groups: { any: [staff] } }'), rest) })).toEqual([lockOut]);
});

test('places that no rule names count where several policies name others', async () => {
  const files = {
    ...app('open', 'keys'),
    ...app('free', 'keys'),
    ...app('safe', 'keys'),
    ...session(denied('{ groups: { any: [staff] }, apps: { any: [free] } }')),
    ...addedAt('{ apps: { any: [open] } }'),
  };
  expect(await found(files)).toEqual([newcomers]);
});

test('where too many rules deny, users count as let in', async () => {
  const many = Array.from(
    { length: 101 },
    (_, at) => `{ name: R${at}, when: { groups: { any: [g${at}] } }, then: deny }`,
  );
  expect(await found({ ...three, ...signOn('one', ...many.slice(1), rest), ...onlyAtOpen })).toEqual([lockOut]);
  expect(await found({ ...three, ...signOn('one', ...many, rest), ...onlyAtOpen })).toEqual([newcomers]);
});

test('the advice says so where users may add it in apps only', async () => {
  const advice = async (files: Parameters<typeof findings>[0]) =>
    (await findings({ ...noNotes, ...keys, ...three, ...signOn('one', rest), ...files })).flatMap((finding) =>
      finding.code === 'newcomer-lock-out' ? [finding.advice] : [],
    );
  const inApps = expect.stringContaining('lets them: at the account pages none does, and an app offers it only if');
  expect(await advice(onlyAtOpen)).toEqual([inApps]);
  expect(await advice(addedAt('{ apps: { any: [safe] } }'))).toEqual([expect.stringMatching(/lets them$/)]);
  const closed = session(denied('{ apps: { none: [open, free, safe] } }'));
  expect(await advice({ ...addedAt('{ apps: { any: [safe] } }'), ...closed })).toEqual([inApps]);
});

interface DrawnRule {
  readonly groups?: { readonly any?: readonly string[]; readonly none?: readonly string[] };
  readonly apps?: { readonly any?: readonly string[]; readonly none?: readonly string[] };
}

const names = ['open', 'free', 'safe'];
const someApps = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 2 });
const someGroups = fc.uniqueArray(fc.constantFrom('staff', 'guests'), { minLength: 1 });
const listed = (values: fc.Arbitrary<string[]>) =>
  fc.oneof(
    values.map((any) => ({ any })),
    values.map((none) => ({ none })),
  );
const drawnRule: fc.Arbitrary<DrawnRule> = fc.oneof(
  fc.record({ groups: listed(someGroups) }),
  fc.record({ apps: listed(someApps) }),
  fc.record({ groups: listed(someGroups), apps: listed(someApps) }),
);
const drawn = fc.record({
  account: fc.array(drawnRule, { minLength: 1, maxLength: 2 }),
  session: fc.array(drawnRule, { maxLength: 1 }),
  one: fc.array(drawnRule, { maxLength: 2 }),
  two: fc.array(drawnRule, { maxLength: 1 }),
});
type Drawn = typeof drawn extends fc.Arbitrary<infer Value> ? Value : never;

const isIn = ({ any, none: others = [] }: { any?: readonly string[]; none?: readonly string[] }, own: string[]) =>
  (any === undefined || any.some((name) => own.includes(name))) && !others.some((name) => own.includes(name));
const holds = ({ groups = {}, apps = {} }: DrawnRule, user: string[], place: string) =>
  isIn(groups, user) && isIn(apps, [place]);
const users = [[], ['staff'], ['guests'], ['staff', 'guests']];

/** What is found about users who need a key for the app `safe`, if each of them tries every place. */
function expected({ account, session: inSession, ...ofApps }: Drawn): string {
  const isDenied = (all: readonly DrawnRule[], user: string[], place: string) =>
    all.some((rule) => holds(rule, user, place));
  const signOnOf: Readonly<Record<string, readonly DrawnRule[]>> = { open: ofApps.one, free: ofApps.two };
  const canAdd = (user: string[], place: string) =>
    ![account, inSession, signOnOf[place] ?? []].some((all) => isDenied(all, user, place));
  const stopped = users.filter(
    (user) => !isDenied(inSession, user, 'safe') && isDenied(account, user, 'safe') && !canAdd(user, 'safe'),
  );
  if (stopped.some((user) => ![...names, 'stepgate-account'].some((place) => canAdd(user, place)))) return 'lock-out';
  return stopped.length > 0 ? 'newcomer-lock-out' : 'none';
}

test('generated rules lock out whom every place keeps from adding a key', async () => {
  const counts = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(drawn, async (parts) => {
      const denials = (all: readonly DrawnRule[], more = '') =>
        all.map((when, at) => `{ name: D${at}, ${more}when: ${JSON.stringify(when)}, then: deny }`);
      const files = {
        ...noNotes,
        ...app('open', 'one'),
        ...app('free', 'two'),
        ...app('safe', 'keys'),
        ...keys,
        ...signOn('one', ...denials(parts.one), rest),
        ...signOn('two', ...denials(parts.two), rest),
        ...session(...denials(parts.session)),
        'policies/account.yaml': rules(...denials(parts.account, 'change: { add: [webauthn] }, '), rest),
      };
      // Some configurations are refused, such as those with an app that no user can enter.
      const loaded = await load({ 'stepgate.yaml': settings, ...files }, {}, authenticators);
      fc.pre(loaded.ok);
      if (!loaded.ok) return;
      const told = (await analyse(loaded, { authenticators, now: 1_800_000_000 }))
        .filter(({ file }) => file === 'policies/account.yaml')
        .map(({ code }): string => code);
      const what = expected(parts);
      counts.set(what, (counts.get(what) ?? 0) + 1);
      const worst = ['undecided', 'lock-out', 'newcomer-lock-out'].find((code) => told.includes(code)) ?? 'none';
      expect(worst).toBe(what);
    }),
    seeded(150),
  );
  for (const what of ['lock-out', 'newcomer-lock-out', 'none'])
    expect(counts.get(what) ?? 0).toBeGreaterThan(enough(12));
});
