/** `config apply --no-weaker` and what a proof is: how old it is, how weak a key is, and where it is remembered. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { validFiles } from '../../../policy/support/configuration-dir.ts';
import { openTerminal, type Terminal } from '../../support/harness.ts';
import { replayedChange } from '../support/replayed-change.ts';

let terminal: Terminal;
beforeEach(() => {
  terminal = openTerminal();
});
afterEach(() => terminal.store.close());

type Files = Readonly<Record<string, string>>;

const settings = `${validFiles['stepgate.yaml']}authenticators: { totp: { enabled: true }, webauthn: { enabled: true } }\n`;
const base: Files = { ...validFiles, 'stepgate.yaml': settings };
const one = { factors: 1 };
const two = { factors: 2 };
const office = { network: { any: ['office'] } };
const rulesOf = (file: string, name: string | undefined, rules: readonly object[]): Files => ({
  [file]: JSON.stringify({ ...(name && { name }), rules }),
});
const signOn = (...rules: readonly object[]) => rulesOf('policies/sign-on/notes.yaml', 'notes', rules);
const allow = (terms: object, more: object = {}) => ({ name: 'Rule', then: { allow: terms, ...more } });
const enrollment = (terms: object) => rulesOf('policies/enrollment.yaml', undefined, [{ name: 'E', then: terms }]);
const recovery = (terms: object) => rulesOf('policies/recovery.yaml', undefined, [allow(terms)]);
const account = (...rules: readonly object[]) =>
  rulesOf('policies/account.yaml', undefined, [...rules, { name: 'Rest', then: { allow: one } }]);
const adding = (key: string, then: unknown, when?: object) => ({
  ...{ name: `Add ${key}`, change: { add: [key] }, then },
  ...(when && { when }),
});
const replayed = (active: Files, next: Files) =>
  replayedChange(terminal, [{ ...base, ...active }], { ...base, ...next });
const quiet = { claims: [], undecided: [] };

describe('limits below five minutes for a change of the account', () => {
  const within = (reauthenticate: string) => account(adding('webauthn', { allow: { factors: 1, reauthenticate } }));
  const byPassword = (maxAge: string) =>
    account(adding('webauthn', { allow: { knowledge: { authenticators: ['password'], maxAge } } }));

  test.each<[string, Files, Files, string, string]>([
    ['all proofs', within('PT2M'), within('PT4M'), 'password (proved 4 min ago)', '--evidence password@4m'],
    ['one proof', byPassword('PT2M'), byPassword('PT4M'), 'password (proved 4 min ago)', '--evidence password@4m'],
    ['proofs that may be of before', within('always'), within('PT4M'), 'password', '--evidence password'],
    ['no limit but that of Law 7', within('PT2M'), account(), 'password (proved 5 min ago)', '--evidence password@5m'],
  ])('%s', async (_, active, next, words, option) => {
    const { claims, undecided } = await replayed(active, next);
    expect(undecided).toEqual([]);
    expect(claims).toMatchObject([
      {
        words: `${words} is enough to set up webauthn, and was not`,
        before: { outcome: 'challenge' },
        after: { outcome: 'enroll', end: 'complete' },
      },
    ]);
    expect(claims[0]?.example).toContain(option);
  });

  test.each<[string, Files, Files]>([
    ['shorter ones', within('PT4M'), within('PT2M')],
    ['one that Law 7 has anyway', account(), within('PT5M')],
    ['the same in other words', within('PT2M'), within('PT120S')],
  ])('%s pass', async (_, active, next) => {
    expect(await replayed(active, next)).toEqual(quiet);
  });
});

describe('rules of the account policy that name apps', () => {
  const atNotes = { apps: { any: ['notes'] } };
  const required = enrollment({ required: ['webauthn'] });
  const graced = enrollment({ required: [{ anyOf: ['webauthn'], grace: { skips: 2 } }] });

  test.each<[string, Files, Files, string]>([
    ['a denial less', account(adding('webauthn', 'deny', atNotes)), account(), 'denied'],
    ['fewer factors', account(adding('webauthn', { allow: two }, atNotes)), account(), 'denied'],
    [
      'an older proof',
      account(adding('webauthn', { allow: { factors: 1, reauthenticate: 'PT2M' } }, atNotes)),
      account(adding('webauthn', { allow: { factors: 1, reauthenticate: 'PT4M' } }, atNotes)),
      'complete',
    ],
  ])('%s, where a sign-in to the app sets it up', async (_, active, next, end) => {
    const { claims, undecided } = await replayed({ ...required, ...active }, { ...required, ...next });
    expect(undecided).toEqual([]);
    expect(claims).toMatchObject([
      {
        words: expect.stringMatching(/^password.* is enough to set up webauthn, and was not$/),
        example: expect.stringMatching(/^--app notes /),
        before: { end },
        after: { outcome: 'enroll', end: 'complete' },
      },
    ]);
  });

  test('some users of the app alone must set it up', async () => {
    const some = rulesOf('policies/enrollment.yaml', undefined, [
      { name: 'F', when: { groups: { any: ['finance'] } }, then: { required: ['webauthn'] } },
      { name: 'E', then: {} },
    ]);
    const active = { ...some, ...account(adding('webauthn', 'deny', atNotes)) };
    const { claims, undecided } = await replayed(active, { ...some, ...account() });
    expect(undecided).toEqual([]);
    expect(claims).toMatchObject([{ groups: 'finance', before: { end: 'denied' }, after: { outcome: 'enroll' } }]);
  });

  test('the first password, of which there is one only', async () => {
    const must = enrollment({ required: ['password'] });
    const active = { ...must, ...account(adding('password', 'deny', atNotes)) };
    const { claims, undecided } = await replayed(active, { ...must, ...account() });
    expect(undecided).toEqual([]);
    expect(claims).toMatchObject([
      {
        words: 'totp is enough to set up password, and was not',
        before: { end: 'denied' },
        after: { outcome: 'enroll' },
      },
    ]);
  });

  test('where it may be left for later, too', async () => {
    const active = { ...graced, ...account(adding('webauthn', 'deny', atNotes)) };
    const { claims, undecided } = await replayed(active, { ...graced, ...account() });
    expect(undecided).toEqual([]);
    expect(claims).toMatchObject([{ words: 'password is enough to set up webauthn, and was not' }]);
  });

  test('where no sign-in is known that sets it up, it is undecided', async () => {
    const { claims, undecided } = await replayed(account(adding('webauthn', 'deny', atNotes)), account());
    expect(claims).toEqual([]);
    expect(undecided).toEqual([
      expect.stringMatching(
        /^"Rest" \(.*\), where "Add webauthn" \(.*\) decided who may change the account in a sign-in to notes$/,
      ),
    ]);
  });

  test.each<[string, Files, Files]>([
    ['a denial more', account(), account(adding('webauthn', 'deny', atNotes))],
    ['more factors', account(), account(adding('webauthn', { allow: two }, atNotes))],
    [
      'rules in another order, of which one decides',
      account(adding('webauthn', 'deny', atNotes), adding('totp', { allow: two }, atNotes)),
      account(adding('totp', { allow: two }, atNotes), adding('webauthn', 'deny', atNotes)),
    ],
    [
      'another name of a rule',
      account(adding('webauthn', { allow: two }, atNotes)),
      account({ ...adding('webauthn', { allow: two }, atNotes), name: 'Renamed' }),
    ],
    [
      'what no sign-in to an app does',
      account({ name: 'R', change: { remove: ['totp'] }, when: atNotes, then: 'deny' }),
      account(),
    ],
  ])('%s: that passes', async (_, active, next) => {
    expect(await replayed({ ...required, ...active }, { ...required, ...next })).toEqual(quiet);
  });
});

describe('a weaker kind of key', () => {
  const key = (more: object) => ({ possession: { authenticators: ['webauthn'], ...more } });
  const verified = key({ userVerification: true });
  const bound = key({ deviceBound: true });

  test.each<[string, Files, Files, string, string]>([
    [
      'to sign in, without user verification',
      signOn(allow(verified)),
      signOn(allow(key({}))),
      'webauthn (without user verification) is enough, and was not',
      '--evidence webauthn[userPresence+deviceBound+phishingResistant]',
    ],
    [
      'to sign in, from one device to the next',
      signOn(allow(bound)),
      signOn(allow(key({}))),
      'webauthn (without being bound to a device) is enough, and was not',
      '--evidence webauthn[userPresence+userVerification+phishingResistant]',
    ],
    [
      'to sign in, in place of several',
      signOn(allow({ ...two, ...bound })),
      signOn(allow({ ...two, ...key({}) })),
      'webauthn (without being bound to a device) is enough, and was not',
      '--enrolled webauthn[userPresence+userVerification+phishingResistant]',
    ],
    [
      'to sign in with what is not phishing resistant',
      signOn(allow({ possession: { phishingResistant: true } })),
      signOn(allow({ possession: {} })),
      'totp is enough, and was not',
      '--evidence totp',
    ],
    [
      'to set up something',
      account(adding('totp', { allow: verified })),
      account(adding('totp', { allow: key({}) })),
      'webauthn (without user verification) is enough to set up totp, and was not',
      '--evidence webauthn[userPresence+deviceBound+phishingResistant]',
    ],
  ])('%s', async (_, active, next, words, option) => {
    const { claims, undecided } = await replayed(active, next);
    expect(undecided).toEqual([]);
    expect(claims).toMatchObject([{ words, after: { end: 'complete' } }]);
    expect(claims[0]?.example).toContain(option);
    expect(claims[0]?.before.outcome).not.toBe(claims[0]?.after.outcome);
  });

  test('for a new password', async () => {
    const { claims, undecided } = await replayed(recovery(verified), recovery(key({})));
    expect(undecided).toEqual([]);
    expect(claims).toMatchObject([
      {
        words: 'webauthn (without user verification) is enough to set a new password, and was not',
        example: expect.stringContaining('--enrolled webauthn[userPresence+deviceBound+phishingResistant]'),
      },
    ]);
  });

  test('for a new password, by two of them', async () => {
    const step = { authenticators: ['webauthn'] };
    const { claims, undecided } = await replayed(
      recovery({ possession: { authenticators: ['totp'] } }),
      recovery({ chains: [[step, step]] }),
    );
    expect(undecided).toEqual([]);
    expect(claims).toMatchObject([
      {
        words: 'webauthn is enough to set a new password, and was not',
        example: expect.stringContaining('--enrolled webauthn,webauthn'),
      },
    ]);
  });

  test.each<[string, Files, Files]>([
    ['a stronger one', signOn(allow(key({}))), signOn(allow(verified))],
    ['one that each is anyway', signOn(allow(key({}))), signOn(allow(key({ phishingResistant: true })))],
    ['in other words', signOn(allow(key({ phishingResistant: true }))), signOn(allow(key({})))],
  ])('%s passes', async (_, active, next) => {
    expect(await replayed(active, next)).toEqual(quiet);
  });
});

describe('how long what was proved counts', () => {
  const remembering = (device: string) => signOn(allow(two, { remember: { device } }));
  const lasting = (absolute: string) => signOn(allow(two, { session: { absolute } }));
  const kept: Files = {
    'policies/session.yaml': (validFiles['policies/session.yaml'] ?? '').replace(
      'absolute: P1D',
      'absolute: P1D, keepSignedIn: { idle: P10D, absolute: P30D }',
    ),
  };

  test.each<[string, Files, Files, string, string]>([
    [
      'a browser remembers the second factor for longer',
      remembering('P10D'),
      remembering('P30D'),
      'password is enough in a browser that remembers totp (proved 10 d ago), and was not; ' +
        'the second factor is remembered for longer: 30 d, and 10 d before',
      '--evidence password --remembered totp@10d',
    ],
    [
      'proofs count longer at the app',
      lasting('PT1H'),
      lasting('PT4H'),
      'password and totp (proved 4 h ago) is enough, and was not; ' +
        'what was proved counts longer at this app: 4 h, and 1 h before',
      '--evidence password,totp@4h',
    ],
    [
      'proofs count at the app for as long as the session',
      lasting('PT1H'),
      signOn(allow(two)),
      'password and totp (proved 1 d ago) is enough, and was not; ' +
        'what was proved counts longer at this app: not limited, and 1 h before',
      '--evidence password,totp@1d',
    ],
    [
      'proofs count longer in sessions that are kept',
      { ...kept, ...lasting('P2D') },
      { ...kept, ...lasting('P4D') },
      'password and totp (proved 4 d ago) is enough, and was not; ' +
        'what was proved counts longer at this app: 4 d, and 2 d before',
      '--evidence password,totp@4d',
    ],
  ])('%s', async (_, active, next, words, option) => {
    const { claims, undecided } = await replayed(active, next);
    expect(undecided).toEqual([]);
    expect(claims).toMatchObject([{ words, before: { outcome: 'challenge' }, after: { outcome: 'allow' } }]);
    expect(claims[0]?.example).toContain(option);
  });

  test.each<[string, Files, Files]>([
    ['a shorter memory of browsers', remembering('P30D'), remembering('P10D')],
    ['a shorter time at the app', lasting('PT4H'), lasting('PT1H')],
    ['a time at the app that no session reaches', lasting('P2D'), lasting('P4D')],
  ])('%s passes', async (_, active, next) => {
    expect(await replayed(active, next)).toEqual(quiet);
  });
});

test('rules that exclude one another, in another order and by other names, pass', async () => {
  const inside = { ...allow(two, { remember: { device: 'P10D' } }), name: 'Inside', when: office };
  const outside = { ...allow(one), name: 'Outside', when: { network: { none: ['office'] } } };
  const rest = { name: 'Rest', then: 'deny' };
  const next = signOn({ ...outside, name: 'Elsewhere' }, inside, rest);
  expect(await replayed(signOn(inside, outside, rest), next)).toEqual(quiet);
});
