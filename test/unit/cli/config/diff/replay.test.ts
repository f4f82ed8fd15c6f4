/** `config diff --replay`: what a line of the audit log says of the past, and what it leaves open. */
import { expect, test } from '@jest/globals';
import { type ReplaySides, replay } from '../../../../../src/cli/config/diff/replay/replay.ts';
import { oneDay } from '../../../../../src/core/model/durations.ts';
import type { AuditTrace } from '../../../../../src/flow/audit-trace.ts';
import { snapshotOfDocuments } from '../../../../../src/policy/revision/snapshot.ts';
import { auditKey } from '../../../../../src/stores/keys.ts';
import { authenticators, load } from '../../../policy/support/configuration-dir.ts';
import { fixedNow, openTerminal } from '../../support/harness.ts';

const rest = { name: 'Rest', then: { allow: { factors: 1 } } };

/** Its file is not read: the line says how far away the user was. */
const settings = JSON.stringify({ brand: { name: 'A' }, networkData: { country: '/city.mmdb' } });

async function snapshotWith(when: object | undefined) {
  return snapshotOf({ rules: [...(when === undefined ? [] : [{ name: 'Deny', when, then: 'deny' }]), rest] });
}

interface Files {
  readonly rules: readonly object[];
  /** Of the enrollment policy. */
  readonly enrollment?: object;
}

async function snapshotOf({ rules, enrollment }: Files) {
  const files = {
    'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules }),
    ...(enrollment && {
      'policies/enrollment.yaml': JSON.stringify({
        rules: [{ name: 'Everybody', then: enrollment }],
      }),
    }),
  };
  const loaded = await load({ 'stepgate.yaml': settings, ...files });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  return snapshotOfDocuments(loaded.documents, authenticators);
}

const plain: AuditTrace = {
  layers: [],
  skipped: [],
  proved: [{ authenticator: 'password', age: 0, factors: ['knowledge'], characteristics: ['userPresence'] }],
  device: { known: false },
  scopes: ['openid'],
};

interface Replayed {
  readonly trace: Partial<AuditTrace>;
  /** The condition of a rule that denies, in what is active and in the draft. */
  readonly active?: object;
  readonly next?: object | undefined;
}

/** What becomes of one sign-in. */
async function replayed({ trace, active, next }: Replayed): Promise<string> {
  return replayedBetween(
    { ...plain, ...trace },
    { active: await snapshotWith(active), next: await snapshotWith(next) },
  );
}

async function replayedBetween(trace: AuditTrace, sides: ReplaySides): Promise<string> {
  const { store, directory } = openTerminal();
  const made = await directory.create({ identifiers: ['ann'] });
  if (!made.ok) throw new Error('not made');
  const subject = made.user.id;
  const line = {
    ...{
      time: new Date(fixedNow * 1000).toISOString(),
      event: 'sign_in.completed',
      outcome: 'success',
      transaction: 't',
    },
    ...{ subject, client: 'notes', ip: '192.0.2.9', trace },
  };
  await store.commit([{ op: 'append', key: auditKey, value: JSON.stringify(line), keep: 100_000 }]);
  const { differing, left, differences } = await replay(store, sides, fixedNow - oneDay);
  if (left.noDevice > 0) return 'left out';
  return differing === 0 ? 'same' : String(differences[0]?.change);
}

const long = { lastSignIn: { notWithin: 'P30D' } };
const far = { distance: { notWithin: '500 km' } };
const claims = { claims: { any: ['email'] } };
const travel = { risk: { any: ['impossibleTravel'] } };

test.each<[string, Replayed, string]>([
  ['a sign-in long ago', { trace: { lastSignIn: 31 * oneDay }, next: long }, 'denied'],
  ['one a day ago', { trace: { lastSignIn: oneDay }, next: long }, 'same'],
  ['none ever', { trace: { lastSignIn: 'never' }, next: long }, 'denied'],
  ['none since they are recorded, a day ago', { trace: { recordedSince: oneDay }, next: long }, 'same'],
  ['none since they are recorded, long ago', { trace: { recordedSince: 31 * oneDay }, next: long }, 'denied'],
  ['a last sign-in that the line does not tell', { trace: {}, next: long }, 'left out'],
  ['one that only what is active asks about', { trace: {}, active: long }, 'left out'],
  ['one that no rule asks about', { trace: {} }, 'same'],
  ['a place far away', { trace: { distance: 800 }, next: far }, 'denied'],
  ['a place that is not known', { trace: { distance: 'nowhere' }, next: far }, 'denied'],
  ['a place near by', { trace: { distance: 8 }, next: far }, 'same'],
  ['no usual place', { trace: { distance: 'none' }, next: far }, 'same'],
  ['a place that could not be found out', { trace: { distance: 'unknown' }, next: far }, 'denied'],
  ['a distance that the line does not tell', { trace: {}, next: far }, 'left out'],
  ['a claim that is essential', { trace: { essentialClaims: ['email'] }, next: claims }, 'denied'],
  ['another one', { trace: { essentialClaims: [] }, next: claims }, 'same'],
  ['claims of which the line says nothing', { trace: {}, next: claims }, 'left out'],
  ['what is unusual', { trace: { risk: ['impossibleTravel'] }, next: travel }, 'denied'],
  ['what is not', { trace: { risk: [] }, next: travel }, 'same'],
  ['what could not be found out', { trace: { risk: [], unknownRisk: ['impossibleTravel'] }, next: travel }, 'denied'],
  ['a risk that the line does not tell', { trace: {}, next: travel }, 'left out'],
])('%s', async (_, given, outcome) => {
  expect(await replayed(given)).toBe(outcome);
});

