/** `config diff` where rules ask about the past of an account, which counts once something is proved. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { all, type Diffs, factors, openDiffs, password, signOn, totp, webauthn } from '../../support/diff-harness.ts';

let diffs: Diffs;
beforeEach(() => {
  diffs = openDiffs();
});
afterEach(() => diffs.terminal.store.close());

const finance = (then: unknown, risk: object = { any: ['newDevice'] }) =>
  signOn({ name: 'Finance on a new device', when: { groups: { any: ['finance'] }, risk }, then }, all());

/** With and without a second factor, those in no group first or last. */
describe.each([
  [[], ['finance']],
  [['finance'], []],
])('of users in %j and %j', (...order) => {
  beforeEach(async () => {
    for (const groups of order) {
      await diffs.addUsers(1, groups, { credentials: [password] });
      await diffs.addUsers(1, groups, { credentials: [password, totp] });
    }
  });

  test('a denial is told of those whom it denies', async () => {
    expect(await diffs.changes(finance('deny'))).toMatchObject([
      {
        kind: 'requirement',
        sentence: '2 users in finance, in a new browser: no longer let in (one factor before)',
        before: { rules: [{ name: 'All' }] },
        after: { rules: [{ name: 'Finance on a new device' }] },
      },
    ]);
  });

  test('a stricter requirement is told of those of whom it is required', async () => {
    const [first, ...others] = await diffs.changes(finance(factors(2)));
    expect(first).toMatchObject({
      kind: 'requirement',
      sentence: '2 users in finance, in a new browser: one factor becomes two; 1 of them has no second factor yet',
      before: { words: 'one factor', rules: [{ name: 'All' }] },
      after: { words: 'two distinct factor types', rules: [{ name: 'Finance on a new device' }] },
    });
    expect(others.map(({ kind }) => kind)).toEqual(['acr', 'acr']);
  });

  test('the same as where the rule asks for the new browser itself', async () => {
    const when = { groups: { any: ['finance'] }, device: { known: false } };
    const byDevice = signOn({ name: 'Finance on a new device', when, then: factors(2) }, all());
    const data = (changes: unknown) =>
      JSON.parse(JSON.stringify(changes, (key, value) => (key === 'rules' ? [] : value)));
    expect(data(await diffs.changes(finance(factors(2))))).toEqual(data(await diffs.changes(byDevice)));
  });
});

test('a recovery from a new browser names the rule that asks about it, where no other policy does', async () => {
  await diffs.addUsers(1, [], { credentials: [password, totp] });
  const recovery = (...rules: readonly object[]) => ({
    'policies/recovery.yaml': JSON.stringify({
      rules: [...rules, { name: 'Rest', then: { allow: { possession: {} } } }],
    }),
  });
  const onNew = { name: 'Not from a new device', when: { risk: { any: ['newDevice'] } }, then: 'deny' };
  expect(
    await diffs.changes({ ...signOn(all()), ...recovery(onNew) }, { ...signOn(all()), ...recovery() }),
  ).toMatchObject([
    { kind: 'recovery', before: { rules: [{ name: 'Rest' }] }, after: { rules: [{ name: 'Not from a new device' }] } },
  ]);
});

test('a first page that offers another proof than the rule needs later is told, with what tokens may say', async () => {
  await diffs.addUsers(1, [], { credentials: [password, { ...webauthn, characteristics: ['phishingResistant'] }] });
  const knowledge = { allow: { knowledge: {} } };
  const next = signOn({ name: 'New', when: { risk: { any: ['newDevice'] } }, then: knowledge }, all(2));
  const sentences = await diffs.sentences(next, signOn({ name: 'All', then: knowledge }));
  expect(sentences.filter((sentence) => sentence.includes('in a new browser'))).toEqual([
    'the one user, in a new browser: may also sign in by webauthn + password',
    'the one user, in a new browser: tokens may say acr phr, and did not',
  ]);
});
