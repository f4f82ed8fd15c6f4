/** What `always`, `never` and `depends` come to, beside every sign-in of a small world taken one by one. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { factsFromOptions } from '../../../../src/cli/explain/facts-from-options.ts';
import { differences } from '../../../../src/cli/policy-tests/expectation-differences.ts';
import { openDifferences } from '../../../../src/cli/policy-tests/open-differences.ts';
import { openSignIns } from '../../../../src/cli/policy-tests/open-sign-ins.ts';
import { factOptionsOf } from '../../../../src/cli/policy-tests/test-facts.ts';
import { decidedSignIn } from '../../../../src/flow/explain.ts';
import { snapshotOfDocuments } from '../../../../src/policy/revision/snapshot.ts';
import type { Expectation, PolicyTest } from '../../../../src/policy/schema/policy-tests.ts';
import { enough, seeded } from '../../../core/support/seeded.ts';
import { kindsOf, load, validFiles } from '../../policy/support/configuration-dir.ts';

const authenticators = kindsOf('password', 'totp');
const groupSets = [[], ['a'], ['b'], ['a', 'b']];
const addresses = ['192.0.2.7', '203.0.113.7'];
/** A browser is unusual exactly if the account does not know it. */
const browsers: readonly Pick<PolicyTest, 'device' | 'risk'>[] = [
  { device: { known: true } },
  { device: { known: true }, risk: ['newNetwork'] },
  { risk: ['newDevice'] },
  { risk: ['newDevice', 'newNetwork'] },
];
const enrolledSets = [['password'], ['totp'], ['password', 'totp']] as ('password' | 'totp')[][];

type Parts = Pick<PolicyTest, 'user' | 'network' | 'device' | 'risk'>;

/** The whole world: everything that these policies can tell apart. */
const world: readonly Parts[] = groupSets.flatMap((groups) =>
  addresses.flatMap((ip) =>
    browsers.flatMap((browser) =>
      enrolledSets.map((enrolled) => ({ user: { groups, enrolled }, network: { ip }, ...browser })),
    ),
  ),
);

const names = fc.subarray(['a', 'b'], { minLength: 1 });
/** One condition at least: no schema takes a rule whose `when` says nothing. */
const when = fc
  .record(
    {
      groups: fc.oneof(fc.record({ any: names }), fc.record({ all: names }), fc.record({ none: names })),
      network: fc.constantFrom({ any: ['office'] }, { none: ['office'] }),
      device: fc.record({ known: fc.boolean() }),
      risk: fc.constantFrom({ atLeast: 'medium' }, { none: ['newDevice'] }),
    },
    { requiredKeys: [] },
  )
  .filter((conditions) => Object.keys(conditions).length > 0);
/** Conditions about the identifiers of the user, of which the tests then say all. */
const whenNamed = fc
  .tuple(
    when,
    fc.constantFrom(
      { users: { any: ['boss', 'ann'] } },
      { users: { none: ['boss'] } },
      { expression: "user.identifiers.exists(i, i.endsWith('@a.test'))" },
      { expression: "size(user.identifiers) > 1 || 'a' in user.groups" },
      { expression: "user.identifiers[0].startsWith('b') && device.known" },
    ),
    fc.boolean(),
  )
  .map(([others, about, isAlone]) => (isAlone ? about : { ...others, ...about }));
const identifierSets = [[], ['boss'], ['ann', 'ann@a.test']];

const then = fc.constantFrom<unknown>('deny', { allow: { factors: 1 } }, { allow: { factors: 2 } });
const policyOf = (conditions: fc.Arbitrary<object>) =>
  fc.record({
    rules: fc.array(fc.record({ when: conditions, then }), { minLength: 1, maxLength: 3 }),
    last: then,
  });
type DrawnPolicy = ReturnType<typeof policyOf> extends fc.Arbitrary<infer Drawn> ? Drawn : never;

