/** A recorded sign-in has the user's enrollments and proofs: how many, and the most that each can show. */
import { describe, expect, test } from '@jest/globals';
import { factsFromOptions } from '../../../../src/cli/explain/facts-from-options.ts';
import { recordedExpectation, recordedFacts } from '../../../../src/cli/policy-tests/recorded-sign-in.ts';
import { factOptionsOf } from '../../../../src/cli/policy-tests/test-facts.ts';
import type { Enrollment } from '../../../../src/core/model/facts.ts';
import type { AuditTrace, TracedProof } from '../../../../src/flow/audit-trace.ts';
import { decidedSignIn } from '../../../../src/flow/explain.ts';
import { snapshotOfDocuments } from '../../../../src/policy/revision/snapshot.ts';
import { policyTestsSchema } from '../../../../src/policy/schema/policy-tests.ts';
import { fixedNow, userWith } from '../../../core/support/fixtures.ts';
import { authenticators, load } from '../../policy/support/configuration-dir.ts';
import { enrollment, type Files, signOn } from '../support/diff-harness.ts';

const enabled = 'brand: { name: Test }\nauthenticators: { webauthn: { enabled: true }, totp: { enabled: true } }\n';
const best = ['userPresence', 'userVerification', 'deviceBound', 'phishingResistant'] as const;
const weak = ['userPresence', 'phishingResistant'] as const;
const weakKey = 'webauthn[userPresence+phishingResistant]';
const synced = ['userPresence', 'userVerification', 'phishingResistant'] as const;
const syncedKey = 'webauthn[userPresence+userVerification+phishingResistant]';

type Shown = typeof best | typeof weak | typeof synced;

function keys(...all: readonly Shown[]): readonly Enrollment[] {
  return all.map((characteristics, index) => ({
    ...{ id: `key-${index}`, authenticator: 'webauthn', characteristics },
    factors: characteristics === weak ? ['possession'] : ['possession', 'inherence'],
  }));
}

function proof(age: number, characteristics: Shown, more: Partial<TracedProof> = {}): TracedProof {
  return { authenticator: 'webauthn', age, factors: ['possession'], characteristics, earlier: true, ...more };
}

/** What is recorded of a user with a password and these keys, and what the test comes to. */
async function recorded(files: Files, enrollments: readonly Enrollment[], proved: readonly TracedProof[] = []) {
  const loaded = await load({ 'stepgate.yaml': enabled, ...files });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const snapshot = await snapshotOfDocuments(loaded.documents, authenticators);
  const app = await snapshot.app('notes');
  if (app === undefined) throw new Error('no app');
  const user = userWith(['password']);
  const subject = { ...user, enrollments: [...user.enrollments, ...enrollments] };
  const trace: Omit<AuditTrace, 'layers'> = { proved, device: { known: true }, scopes: ['openid'] };
  const attributes = { attributes: {}, closed: false };
  const { facts } = recordedFacts({ subject, at: fixedNow, trace }, await snapshot.policies(app), attributes);
  const written = { name: 'One', app: 'notes', ...facts, expect: { deny: false } };
  const [one] = policyTestsSchema(authenticators).parse({ tests: [written] }).tests;
  if (one === undefined) throw new Error('no test');
  const made = factsFromOptions(factOptionsOf(one), { snapshot, app, authenticators, now: fixedNow });
  const { steps } = recordedExpectation(await decidedSignIn(snapshot, app, made));
  const { enrolled } = facts.user as { enrolled: readonly string[] };
  return { enrolled: enrolled.filter((name) => name !== 'password'), evidence: facts.evidence, steps };
}

const oneFactor = signOn({ name: 'All', then: { allow: { factors: 1 } } });
const chainOfTwo = signOn({
  name: 'All',
  then: { allow: { chains: [[{ authenticators: ['webauthn'] }, { authenticators: ['webauthn'] }]] } },
});

test('a user with two passkeys, of whom the enrollment policy asks for two, sets up none', async () => {
  const files = { ...oneFactor, ...enrollment({ required: [{ anyOf: ['webauthn'], count: 2 }] }) };
  const two = await recorded(files, keys(synced, synced));
  expect([two.enrolled, two.steps]).toEqual([[syncedKey, syncedKey], ['password']]);
  expect((await recorded(files, keys(synced))).steps).toContainEqual({ enroll: 'webauthn' });
});

test('a proof by one of two passkeys leaves the other of a chain to be proved', async () => {
  const { evidence, steps } = await recorded(chainOfTwo, keys(best, best), [proof(0, best)]);
  expect([evidence, steps]).toEqual([['webauthn@0s'], ['webauthn']]);
});

test('proofs by both within a second are two, and nothing is asked', async () => {
  const { evidence, steps } = await recorded(chainOfTwo, keys(best, best), [proof(0, best), proof(0, best)]);
  expect([evidence, steps]).toEqual([['webauthn@0s', 'webauthn@0s'], []]);
});