const two = { name: 'Two', then: { allow: { factors: 2 } } };
const remembering = { name: 'Two', then: { allow: { factors: 2 }, remember: { device: 'P30D' } } };
const memory = { ...{ authenticator: 'totp', age: 3600, left: oneDay }, factors: ['possession'] };
const { skipped: _skipped, ...older } = plain;

test.each<[string, AuditTrace, Files, Files, string]>([
  [
    'what the browser remembered counts',
    { ...plain, device: { known: true, remembered: [memory] } },
    ...[{ rules: [remembering] }, { rules: [two] }],
    'more',
  ] as const,
  ['where it remembered nothing, nothing is missed', plain, { rules: [remembering] }, { rules: [two] }, 'same'],
  ['an older line says nothing of it', older, { rules: [two] }, { rules: [remembering] }, 'left out'],
  ['where it would not count, that is no matter', older, { rules: [two] }, { rules: [rest] }, 'less'],
  [
    'an offer that was skipped is none',
    { ...plain, skipped: ['totp'] },
    ...[
      { rules: [rest], enrollment: { optional: ['totp'] } },
      { rules: [{ name: 'New', when: { device: { known: false } }, then: 'deny' }, rest] },
    ],
    'denied',
  ] as const,
  [
    'one that the line says nothing of may have been skipped',
    older,
    ...[{ rules: [rest] }, { rules: [rest], enrollment: { optional: ['totp'] } }],
    'left out',
  ] as const,
  [
    'one that was not made at all is asked for',
    plain,
    ...[{ rules: [rest] }, { rules: [rest], enrollment: { optional: ['totp'] } }],
    'more',
  ] as const,
])('%s', async (_name, trace, active, next, outcome) => {
  const sides = { active: await snapshotOf(active), next: await snapshotOf(next) };
  expect(await replayedBetween(trace, sides)).toBe(outcome);
});

const window = { name: 'Phones', when: { device: { platform: ['mobile'] } }, then: 'deny' };
const onPhone: AuditTrace = { ...older, proved: [], device: { known: false, platform: 'mobile' } };

test.each<[string, readonly object[], string]>([
  ['would no longer be denied', [rest], 'admitted'],
  ['are denied by another rule', [{ ...window, name: 'Mobile' }, rest], 'rule'],
  ['are denied as they were', [window, rest], 'same'],
  [
    'go on to identify, whatever is asked about the past',
    [{ name: 'Long', when: long, then: 'deny' }, rest],
    'admitted',
  ],
  ['go on, whatever is unusual', [{ name: 'Travel', when: { ...travel, ...far }, then: 'deny' }, rest], 'admitted'],
  ['go on, whatever the browser remembers', [remembering], 'admitted'],
  [
    'go on, unless the line does not tell the system',
    [{ ...window, when: { device: { os: ['ios'] } } }, rest],
    'left out',
  ],
])('sign-ins that were denied before the user identified %s', async (_, rules, outcome) => {
  const { store } = openTerminal();
  const line = {
    ...{ time: new Date(fixedNow * 1000).toISOString(), event: 'sign_in.denied', outcome: 'deny', reason: 'rule' },
    ...{ client: 'notes', ip: '192.0.2.9', trace: onPhone },
  };
  // The first one is also denied once the account is known, which is gone by now.
  const lines = [
    { transaction: 't' },
    { transaction: 't', subject: 'user' },
    { transaction: 't' },
    { transaction: 'u' },
  ];
  await store.commit(
    lines.map((own) => ({ op: 'append', key: auditKey, value: JSON.stringify({ ...line, ...own }), keep: 100_000 })),
  );
  const sides = { active: await snapshotOf({ rules: [window, rest] }), next: await snapshotOf({ rules }) };
  const { replayed: count, users, unidentified, differing, left, differences } = await replay(store, sides, 0);
  const isLeftOut = outcome === 'left out';
  expect({ count, users, left }).toEqual({
    count: isLeftOut ? 0 : 2,
    users: 0,
    left: { noTrace: 0, noAccount: 1, noApp: 0, noDevice: isLeftOut ? 2 : 0, tooMany: 0 },
  });
  const differs = !isLeftOut && outcome !== 'same';
  expect([differing, unidentified]).toEqual(differs ? [2, 2] : [0, 0]);
  expect(differences.map(({ change, users: of, signIns }) => [change, of, signIns])).toEqual(
    differs ? [[outcome, 0, 2]] : [],
  );
});