/** What a test says, as members of the world; the rest is open. */
const said = fc.record({
  groups: fc.option(fc.constantFrom(...groupSets, ['a', '*']), { nil: undefined }),
  ip: fc.option(fc.constantFrom(...addresses), { nil: undefined }),
  known: fc.option(fc.constant(true as const), { nil: undefined }),
  enrolled: fc.option(fc.constantFrom(...enrolledSets), { nil: undefined }),
});
const expected = fc.constantFrom<Expectation>(
  { deny: false },
  { deny: 'rule' },
  { steps: ['password'] },
  { steps: ['password', 'totp'] },
  { rule: '0' },
  { rule: 'last' },
);

function testOf({ groups, ip, known, enrolled }: typeof said extends fc.Arbitrary<infer Said> ? Said : never): Parts {
  const user = { ...(groups && { groups }), ...(enrolled && { enrolled }) };
  return { user, network: ip === undefined ? undefined : { ip }, device: known && { known } };
}

/** Whether a sign-in of the world is one that the test leaves open. */
function isMeant({ user, network, device }: Parts, signIn: Parts): boolean {
  const groups = signIn.user?.groups ?? [];
  const all = user?.groups ?? ['*'];
  const isMember = all.includes('*')
    ? all.every((group) => group === '*' || groups.includes(group))
    : all.join() === groups.join();
  const has = user?.enrolled === undefined || user.enrolled.join() === signIn.user?.enrolled?.join();
  return isMember && has && (!network || network.ip === signIn.network?.ip) && (!device || signIn.device !== undefined);
}