test('proofs by the same of two are one', async () => {
  const again = proof(60, best, { again: true });
  const { evidence, steps } = await recorded(chainOfTwo, keys(best, best), [proof(0, best), again]);
  expect([evidence, steps]).toEqual([['webauthn@0s'], ['webauthn']]);
});

describe('a key that verified its user, and proved less since', () => {
  const proved = [proof(0, weak), proof(7200, best, { again: true })];
  const evidence = [`${weakKey}@0s`, 'webauthn#1@7200s'];

  test('counts for both', async () => {
    const possession = { authenticators: ['webauthn'], userVerification: true };
    const files = signOn({ name: 'All', then: { allow: { factors: 2, possession } } });
    const made = await recorded(files, keys(best, best), proved);
    expect([made.evidence, made.steps]).toEqual([evidence, []]);
  });

  test('leaves the other one of a chain to be proved', async () => {
    const made = await recorded(chainOfTwo, keys(best, best), proved);
    expect([made.evidence, made.steps]).toEqual([evidence, ['webauthn']]);
  });

  test('is the one that can, and not the other one', async () => {
    const one = await recorded(chainOfTwo, keys(synced, best), proved);
    expect([one.enrolled, one.evidence, one.steps]).toEqual([['webauthn', syncedKey], evidence, ['webauthn']]);
    const both = await recorded(chainOfTwo, keys(best, synced), [proof(0, synced), proof(1, weak), ...proved.slice(1)]);
    expect([both.enrolled, both.evidence]).toEqual([
      [syncedKey, 'webauthn'],
      ['webauthn@0s', `${weakKey}@1s`, 'webauthn#2@7200s'],
    ]);
  });

  test('did so in the session, and less in the sign-in', async () => {
    const { earlier: _, ...now } = proof(0, weak);
    expect((await recorded(oneFactor, keys(best, best), [now, ...proved.slice(1)])).evidence).toEqual([
      'webauthn@7200s',
    ]);
  });
});

test('a key that cannot verify its user is no second factor of the test', async () => {
  const files = signOn({ name: 'All', then: { allow: { factors: 2, possession: { authenticators: ['webauthn'] } } } });
  const { enrolled, steps } = await recorded(files, keys(weak));
  expect([enrolled, steps]).toEqual([[weakKey], [['password', 'webauthn'], 'webauthn']]);
});

test.each<[string, readonly Shown[], readonly TracedProof[], readonly string[], readonly string[] | undefined]>([
  ['none was proved', [best, weak], [], ['webauthn', weakKey], undefined],
  ['the weaker one was proved', [best, weak], [proof(9, weak)], [weakKey, 'webauthn'], ['webauthn@9s']],
  [
    'both were proved, the weaker one later',
    [weak, best],
    [proof(9, weak), proof(60, best)],
    ['webauthn', weakKey],
    ['webauthn@60s', 'webauthn@9s'],
  ],
  ['it showed less than it can', [best], [proof(9, weak, { longestPause: 3 })], ['webauthn'], [`${weakKey}@9s/3s`]],
])('each key has what it can show, and each proof what it showed: %s', async (_, owned, proved, enrolled, evidence) => {
  const made = await recorded(oneFactor, keys(...owned), proved);
  expect([made.enrolled, made.evidence]).toEqual([enrolled, evidence]);
});

describe('proofs of the session by which the user did not sign in', () => {
  const rules = [
    { name: 'By passkey', when: { authenticated: { any: ['webauthn'] } }, then: {} },
    { name: 'Else', then: { required: ['totp'] } },
  ];
  const files = { ...oneFactor, 'policies/enrollment.yaml': JSON.stringify({ rules }) };
  const byPassword = { authenticator: 'password', age: 90, factors: ['knowledge'], characteristics: ['userPresence'] };
  const password = { ...byPassword, earlier: true } as TracedProof;

  test.each<[string, Partial<TracedProof>, readonly string[], readonly unknown[]]>([
    ['what was set up', { origin: 'enrollment' }, ['+webauthn@5s', 'password@90s'], [{ enroll: 'totp' }]],
    [
      'what was set up, and not used since',
      { origin: 'enrollment', longestPause: 3 },
      ['+webauthn@5s/3s', 'password@90s'],
      [{ enroll: 'totp' }],
    ],
    ['what recovered the account', { origin: 'recovery' }, ['password@90s'], ['webauthn']],
    [
      'what took the place of a proof',
      { origin: 'enrollment', replacesProof: true },
      ['webauthn@5s', 'password@90s'],
      [],
    ],
    ['what was registered', { origin: 'registration' }, ['webauthn@5s', 'password@90s'], []],
  ])('%s', async (_, more, evidence, steps) => {
    const made = await recorded(files, keys(best), [proof(5, best, more), password]);
    expect([made.evidence, made.steps]).toEqual([evidence, steps]);
  });

  test('what was set up counts as a proof', async () => {
    const two = signOn({ name: 'All', then: { allow: { factors: 2 } } });
    const made = await recorded(two, keys(weak), [proof(5, weak, { origin: 'enrollment' }), password]);
    expect([made.evidence, made.steps]).toEqual([['+webauthn@5s', 'password@90s'], []]);
  });
});