async function openWorld({ rules, last }: DrawnPolicy, identifiers: readonly string[]) {
  const written = [...rules.map((rule, at) => ({ name: String(at), ...rule })), { name: 'last', then: last }];
  const isOpen = written.some(({ then: outcome }) => outcome !== 'deny');
  if (!isOpen) return undefined;
  const files = { 'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules: written }) };
  const loaded = await load({ ...validFiles, ...files }, {}, authenticators);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const snapshot = await snapshotOfDocuments(loaded.documents, authenticators);
  const app = await snapshot.app('notes');
  if (app === undefined) throw new Error('the app is missing');
  const configuration = { snapshot, apps: ['notes'], authenticators, variables: {} };
  const explained = [];
  for (const parts of world) {
    const user = { ...parts.user, identifiers: [...identifiers] };
    const facts = factsFromOptions(factOptionsOf({ name: 'one', app: 'notes', ...parts, user }), {
      ...configuration,
      app,
      now: 0,
    });
    explained.push({ parts, explanation: await decidedSignIn(snapshot, app, facts) });
  }
  return { configuration, app, explained };
}

type Counts = Record<'always' | 'never' | 'depends', number>;
type Asked = readonly [typeof said extends fc.Arbitrary<infer Said> ? Said : never, Expectation];

/** `identifiers`: of the user of every sign-in. The tests say them if they are drawn. */
async function expectExact(
  drawn: DrawnPolicy,
  tests: readonly Asked[],
  { identifiers, counts }: { readonly identifiers?: string[]; readonly counts: Counts },
): Promise<void> {
  const opened = await openWorld(drawn, identifiers ?? []);
  if (opened === undefined) return;
  const { configuration, app, explained } = opened;
  for (const [parts, all] of tests) {
    const meant = explained.filter(({ parts: drawnParts }) => isMeant(testOf(parts), drawnParts));
    const same = meant.filter(({ explanation }) => differences(all, explanation).length === 0).length;
    const truth = same === meant.length ? 'always' : same === 0 ? 'never' : 'depends';
    counts[truth] += 1;
    const { user, ...others } = testOf(parts);
    const stated = { ...others, user: { ...user, ...(identifiers && { identifiers }) } };
    for (const expectation of ['always', 'never', 'depends'] as const) {
      const one: PolicyTest = { name: 'one', app: 'notes', ...stated, [expectation]: all };
      const open = await openSignIns(one, app, configuration);
      const found = await openDifferences(one, open, (facts) => decidedSignIn(configuration.snapshot, app, facts));
      expect([expectation, truth, found.length === 0]).toEqual([expectation, truth, expectation === truth]);
    }
  }
}

const someTests = fc.array(fc.tuple(said, expected), { minLength: 5, maxLength: 8 });

test('always, never and depends hold exactly where every sign-in says so', async () => {
  const counts = { always: 0, never: 0, depends: 0 };
  const property = fc.asyncProperty(policyOf(when), someTests, (drawn, tests) => expectExact(drawn, tests, { counts }));
  await fc.assert(property, seeded(12));
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(enough(0));
});

test('so they do where rules ask about identifiers, and the test says these', async () => {
  const counts = { always: 0, never: 0, depends: 0 };
  const property = fc.asyncProperty(
    policyOf(whenNamed),
    someTests,
    fc.constantFrom(...identifierSets),
    (drawn, tests, identifiers) => expectExact(drawn, tests, { identifiers, counts }),
  );
  await fc.assert(property, seeded(12));
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(enough(0));
});

async function openResult(files: Readonly<Record<string, unknown>>, written: Partial<PolicyTest>) {
  const texts = Object.fromEntries(Object.entries(files).map(([file, content]) => [file, JSON.stringify(content)]));
  const loaded = await load({ ...validFiles, ...texts }, {}, authenticators);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const snapshot = await snapshotOfDocuments(loaded.documents, authenticators);
  const app = await snapshot.app('notes');
  if (app === undefined) throw new Error('the app is missing');
  const one: PolicyTest = { name: 'one', app: 'notes', ...written };
  const open = await openSignIns(one, app, { snapshot, apps: ['notes'], authenticators, variables: {} });
  const found = await openDifferences(one, open, (facts) => decidedSignIn(snapshot, app, facts));
  return { tried: open.facts.length, actual: found.map(({ actual }) => actual) };
}

test('sign-ins for which the same rules decide are tried once: many groups and networks leave nothing undecided', async () => {
  // More sign-ins than are tried one by one.
  const groups = Array.from({ length: 8 }, (_, index) => `team-${index}`);
  const rules = [
    { name: 'teams', when: { groups: { any: groups } }, then: 'deny' },
    { name: 'away', when: { network: { none: ['office'] }, risk: { any: ['newNetwork'] } }, then: 'deny' },
    { name: 'last', then: { allow: { factors: 2 } } },
  ];
  const files = { 'policies/sign-on/notes.yaml': { name: 'notes', rules } };
  const always = await openResult(files, { user: { groups: ['team-3', '*'] }, always: { deny: 'rule' } });
  expect(always.actual).toEqual([]);
  expect(always.tried).toBeLessThan(40);
  const depends = await openResult(files, { depends: { deny: 'rule' } });
  expect(depends.actual).toEqual([]);
  expect(depends.tried).toBeLessThan(40);
  const never = await openResult(files, { never: { deny: false, steps: ['password'] } });
  expect(never.actual).toEqual([]);
});

test('what the account policy asks of a user who sets something up is part of what is open', async () => {
  const enrollment = { rules: [{ name: 'all', then: { required: ['totp'] } }] };
  const account = {
    rules: [
      { name: 'guests', when: { groups: { any: ['guests'] } }, change: { add: ['totp'] }, then: 'deny' },
      { name: 'others', then: { allow: { factors: 1 } } },
    ],
  };
  const sign = { name: 'notes', rules: [{ name: 'all', then: { allow: { factors: 1 } } }] };
  const files = {
    'policies/sign-on/notes.yaml': sign,
    'policies/enrollment.yaml': enrollment,
    'policies/account.yaml': account,
  };
  const byPassword = { user: { enrolled: ['password' as const] } };
  const always = await openResult(files, { ...byPassword, always: { steps: ['password', { enroll: 'totp' }] } });
  expect(always.actual).not.toEqual([]);
  expect((await openResult(files, { ...byPassword, depends: { deny: false } })).actual).toEqual([]);
});
