import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { explainCommand } from '../../../../src/cli/explain/explain.ts';
import type { Explanation } from '../../../../src/flow/explain.ts';
import { keyTable } from '../../../../src/stores/key-table.ts';
import { attemptCounter, signInHistoryKey, userKey, usualPlacesKey } from '../../../../src/stores/keys.ts';
import { parseUser, serializeUser } from '../../../../src/users/record/user.ts';
import { validFiles, withConfiguration } from '../../policy/support/configuration-dir.ts';
import { applyDemo, openTerminal, run, type Terminal } from '../support/harness.ts';

let terminal: Terminal;
let dir: string;
const secret = { secret: {}, characteristics: [] };
const password = { authenticator: 'password', factors: ['knowledge' as const], ...secret };
const email = { authenticator: 'email', factors: ['possession' as const], ...secret };
const totp = { authenticator: 'totp', factors: ['possession' as const], label: 'my\u202ephone', ...secret };

beforeAll(async () => {
  terminal = openTerminal();
  await applyDemo(terminal.store);
  dir = await mkdtemp(join(tmpdir(), 'stepgate-explain-'));
  await cp('config', dir, { recursive: true });
  const users: [string, string[], (typeof password | typeof totp | typeof email)[]][] = [
    ['bob@demo.test', ['staff'], [password]],
    ['eve@demo.test', ['staff'], [password, totp]],
    ['carol@demo.test', ['contractors'], [password]],
    ['alice@demo.test', ['staff'], [password, email]],
  ];
  for (const [identifier, groups, credentials] of users) {
    await terminal.directory.create({ identifiers: [identifier], groups, credentials });
  }
});
afterAll(async () => {
  await terminal.store.close();
  await rm(dir, { recursive: true, force: true });
});

async function explained(...words: string[]): Promise<string> {
  await run(explainCommand(terminal.context), ...words);
  return terminal.printed();
}

/** What was said on standard error. */
async function warned(...words: string[]): Promise<string> {
  let said = '';
  const stderr = (text: string) => {
    said += text;
  };
  await run(explainCommand({ ...terminal.context, stderr }), ...words);
  terminal.printed();
  return said;
}

async function data(...words: string[]): Promise<Explanation> {
  return JSON.parse(await explained(...words, '--json')) as Explanation;
}

function stepsOf(text: string): readonly string[] {
  return text
    .slice(text.indexOf('Steps\n') + 6)
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());
}

test('a made-up user has the identifiers that are given', async () => {
  const words = ['--app', 'payroll', '--identifiers', 'pat@example.com, pat', '--attribute', 'department=hr'];
  const text = await explained(...words);
  expect(text).toContain('who       pat@example.com\n');
  expect(text).toContain('profile   department hr\n');
  const { subject } = await data(...words);
  expect(subject).toMatchObject({ identifiers: ['pat@example.com', 'pat'], groups: [] });
  const { subject: byId } = await data('--app', 'payroll', '--identifiers', 'u7tKY9BTDCPcAxfO0dbbGg');
  expect(byId).toMatchObject({ identifiers: ['u7tKY9BTDCPcAxfO0dbbGg'] });
  const given = ['--app', 'payroll', '--user-id', 'u7tKY9BTDCPcAxfO0dbbGg'];
  expect((await data(...given)).subject).toMatchObject({ id: 'u7tKY9BTDCPcAxfO0dbbGg', identifiers: [] });
  const ofId = await explained(...given, '--attribute', 'department=hr');
  expect(ofId).toContain('who       a user\n  groups    none\n  id        u7tKY9BTDCPcAxfO0dbbGg\n');
  expect(ofId).toContain('profile   department hr\n');
  await expect(explained('--app', 'payroll', '--user-id', 'ann')).rejects.toThrow('no user can have the id `ann`');
  const bob = await data('--app', 'payroll', '--user', 'bob@demo.test', '--identifiers', 'Robert@Demo.test');
  expect(bob.subject).toMatchObject({ identifiers: ['robert@demo.test'], groups: ['staff'] });
});

test('of an invented user, what rules ask about who it is and no option says is named', async () => {
  const policy = JSON.stringify({
    name: 'notes',
    rules: [
      { name: 'Own', when: { users: { any: ['ann'] } }, then: 'deny' },
      { name: 'Ids', when: { expression: "user.id.startsWith('u')" }, then: 'deny' },
      { name: 'All', then: { allow: { factors: 1 } } },
    ],
  });
  await withConfiguration({ ...validFiles, 'policies/sign-on/notes.yaml': policy }, async (files) => {
    const said = async (...words: string[]) => {
      const { leftAside } = JSON.parse(await explained('--config', files, '--app', 'notes', ...words, '--json'));
      return leftAside;
    };
    const id = 'x7tKY9BTDCPcAxfO0dbbGg';
    expect(await said('--groups', 'staff')).toEqual(['identifiers', 'userId']);
    expect(await said('--identifiers', 'ann')).toEqual(['userId']);
    expect(await said('--user-id', id)).toEqual([]);
    expect(await said('--user', 'bob@demo.test')).toEqual([]);
    expect(await explained('--config', files, '--app', 'notes', '--groups', '')).toContain(
      'Rules also ask about identifiers and the id of the user. This is about a sign-in without them; say --identifiers, --user-id.',
    );
  });
});

test('all of it, for a user in a fresh browser', async () => {
  const text = await explained('--app', 'payroll', '--user', 'Bob@Demo.Test', '--ip', '203.0.113.7');
  expect(text).toBe(`Sign-in to Payroll (payroll), by revision 1
  who       bob@demo.test
  groups    staff
  enrolled  password
  evidence  none (a fresh browser)
  network   203.0.113.7, in no zone
  device    new, desktop, other
  request   scope openid
  time      2026-11-24T09:00:00Z

Session policy
  hit      1  Everybody  policies/session.yaml:7:5  decides: allow
             no conditions: always
  requires  one factor
  counts    evidence at most 1 d old, without a pause of more than 2 h since (life of the session; at most 30 d old, without a pause of more than 14 d since, if it is kept)
  missing   one factor

Sign-on policy payroll
  miss     1  No contractors            policies/sign-on/payroll.yaml:8:5
             miss     groups any: [contractors]
  miss     2  One factor in the office  policies/sign-on/payroll.yaml:15:5
             miss     network any: [office]
  hit      3  Everybody else            policies/sign-on/payroll.yaml:24:5  decides: allow
             no conditions: always
  requires  two distinct factor types; knowledge by password at most 12 h old; possession not by email or phone at most 1 h old
            or two distinct factor types; possession by webauthn, with user verification, at most 8 h old
  remembers the second factor for 30 d, if asked to
  missing   knowledge by password at most 12 h old; possession not by email or phone at most 1 h old
            or possession by webauthn, with user verification, at most 8 h old; one more factor type

Request
  requires  nothing

Enrollment policy
  hit      1  A second factor for payroll  policies/enrollment.yaml:20:5  decides: allow
             hit      apps any: [payroll]
  3 more not evaluated
  requires  totp or webauthn
  disables  email, phone

Outcome    challenge: password
Decided by session: Everybody; app: Everybody else; enrollment: A second factor for payroll
Needs      password: nothing replaces it

Steps
  1. identify (with password)
  2. choose what to enroll: totp, webauthn
  3. enroll totp, or webauthn
  4. complete (acr urn:okta:loa:2fa:any)
`);
});

test('a denial before the first proof is none where another rule lets the user in then', async () => {
  const above = (then: string) => `name: notes
rules:
  - { name: Unusual, when: { risk: { any: [newDevice] } }, then: ${then} }
  - { name: Contractors, when: { groups: { any: [contractors] } }, then: deny }
  - { name: Rest, then: { allow: { factors: 1 } } }
`;
  const outcomeUnder = async (policy: string) =>
    withConfiguration({ ...validFiles, 'policies/sign-on/notes.yaml': policy }, async (files) => {
      const words = ['--config', files, '--app', 'notes', '--groups', 'contractors', '--enrolled', 'password'];
      return [(await explained(...words)).match(/^Outcome .*$/m)?.[0], (await data(...words)).steps.at(-1)?.kind];
    });
  expect(await outcomeUnder(above('{ allow: { factors: 1 } }'))).toEqual([
    'Outcome    challenge: password',
    'complete',
  ]);
  const denied = 'Outcome    challenge: password; then deny, withheld until something is proved: a rule says so';
  expect(await outcomeUnder(above('deny'))).toEqual([denied, 'denied']);
});

test('a rule that decides once something is proved is named', async () => {
  const policy = `name: notes
rules:
  - { name: Unusual, when: { risk: { any: [newDevice] } }, then: deny }
  - { name: Rest, then: { allow: { factors: 1 } } }
`;
  await withConfiguration({ ...validFiles, 'policies/sign-on/notes.yaml': policy }, async (files) => {
    const words = ['--config', files, '--app', 'notes', '--groups', 'staff', '--enrolled', 'password'];
    const text = await explained(...words, '--risk', 'newDevice');
    expect(text).toContain(`Sign-on policy notes, once something is proved
  hit      1  Unusual  policies/sign-on/notes.yaml:3:5  decides: deny
             hit      risk.any [newDevice]
  1 more not evaluated
`);
    expect(text).toMatch(/^Decided by .*app: Rest.*\nLater by {3}app: Unusual$/m);
    const told = JSON.parse(await explained(...words, '--risk', 'newDevice', '--json'));
    expect(told.later).toEqual([expect.objectContaining({ layer: 'app', decidedBy: 'Unusual', outcome: 'deny' })]);
    expect(JSON.parse(await explained(...words, '--device', 'known', '--json')).later).toEqual([]);
  });
});

const unusual = `name: notes
rules:
  - { name: Unusual, when: { risk: { any: [newDevice] } }, then: deny }
  - { name: Far, when: { risk: { atLeast: high } }, then: deny }
  - { name: Recent, when: { lastSignIn: { within: P9D } }, then: { allow: { factors: 1 } } }
  - { name: Rest, then: { allow: { factors: 1 } } }
`;
const withUnusual = { ...validFiles, 'policies/sign-on/notes.yaml': unusual };

test('a browser that the account does not know is a new device', async () => {
  await withConfiguration(withUnusual, async (files) => {
    const words = ['--config', files, '--app', 'notes', '--groups', 'staff', '--enrolled', 'password'];
    const fresh = await explained(...words);
    expect(stepsOf(fresh)[1]).toMatch(/^2\. denied/);
    expect(fresh).toContain('risk      low: newDevice 20; counts after the first proof');
    // What is given comes with what is always so beside it.
    expect((await data(...words, '--risk', 'newCountry')).risk?.reasons.map(({ signal }) => signal)).toEqual([
      'newDevice',
      'newNetwork',
      'newCountry',
    ]);
    expect((await data(...words, '--device', 'known', '--distance', '300')).risk?.reasons).toEqual([
      { signal: 'newNetwork', points: expect.any(Number) },
    ]);
    expect(stepsOf(await explained(...words, '--device', 'known'))[1]).toMatch(/^2\. complete/);
  });
});

test('what is left aside is said, and taken from the store for a user with a past', async () => {
  await terminal.directory.create({ identifiers: ['pat@demo.test'], groups: [], credentials: [password] });
  const id = (await terminal.directory.findByIdentifier('pat@demo.test'))?.user.id ?? '';
  const at = terminal.context.now();
  const place = { ip: '192.0.2.7', since: at, session: 'one', at };
  const places = { networks: [place], failures: [] };
  const lifetimeOf = (key: 'usual-places' | 'sign-in-history') => ({ ttl: keyTable[key].lifetime.seconds });
  await terminal.store.commit([
    { op: 'create', key: usualPlacesKey(id), value: JSON.stringify(places), ...lifetimeOf('usual-places') },
    { op: 'create', key: signInHistoryKey(id), value: JSON.stringify([place]), ...lifetimeOf('sign-in-history') },
  ]);
  await withConfiguration(withUnusual, async (files) => {
    const aside = 'Rules also ask about lastSignIn and risk other than that of a new browser.';
    expect(await explained('--config', files, '--app', 'notes', '--groups', 'staff')).toContain(aside);
    const own = ['--config', files, '--app', 'notes', '--user', 'pat@demo.test', '--device', 'known'];
    expect(await explained(...own)).toContain(
      'Rules also ask about risk other than that of a new browser. This is about a sign-in without it; say --risk.',
    );
    const elsewhere = await explained(...own, '--ip', '198.51.100.7');
    expect(elsewhere).toContain('risk      low: newNetwork');
    expect(elsewhere).not.toContain('also ask about');
    expect(await explained(...own, '--ip', '192.0.2.9')).not.toContain('newNetwork');
  });
});

test('a user of whom no sign-in is on record counts as the files would find them', async () => {
  const asking = (condition: object) => ({
    ...validFiles,
    'policies/sign-on/notes.yaml': JSON.stringify({
      name: 'notes',
      rules: [
        { name: 'Asking', when: { lastSignIn: condition }, then: 'deny' },
        { name: 'Rest', then: { allow: { factors: 1 } } },
      ],
    }),
  });
  await terminal.directory.create({ identifiers: ['new@demo.test'], groups: [], credentials: [password] });
  const words = ['--app', 'notes', '--user', 'new@demo.test', '--device', 'known'];
  // The active configuration asks nothing, so the records would begin now, and the user counts as signed in now.
  await withConfiguration(asking({ within: 'P2D' }), async (files) => {
    expect(stepsOf(await explained(...words, '--config', files))[1]).toMatch(/^2\. denied/);
  });
  await withConfiguration(asking({ notWithin: 'P2D' }), async (files) => {
    expect(stepsOf(await explained(...words, '--config', files))[1]).toMatch(/^2\. complete/);
  });
});

test('facts that exclude one another are refused', async () => {
  const words = ['--app', 'notes', '--groups', 'staff'];
  await expect(explained(...words, '--device', 'known', '--risk', 'recentFailures')).rejects.toThrow(
    'a known device has no recentFailures',
  );
  await expect(explained(...words, '--enrolled', 'phone.voice,password', '--evidence', 'phone.sms@1h')).rejects.toThrow(
    'phone',
  );
  const many = Array.from({ length: 11 }, () => 'webauthn').join();
  await expect(explained(...words, '--enrolled', many)).rejects.toThrow('at most 10');
  await expect(explained(...words, '--risk', 'longAway', '--account-age', '1d')).rejects.toThrow('longAway');
});

test('rules about how the user signed in follow the evidence', async () => {
  const rules = `rules:
  - { name: By mail, when: { authenticated: { any: [email] } }, then: { required: [webauthn] } }
  - { name: Rest, then: { disabled: [security_question] } }
`;
  await writeFile(join(dir, 'policies', 'enrollment.yaml'), rules);
  const words = ['--app', 'notes', '--user', 'alice@demo.test', '--config', dir];
  const before = await explained(...words);
  expect(before).toMatch(/unknown +1 +By mail/);
  expect(before).toContain('undecided it depends on how the user signs in');
  const after = await explained(...words, '--evidence', 'email');
  expect(after).toMatch(/hit +1 +By mail/);
  expect(after).toMatch(/disables +security_question/);
});

test('alternatives, with the conditions of each', async () => {
  const rules = `name: notes
rules:
  - name: Finance anywhere, staff in the office
    when: { any: [{ groups: { any: [finance] } }, { groups: { any: [staff] }, network: { any: [office] } }] }
    then: { allow: { factors: 1 } }
  - { name: Rest, then: deny }
`;
  await writeFile(join(dir, 'policies', 'sign-on', 'notes.yaml'), rules);
  const words = ['--app', 'notes', '--config', dir, '--zone', 'office'];
  expect(await explained(...words, '--user', 'bob@demo.test')).toContain(`
  hit      1  Finance anywhere, staff in the office  policies/sign-on/notes.yaml:3:5  decides: allow
             hit      one of
             miss       1. groups any: [finance]
             hit        2. groups any: [staff]
             hit           network any: [office]
`);
  expect(await explained(...words)).toContain('undecided it depends on the user');
});

test('while the user has not identified, what depends on them is unknown', async () => {
  const text = await explained('--app', 'payroll', '--zone', 'office');
  expect(text).toMatch(/unknown +1 +No contractors/);
  expect(text).toMatch(/hit +2 +One factor in the office/);
  expect(text).toContain('undecided it depends on the user');
  expect(text).toContain('1 more not evaluated');
  expect(stepsOf(text)).toEqual(['1. identify (with password)', 'and then it depends on the user']);
});

test.each<[string, readonly string[], readonly string[]]>([
  [
    'the office',
    ['--user', 'eve@demo.test', '--ip', '192.0.2.9'],
    ['identify (with password)', 'complete (acr urn:okta:loa:1fa:pwd)'],
  ],
  [
    'an address of the office in IPv6',
    ['--user', 'eve@demo.test', '--ip', '2001:db8:1::9'],
    ['identify (with password)', 'complete (acr urn:okta:loa:1fa:pwd)'],
  ],
  [
    'the office, for a user without a second factor',
    ['--user', 'bob@demo.test', '--ip', '192.0.2.9'],
    [
      'identify (with password)',
      'choose what to enroll: totp, webauthn',
      'enroll totp, or webauthn',
      'complete (acr urn:okta:loa:2fa:any)',
    ],
  ],
  [
    'what payroll disables, before something is enrolled there',
    ['--user', 'alice@demo.test'],
    [
      'identify (with password)',
      'challenge email (before totp or webauthn is enrolled)',
      'choose what to enroll: totp, webauthn',
      'enroll totp, or webauthn',
      'complete (acr urn:okta:loa:2fa:any)',
    ],
  ],
  ['a contractor', ['--user', 'carol@demo.test'], ['identify (with password)', 'denied: a rule says so']],
  [
    'other groups than the real ones',
    ['--user', 'bob@demo.test', '--groups', 'x, contractors'],
    ['identify (with password)', 'denied: a rule says so'],
  ],
  [
    'groups without a user',
    ['--groups', 'staff'],
    [
      'identify (with password)',
      'choose what to enroll: totp, webauthn',
      'enroll totp, or webauthn',
      'complete (acr urn:okta:loa:2fa:any)',
    ],
  ],
  [
    'groups, with something enrolled',
    ['--groups', 'staff', '--enrolled', 'password,totp'],
    ['identify (with password)', 'challenge totp', 'complete (acr urn:okta:loa:2fa:any)'],
  ],
  [
    'half of it in the session',
    ['--user', 'eve@demo.test', '--evidence', 'password@10m'],
    ['challenge totp (my?phone)', 'complete (acr urn:okta:loa:2fa:any)'],
  ],
  [
    'all of it in the session',
    ['--user', 'eve@demo.test', '--evidence', 'password@10m', '--evidence', 'totp@PT30M'],
    ['complete (acr urn:okta:loa:2fa:any)'],
  ],
  [
    'a password too old',
    ['--user', 'eve@demo.test', '--evidence', 'password@13h', 'totp@10m'],
    ['challenge password', 'complete (acr urn:okta:loa:2fa:any)'],
  ],
  [
    'a second factor too old',
    ['--user', 'eve@demo.test', '--evidence', 'password@2h', 'totp@2h'],
    ['challenge totp (my?phone)', 'complete (acr urn:okta:loa:2fa:any)'],
  ],
  [
    'max_age',
    ['--user', 'eve@demo.test', '--evidence', 'password@10m,totp@1m', '--max-age', '300'],
    ['challenge password', 'complete (acr urn:okta:loa:2fa:any)'],
  ],
  [
    'prompt=login',
    ['--user', 'eve@demo.test', '--evidence', 'password@10m,totp@1m', '--prompt-login'],
    ['challenge password, or totp (my?phone)', 'challenge totp (my?phone)', 'complete (acr urn:okta:loa:2fa:any)'],
  ],
])('the steps: %s', async (_, words, steps) => {
  const text = await explained('--app', 'payroll', ...words);
  const asked = stepsOf(text).filter((line) => !line.startsWith('if '));
  expect(asked).toEqual(steps.map((step, index) => `${index + 1}. ${step}`));
});

test('what follows when a user skips or fails at a step', async () => {
  const shop = stepsOf(await explained('--app', 'shop', '--groups', 'staff', '--enrolled', 'email'));
  expect(shop).toEqual([
    '1. identify',
    '2. challenge email',
    '3. enroll webauthn (may be skipped)',
    'if skipped: complete (acr urn:okta:loa:1fa:any)',
    '4. complete (acr phr)',
  ]);
  const office = await explained('--app', 'payroll', '--user', 'eve@demo.test', '--ip', '192.0.2.9');
  expect(office).toContain('if password fails: challenge totp (my?phone); then complete');
  expect(office).not.toContain('Needs');
  const two = await explained('--app', 'payroll', '--groups', 'staff', '--enrolled', 'password,totp');
  expect(two).toContain('Needs      password and totp: nothing replaces it\n');
  const three = await explained('--app', 'payroll', '--groups', 'staff', '--enrolled', 'password,totp,webauthn');
  expect(three).not.toContain('Needs');
  expect(stepsOf(three).join('; ')).toMatch(/if webauthn fails: challenge totp; then complete/);
});

test('an account without attempts left is shown as locked, and looking at it costs none', async () => {
  const { id } = await terminal.directory
    .findByIdentifier('eve@demo.test')
    .then((account) => account?.user ?? { id: '' });
  const [fewTries, inARow] = [
    { limit: 5, window: 300 },
    { limit: 100, window: 0 },
  ];
  for (let count = 0; count < 5; count += 1) await terminal.store.reserve(attemptCounter(id, 'totp'), [fewTries]);
  const words = ['--app', 'payroll', '--user', 'eve@demo.test'];
  const text = await explained(...words);
  expect(text).toContain(
    'locked    totp, no attempt is left for 5 min, except from a browser that the user has signed in with',
  );
  expect(await explained(...words, '--config', dir)).toContain('locked    totp, no attempt is left for 5 min');
  expect(text).not.toContain('locked    password');
  const left = async () =>
    (await terminal.store.reserve(attemptCounter(id, 'password'), [{ limit: 50, window: 900 }])).remaining;
  const before = await left();
  for (let count = 0; count < 100; count += 1) await terminal.store.reserve(attemptCounter(id, 'password'), [inARow]);
  expect(JSON.parse(await explained(...words, '--json'))).toMatchObject({
    locked: [{ authenticator: 'password' }, { authenticator: 'totp', retryAfter: 300 }],
  });
  expect(await explained(...words)).toContain('locked    password, no attempt is left until it is unlocked');
  expect(await left()).toBe(before - 1);
  const resets = ['password', 'totp'].map((name) => ({ op: 'reset' as const, counter: attemptCounter(id, name) }));
  await terminal.store.commit(resets);
});

test('a key may be weaker than its kind', async () => {
  const words = ['--app', 'payroll', '--groups', 'staff'];
  const weak = 'webauthn[userPresence+phishingResistant]';
  const asked = async (enrolled: string, ...more: string[]) =>
    stepsOf(await explained(...words, '--enrolled', `password,${enrolled}`, ...more)).filter((line) =>
      /^\d/.test(line),
    );
  const best = await data(...words, '--enrolled', 'webauthn');
  const weaker = await data(...words, '--enrolled', weak);
  expect(best.subject?.enrollments[0]?.factors).toContain('inherence');
  expect(weaker.subject?.enrollments[0]).toMatchObject({
    factors: ['possession'],
    characteristics: ['userPresence', 'phishingResistant'],
  });
  // A proof shows no more than its key, and may show less.
  const proofs = await data(...words, '--enrolled', `password,${weak}`, '--evidence', 'webauthn');
  expect(proofs.evidence[0]).toMatchObject({ factors: ['possession'] });
  expect(await asked('webauthn', '--evidence', 'webauthn@1h')).toEqual(['1. complete (acr phr)']);
  expect((await asked('webauthn', '--evidence', `${weak}@1h`))[0]).toBe('1. challenge password, or webauthn');
});

test('what the request adds is a layer of its own', async () => {
  const acr = 'urn:okta:loa:2fa:any';
  const asked = ['--app', 'notes', '--user', 'eve@demo.test', '--acr-values', acr];
  const text = await explained(...asked, '--max-age', '60', '--evidence', 'password@50s');
  expect(text).toContain(`acr_values ${acr}; max_age 60`);
  expect(text).toMatch(
    /Request: acr \S+\n {2}requires {2}two distinct factor types\n {12}and everything at most 60 s old\n/,
  );
  expect(text).toContain('missing   one more factor type besides knowledge');
  const phr = ['--app', 'notes', '--user', 'bob@demo.test', '--acr-values', 'phr'];
  const without = ['1. identify (with password)', '2. complete (acr urn:okta:loa:1fa:pwd)'];
  expect(stepsOf(await explained(...phr))).toEqual(without);
  expect(stepsOf(await explained(...phr, '--essential-acr'))).toEqual([
    '1. identify',
    '2. challenge password',
    '3. enroll webauthn',
    '4. complete (acr phr)',
  ]);
  const phrh = ['--app', 'notes', '--user', 'bob@demo.test', '--acr-values', 'phrh'];
  expect(stepsOf(await explained(...phrh))).toEqual(without);
  expect(stepsOf(await explained(...phrh, '--essential-acr')).at(-1)).toMatch(
    /^3\. denied: the acr .* cannot be reached/,
  );
});

test('an essential acr is no `acr_values`: it comes in the claims parameter', async () => {
  const text = await explained('--app', 'notes', '--user', 'bob@demo.test', '--acr-values', 'phr', '--essential-acr');
  expect(text).toContain('\n  request   scope openid; essential acr phr\n');
});

test('only the layer of the minimum acr is named so: a policy may have its name', async () => {
  const { 'apps/notes.yaml': app = '', 'policies/sign-on/notes.yaml': policy = '', ...others } = validFiles;
  const files = {
    ...others,
    'apps/notes.yaml': app.replace('signOnPolicy: notes', 'signOnPolicy: minimumAcr'),
    'policies/sign-on/minimumAcr.yaml': policy.replace('notes', 'minimumAcr'),
  };
  const titles = async (own: string) =>
    (await explained('--app', 'notes', '--config', own, '--groups', 'staff', '--enrolled', 'password')).match(
      /^(?:Sign-on|Minimum).*/gm,
    );
  await withConfiguration(files, async (own) => expect(await titles(own)).toEqual(['Sign-on policy minimumAcr']));
  const acr = 'urn:okta:loa:1fa:any';
  const withMinimum = { ...files, 'apps/notes.yaml': `${files['apps/notes.yaml']}minimumAcr: ${acr}\n` };
  await withConfiguration(withMinimum, async (own) =>
    expect(await titles(own)).toEqual(['Sign-on policy minimumAcr', `Minimum acr of the app: ${acr}`]),
  );
});

test('a claim counts with the scope that releases it, as in a sign-in', async () => {
  const rules = `
  - name: No addresses
    when: { scopes: { any: [email] } }
    then: deny
  - name: Addresses
    when: { claims: { any: [email] } }
    then: { allow: { factors: 1 } }
  - name: Others
    then: { allow: { factors: 1 } }`;
  const files = { ...validFiles, 'policies/sign-on/notes.yaml': `name: notes\nrules:${rules}\n` };
  await withConfiguration(files, async (own) => {
    const of = (...words: string[]) =>
      explained('--app', 'notes', '--config', own, '--groups', 'staff', '--enrolled', 'password', ...words);
    for (const option of ['--claims', '--essential-claims'])
      expect(await of(option, 'email')).toMatch(/Decided by [^\n]*No addresses/);
    expect(await of('--essential-claims', 'no_scope')).toMatch(/Decided by [^\n]*Others/);
  });
});

test('as data: trace, missing, steps, and the rule as the audit line names it', async () => {
  const explanation = await data('--app', 'payroll', '--user', 'eve@demo.test', '--evidence', 'password@10m');
  expect(explanation).toMatchObject({
    revision: 1,
    rule: 'session: Everybody; app: Everybody else; enrollment: A second factor for payroll',
    outcome: { kind: 'challenge' },
    steps: [{ kind: 'challenge', authenticator: 'totp' }, { kind: 'complete' }],
  });
  expect(explanation.layers.map(({ layer, satisfied }) => [layer, satisfied])).toEqual([
    ['session', true],
    ['app', false],
    ['request', undefined],
    ['enrollment', true],
  ]);
  expect(explanation.layers[1]?.missing).toEqual([
    {
      kind: 'alternative',
      demands: [{ factor: 'possession', exclude: ['email', 'phone'], maxAge: 3600 }],
      factors: 0,
      covered: ['knowledge'],
    },
    {
      kind: 'alternative',
      demands: [
        {
          factor: 'possession',
          authenticators: ['webauthn'],
          characteristics: ['userVerification'],
          maxAge: 8 * 3600,
        },
      ],
      factors: 0,
      covered: ['knowledge'],
    },
  ]);
  expect(JSON.stringify(explanation)).not.toContain('"secret"');
});

test('files that are not applied, with and without a user', async () => {
  const rules =
    'name: payroll\nrules:\n  - name: Closed\n    when: { time: { from: "00:00", to: "08:00", zone: UTC } }\n    then: deny\n';
  await writeFile(
    join(dir, 'policies/sign-on/payroll.yaml'),
    `${rules}  - name: All\n    then:\n      allow:\n        chains:\n          - - authenticators: [password]\n            - authenticators: [totp]\n`,
  );
  const words = ['--app', 'payroll', '--config', dir];
  const night = await explained(...words, '--at', '2026-11-24T09:00:00+02:00');
  expect(night).toContain(`by the files of ${dir}`);
  expect(night).toMatch(/hit +1 +Closed +policies\/sign-on\/payroll.yaml:3:\d+ +decides: deny/);
  expect(stepsOf(night)).toEqual(['1. denied: a rule says so']);
  const day = await explained(...words, '--user', 'eve@demo.test', '--evidence', 'password');
  expect(day).toContain('requires  password, then totp');
  expect(day).toContain('missing   totp');
  expect(await explained('--app', 'payroll')).toContain('Everybody else');
});

test('rules that only report, and not those that are switched off', async () => {
  const rules = [
    { name: 'Off', when: { network: { none: ['office'] } }, then: 'deny', enabled: false },
    { name: 'Soon', when: { network: { none: ['office'] } }, then: { allow: { factors: 2 } }, reportOnly: true },
    { name: 'All', then: { allow: { factors: 1 } } },
  ];
  await writeFile(join(dir, 'policies/sign-on/payroll.yaml'), JSON.stringify({ name: 'payroll', rules }));
  const text = await explained(
    '--app',
    'payroll',
    '--config',
    dir,
    '--user',
    'eve@demo.test',
    '--evidence',
    'password',
  );
  expect(text).toContain('reports   "Soon" would ask for more, and only reports (policies/sign-on/payroll.yaml:1:112)');
  expect(text).toMatch(/hit +1 +All +policies.*decides: allow/);
  expect(text).not.toContain('Off');
  const failing = { name: 'Soon', when: { expression: 'user.userType == "x"' }, then: 'deny', reportOnly: true };
  await writeFile(
    join(dir, 'policies/sign-on/payroll.yaml'),
    JSON.stringify({ name: 'payroll', rules: [failing, rules[2]] }),
  );
  expect(await explained('--app', 'payroll', '--config', dir, '--user', 'eve@demo.test')).toContain(
    'reports   "Soon" would deny, as a condition of it could not be found out, and only reports',
  );
});

test('what rules that only report ask about is assumed like what other rules ask about', async () => {
  const when = { groups: { any: ['trainees'] }, lastSignIn: { notWithin: 'P30D' } };
  const rules = [
    { name: 'Soon', when, then: 'deny', reportOnly: true },
    { name: 'All', then: { allow: { factors: 1 } } },
  ];
  const files = { ...validFiles, 'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules }) };
  await withConfiguration(files, async (own) => {
    const words = ['--app', 'notes', '--config', own, '--groups', 'trainees'];
    const aside = 'Rules also ask about lastSignIn. This is about a sign-in without it; say --last-sign-in.';
    const text = await explained(...words);
    expect(text).toContain('reports   "Soon" would deny');
    expect(text).toContain(aside);
    expect(await explained(...words, '--last-sign-in', 'P1D')).not.toContain(aside);
    expect(await warned(...words)).toBe('');
    expect(await warned('--app', 'notes', '--config', own, '--groups', 'trainee')).toContain(
      'did you mean `trainees`?',
    );
  });
});

test('a service: what it may use, the result of its policy, and that there is no user', async () => {
  const files: Readonly<Record<string, string>> = {
    'stepgate.yaml':
      'brand: { name: Test }\nzones: { office: { cidrs: [192.0.2.0/24] } }\nresources: [{ indicator: "https://api.test", scopes: [read] }]\n',
    'policies/session.yaml':
      'rules: [{ name: All, then: { allow: { primary: any, secondFactor: never, idle: PT1H, absolute: P1D } } }]\n',
    'policies/service/jobs.yaml':
      'name: jobs\nrules:\n  - { name: Outside, when: { network: { none: [office] } }, then: deny }\n  - { name: Rest, then: allow }\n',
    'apps/export.yaml': `clientId: export\nname: Export\nclientSecretHash: sha256:${'A'.repeat(43)}\nservice: { policy: jobs, resources: [{ indicator: "https://api.test", scopes: [read] }] }\nclient: { grant_types: [client_credentials] }\n`,
    'apps/free.yaml': `clientId: free\nname: Free\nclientSecretHash: sha256:${'A'.repeat(43)}\nservice: { resources: [{ indicator: "https://api.test" }] }\nclient: { grant_types: [client_credentials] }\n`,
  };
  await withConfiguration(files, async (config) => {
    const of = (app: string, ...words: string[]) => explained('--app', app, '--config', config, ...words);
    expect(await of('export', '--scope', 'read')).toBe(`Token for Export (export) as itself, by the files of ${config}
  may use   https://api.test read
  network   no address, in no zone
  request   scope read
  time      2026-11-24T09:00:00Z

Service policy jobs
  hit      1  Outside  policies/service/jobs.yaml:3:5  decides: deny
             hit      network none: [office]
  1 more not evaluated

Outcome    deny: a rule says so
Decided by service: Outside
`);
    expect(await of('export', '--ip', '192.0.2.7')).toMatch(
      /request {3}no scope[\s\S]*Outcome {4}allow\nDecided by service: Rest\n$/,
    );
    expect(await of('free')).toMatch(/Outcome {4}allow\nIt has no service policy\n$/);
    expect(JSON.parse(await of('export', '--json'))).toMatchObject({
      app: { clientId: 'export', resources: [{ indicator: 'https://api.test', scopes: ['read'] }] },
      outcome: { kind: 'deny', reason: 'rule' },
      rule: 'service: Outside',
    });
    for (const [app, scope] of [
      ['export', 'openid'],
      ['free', 'read'],
    ] as const)
      await expect(of(app, '--scope', scope)).rejects.toThrow(
        `${app} may not ask for the scope ${scope} as itself, as no API of its \`service.resources\` has it there: the request is refused (invalid_scope)`,
      );
  });
  await expect(explained('--app', 'notes', '--service')).rejects.toThrow('notes is no service');
});

describe('a scope that the app may not ask for is refused, as its endpoint does', () => {
  const client = (metadata: string) =>
    String(validFiles['apps/notes.yaml']).replace(/\nclient:\n/, `\nclient:\n  ${metadata}\n`);
  test.each<[string, string, string, string | undefined]>([
    [
      'that client.scope lacks',
      'scope: openid profile',
      'openid email',
      'notes may not ask for the scope email, as its `client.scope` lacks it: the request is refused (invalid_scope)',
    ],
    ['that client.scope has', 'scope: openid profile', 'openid profile', undefined],
    [
      'offline_access without the grant',
      'scope: openid offline_access',
      'openid offline_access',
      'notes may not ask for the scope offline_access, as it lacks the grant refresh_token: the request would go on without it',
    ],
    [
      'offline_access with the grant',
      'grant_types: [authorization_code, refresh_token]',
      'openid offline_access',
      undefined,
    ],
    [
      'offline_access that client.scope lacks',
      'grant_types: [authorization_code, refresh_token]\n  scope: openid',
      'openid offline_access',
      'notes may not ask for the scope offline_access, as its `client.scope` lacks it: the request is refused (invalid_scope)',
    ],
  ])('%s', async (_, metadata, scope, error) => {
    await withConfiguration({ ...validFiles, 'apps/notes.yaml': client(metadata) }, async (config) => {
      const text = explained('--app', 'notes', '--config', config, '--scope', scope).catch(String);
      expect(await text).toContain(error ?? `request   scope ${scope}`);
    });
  });

  test('nothing is refused without --scope', async () => {
    await withConfiguration({ ...validFiles, 'apps/notes.yaml': client('scope: email') }, async (config) =>
      expect(await explained('--app', 'notes', '--config', config)).toContain('request   scope openid'),
    );
  });
});

test('a user type and attributes instead of the real ones', async () => {
  const when = '{ userType: { any: [partner] }, attributes: { level: { equals: 3 }, code: { equals: "3" } } }';
  const text = `name: payroll\nrules:\n  - name: Partners\n    when: ${when}\n    then: deny\n  - name: All\n    then: { allow: { factors: 1 } }\n`;
  await writeFile(join(dir, 'policies/sign-on/payroll.yaml'), text);
  const words = ['--app', 'payroll', '--config', dir];
  const partner = ['--user-type', 'partner', '--attribute', 'level=3', '--attribute', 'code="3"'];
  expect(await explained(...words, ...partner)).toMatch(/hit +1 +Partners/);
  expect(await explained(...words, '--user', 'eve@demo.test', ...partner)).toMatch(/hit +1 +Partners/);
  expect(await explained(...words, '--user-type', 'partner', '--attribute', 'level=x')).toMatch(/miss +1 +Partners/);
  expect(await explained(...words)).toMatch(/unknown +1 +Partners/);
});

test('an attribute is read by its declared type, as `users add` reads it', async () => {
  const when = { attributes: { code: { equals: '3' }, level: { equals: 3 }, phone: { equals: '+4930901820001' } } };
  const rules = [
    { name: 'Stored', when, then: 'deny' },
    { name: 'Rest', then: { allow: { factors: 1 } } },
  ];
  const described = 'attributes: { code: { label: Code }, level: { type: number }, near: { type: number } }\n';
  const own = {
    'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules }),
    'stepgate.yaml': `${validFiles['stepgate.yaml']}${described}`,
  };
  await withConfiguration({ ...validFiles, ...own }, async (files) => {
    const words = ['--app', 'notes', '--config', files, '--attribute', 'phone=+49 (0)30 901820001', '--attribute'];
    expect(await explained(...words, 'code=3', 'level=003')).toMatch(/hit +1 +Stored/);
    expect(await explained(...words, 'code="3"', 'level="3"')).toMatch(/hit +1 +Stored/);
    expect(await explained(...words, 'code=03', 'level=3')).toMatch(/miss +1 +Stored/);
    expect(await explained(...words, 'near=1.2e-8')).toContain('near 1.2e-8');
  });
});

test('a repeated attribute is a list, and the heading shows the given values', async () => {
  const policy = `name: notes
rules:
  - { name: Several, when: { expression: 'size(user.profile.sites) == 2' }, then: deny }
  - { name: Rest, then: { allow: { factors: 1 } } }
`;
  const described = 'attributes: { sites: { type: list }, department: { label: Department } }\n';
  const own = { 'policies/sign-on/notes.yaml': policy, 'stepgate.yaml': `${validFiles['stepgate.yaml']}${described}` };
  await withConfiguration({ ...validFiles, ...own }, async (files) => {
    const words = ['--app', 'notes', '--config', files, '--user-type', 'partner', '--attribute'];
    const text = await explained(...words, 'sites=north', 'sites=south', 'department=sales');
    expect(text).toMatch(/hit +1 +Several/);
    expect(text).toContain('  type      partner\n  profile   sites north and south, department sales\n');
    expect(await explained(...words, 'sites=up')).toMatch(/miss +1 +Several/);
    expect(await explained(...words, 'sites=north; south')).toContain('  profile   sites north and south\n');
    expect(await explained(...words, 'sites=north;south', 'sites=west')).toContain('sites north and south and west\n');
    expect(await explained(...words, 'sites="north;south"')).toContain('  profile   sites north;south\n');
    expect(await explained(...words, 'department=a;b')).toContain('  profile   department a;b\n');
    expect(await explained(...words, 'sites=[]')).toContain('  profile   sites without a value\n');
    await expect(explained(...words, 'department=a', 'department=b')).rejects.toThrow(
      '`department` is no list: give one value',
    );
  });
});

test('the authenticator used last with this browser is asked for first', async () => {
  const words = ['--app', 'notes', '--user', 'eve@demo.test', '--evidence', 'password', '--prompt-login'];
  expect(stepsOf(await explained(...words, '--last-used', 'totp'))[0]).toMatch(/challenge totp/);
  expect(stepsOf(await explained(...words, '--last-used', 'password'))[0]).toMatch(/challenge password/);
});

test('a browser that remembers the second factor, and a session that is kept', async () => {
  const files = join(dir, 'policies');
  await writeFile(
    join(files, 'sign-on/payroll.yaml'),
    JSON.stringify({
      name: 'payroll',
      rules: [{ name: 'All', then: { allow: { factors: 2 }, remember: { device: 'P30D' } } }],
    }),
  );
  const allow = { primary: 'any', secondFactor: 'never', idle: 'PT2H', absolute: 'P1D' };
  const kept = { ...allow, keepSignedIn: { idle: 'P14D', absolute: 'P30D' } };
  await writeFile(join(files, 'session.yaml'), JSON.stringify({ rules: [{ name: 'All', then: { allow: kept } }] }));
  const words = ['--app', 'payroll', '--config', dir, '--user', 'eve@demo.test'];
  const text = await explained(...words, '--remembered', 'totp@3d');
  expect(text).toContain('device    known, desktop, other; remembers totp 3 d ago');
  expect(text).toContain('remembers the second factor for 30 d, if asked to');
  expect(text).toContain('waives    the second factor: this browser remembers totp');
  expect(text).toContain(
    '(life of the session; at most 30 d old, without a pause of more than 14 d since, if it is kept)',
  );
  expect(stepsOf(text)).toEqual(['1. identify (with password)', '2. complete (acr urn:okta:loa:1fa:pwd)']);
  const asked = stepsOf(await explained(...words, '--remembered', 'totp@31d'));
  expect(asked).toContain('2. challenge totp (my?phone)');
  const week = [...words, '--evidence', 'password@7d'];
  expect(stepsOf(await explained(...week))[0]).toMatch(/challenge password/);
  expect(stepsOf(await explained(...week, '--keep-signed-in'))[0]).toMatch(/challenge totp/);
});

test.each<[string, readonly string[], string]>([
  ['app', ['--app', 'payrol'], 'unknown app `payrol`; did you mean `payroll`?'],
  ['user', ['--app', 'notes', '--user', 'zoe'], 'there is no user "zoe"'],
  ['address', ['--app', 'notes', '--ip', '1.2.3'], '--ip takes an IP address, not 1.2.3'],
  ['zone', ['--app', 'notes', '--zone', 'ofice'], 'unknown zone `ofice`; did you mean `office`?'],
  ['acr value', ['--app', 'notes', '--acr-values', 'phx'], 'unknown acr value `phx`; did you mean `phr`?'],
  ['scope', ['--app', 'notes', '--scope', 'openid emial'], 'unknown scope `emial`; did you mean `email`?'],
  ['essential acr without one', ['--app', 'notes', '--essential-acr'], '--essential-acr needs --acr-values'],
  ['max-age', ['--app', 'notes', '--max-age', '1h'], '--max-age takes a number of seconds, not 1h'],
  ['attribute without a value', ['--app', 'notes', '--attribute', 'level'], '--attribute takes name=value, not level'],
  ['attribute that cannot be', ['--app', 'notes', '--attribute', '1x=2'], '1x: an attribute is named with letters'],
  ['last used, without a user', ['--app', 'notes', '--last-used', 'totp'], 'give --user or --groups'],
  ['time without a zone', ['--app', 'notes', '--at', '2026-11-24T09:00'], '--at takes a time such as'],
  ['day that is none', ['--app', 'notes', '--at', '2026-02-30T09:00:00Z'], '--at takes a time such as'],
  ['time that is none', ['--app', 'notes', '--at', '2026-13-24T09:00:00Z'], '--at takes a time such as'],
  ['device', ['--app', 'notes', '--device', 'old'], 'unknown device `old`'],
  ['platform', ['--app', 'notes', '--platform', 'desk'], 'unknown platform `desk`'],
  ['system', ['--app', 'notes', '--os', 'linus'], 'did you mean `linux`?'],
  [
    'system of another platform',
    ['--app', 'notes', '--platform', 'desktop', '--os', 'ios'],
    'no browser says both: --os ios is mobile, not desktop',
  ],
  [
    'proof that no browser remembers',
    ['--app', 'notes', '--groups', '', '--enrolled', 'password', '--remembered', 'password'],
    'no browser remembers password',
  ],
  [
    'authenticator',
    ['--app', 'notes', '--groups', 'a', '--enrolled', 'totb'],
    'unknown authenticator `totb`; did you mean `totp`?',
  ],
  ['enrolled without a user', ['--app', 'notes', '--enrolled', 'totp'], '--enrolled needs a user'],
  ['evidence without a user', ['--app', 'notes', '--evidence', 'password'], 'a proof needs a user'],
  [
    'evidence of what is not enrolled',
    ['--app', 'notes', '--user', 'bob@demo.test', '--evidence', 'totp'],
    'bob@demo.test cannot have proved totp: enrolled is password',
  ],
  [
    'evidence of an enrollment that there is not',
    ['--app', 'notes', '--groups', 'a', '--enrolled', 'webauthn,webauthn', '--evidence', 'webauthn#3@1h'],
    'webauthn#3@1h: the user has 2 of webauthn, which are counted from 1',
  ],
  [
    'a password, by its number, that the browser remembers',
    ['--app', 'notes', '--groups', 'a', '--enrolled', 'password', '--remembered', 'password#1@1h'],
    'no browser remembers password',
  ],
  ['age', ['--app', 'notes', '--user', 'bob@demo.test', '--evidence', 'password@soon'], 'the age must be like 90s'],
  [
    'proof with more behind the pause',
    ['--app', 'notes', '--user', 'bob@demo.test', '--evidence', 'password@3h/20m/x'],
    'password@3h/20m/x: a proof is written like totp, totp@10m or totp@3h/20m',
  ],
  [
    'proof with two ages',
    ['--app', 'notes', '--user', 'bob@demo.test', '--evidence', 'password@3h@2h'],
    'password@3h@2h: a proof is written like totp, totp@10m or totp@3h/20m',
  ],
  [
    'pause',
    ['--app', 'notes', '--user', 'bob@demo.test', '--evidence', 'password@3h/soon'],
    'password@3h/soon: the pause must be like 90s, 10m, 12h, 3d or PT12H',
  ],
  [
    'a pause longer than the age',
    ['--app', 'notes', '--user', 'bob@demo.test', '--evidence', 'password@1h/61m'],
    'password@1h/61m: a pause since a proof is no longer than the proof is old',
  ],
  [
    'a pause of what a browser remembers',
    ['--app', 'notes', '--groups', 'a', '--enrolled', 'password,totp', '--remembered', 'totp@3d/1h'],
    'totp@3d/1h: a browser remembers proofs whatever pauses there were',
  ],
  [
    'an enrollment as what a browser remembers',
    ['--app', 'notes', '--groups', 'a', '--enrolled', 'password,totp', '--remembered', '+totp@3d'],
    '+totp@3d: a browser remembers what was proved, not what was set up',
  ],
  [
    'characteristic',
    ['--app', 'notes', '--groups', 'x', '--enrolled', 'webauthn[strong]'],
    'unknown characteristic `strong`',
  ],
  ['directory', ['--app', 'notes', '--config', '/nonexistent'], '/nonexistent is not a good configuration'],
])('what cannot be meant is one sentence: %s', async (_, words, sentence) => {
  await expect(explained(...words)).rejects.toThrow(sentence);
});

test('a store without a configuration', async () => {
  const empty = openTerminal();
  await expect(run(explainCommand(empty.context), '--app', 'notes')).rejects.toThrow('there is no configuration');
  await empty.store.close();
});

test('an assumed enrollment shows at most what the settings allow: hardware is proved by metadata alone', async () => {
  const policy = [
    'name: payroll',
    'rules:',
    '  - name: all',
    '    then:',
    '      allow:',
    '        anyOf:',
    '          - possession: { hardwareProtected: true }',
    '          - knowledge: { authenticators: [password] }',
  ];
  const files = await mkdtemp(join(tmpdir(), 'stepgate-explain-'));
  await cp('config', files, { recursive: true });
  await writeFile(join(files, 'policies/sign-on/payroll.yaml'), policy.join('\n'));
  const words = ['--app', 'payroll', '--config', files, '--groups', 'staff', '--enrolled', 'password,webauthn'];
  const steps = stepsOf(await explained(...words, '--evidence', 'webauthn'));
  await rm(files, { recursive: true, force: true });
  expect(steps[0]).toMatch(/challenge password/);
});

test('an attribute that the settings do not describe is refused, and a group that no rule names is doubted', async () => {
  const asked = ['--app', 'payroll', '--config', 'config'];
  const described = 'attributes: { department: { label: Department } }\n';
  const files = { ...validFiles, 'stepgate.yaml': `${validFiles['stepgate.yaml']}${described}` };
  await withConfiguration(files, async (own) => {
    const question = ['--app', 'notes', '--config', own, '--attribute'];
    await expect(explained(...question, 'departmnt=sales')).rejects.toThrow(
      'unknown attribute `departmnt`; did you mean `department`?',
    );
    expect(await explained(...question, 'department=sales')).toContain('Outcome');
  });
  expect(await warned(...asked, '--groups', 'contractrs,staff')).toBe(
    'warning: no rule names the group `contractrs`; did you mean `contractors`?\n',
  );
  expect(await warned(...asked, '--groups', 'contractors,whatever-else')).toBe(
    'warning: no rule names the group `whatever-else`; it changes nothing\n',
  );
  expect(await warned(...asked, '--groups', 'contractors')).toBe('');
});

test('an attribute that no schema declares is named in a warning, with the type it is taken for', async () => {
  const asked = ['--app', 'payroll', '--config', 'config', '--attribute'];
  expect(await warned(...asked, 'nickame=Al')).toBe(
    'warning: stepgate.yaml declares no attribute `nickame`; did you mean `nickname`? The user has it as a text\n',
  );
  expect(await warned(...asked, 'level=5')).toBe(
    'warning: stepgate.yaml declares no attribute `level`: the user has it as a number\n',
  );
  expect(await warned(...asked, 'nickname=Al')).toBe('');
});

test('an address is shown in the form that conditions compare', async () => {
  const { network } = JSON.parse(await explained('--app', 'notes', '--ip', '::ffff:192.0.2.9', '--json'));
  expect(network.ip).toBe('192.0.2.9');
  expect(await explained('--app', 'notes', '--ip', '2001:DB8:1:0::9')).toContain('2001:db8:1::9,');
});

test('an operating system says which platform it is', async () => {
  const platformOf = async (...words: readonly string[]) =>
    JSON.parse(await explained('--app', 'notes', ...words, '--json')).device;
  expect(await platformOf('--os', 'ios')).toMatchObject({ platform: 'mobile', os: 'ios' });
  expect(await platformOf()).toMatchObject({ platform: 'desktop', os: 'other' });
  expect(await platformOf('--platform', 'other')).toMatchObject({ platform: 'other', os: 'other' });
});

test('a distance is shown in kilometres', async () => {
  const far = { name: 'Far', when: { distance: { notWithin: '800 km' } }, then: 'deny' };
  const rules = [far, { name: 'All', then: { allow: { factors: 1 } } }];
  const files = {
    ...validFiles,
    'stepgate.yaml': `${validFiles['stepgate.yaml']}networkData: { country: /nonexistent/city.mmdb }\n`,
    'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules }),
  };
  await withConfiguration(files, async (own) => {
    const text = await explained('--app', 'notes', '--config', own, '--groups', 'a', '--distance', '900');
    expect(text).toContain('distance notWithin: 800 km');
  });
});

describe('without the file of places', () => {
  const rules = [
    { name: 'Far', when: { distance: { notWithin: '800 km' } }, then: 'deny' },
    { name: 'Unusual', when: { risk: { atLeast: 'high' } }, then: 'deny' },
    { name: 'All', then: { allow: { factors: 1 } } },
  ];
  const filesWith = (rule: number) => ({
    ...validFiles,
    'stepgate.yaml': `${validFiles['stepgate.yaml']}networkData: { country: /nonexistent/city.mmdb }\n`,
    'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules: [rules[rule], rules[2]] }),
  });
  const warning =
    'warning: on this machine, /nonexistent/city.mmdb is not there, or this process may not read it [network_file_missing]: what needs it is not known, as on a node without it\n';

  beforeAll(async () => {
    await terminal.directory.create({ identifiers: ['carl@demo.test'], groups: [], credentials: [password] });
    const id = (await terminal.directory.findByIdentifier('carl@demo.test'))?.user.id ?? '';
    const place = { ip: '192.0.2.7', since: terminal.context.now(), session: 'one', at: terminal.context.now() };
    const { seconds: ttl } = keyTable['usual-places'].lifetime;
    const value = JSON.stringify({ networks: [place], failures: [] });
    await terminal.store.commit([{ op: 'create', key: usualPlacesKey(id), value, ttl }]);
  });

  test.each([0, 1])('rules that need it fail as on a node, and the file is named (%i)', async (rule) => {
    await withConfiguration(filesWith(rule), async (own) => {
      const words = ['--config', own, '--app', 'notes', '--user', 'carl@demo.test'];
      const elsewhere = await explained(...words, '--ip', '8.8.8.8');
      expect(stepsOf(elsewhere)[1]).toMatch(/^2\. denied/);
      expect(elsewhere).not.toContain('also ask about');
      expect((await data(...words, '--ip', '8.8.8.8')).steps.at(-1)).toMatchObject({ reason: 'condition_failed' });
      expect(await warned(...words, '--ip', '8.8.8.8')).toBe(warning);
      // Within a usual network nothing is looked up.
      expect(stepsOf(await explained(...words, '--ip', '192.0.2.9'))[1]).toMatch(/^2\. complete/);
    });
  });

  test('what is given is no question for it, and without an address nothing is looked up', async () => {
    await withConfiguration(filesWith(0), async (own) => {
      const words = ['--config', own, '--app', 'notes', '--user', 'carl@demo.test'];
      const given = await explained(...words, '--ip', '8.8.8.8', '--distance', '20');
      expect(stepsOf(given)[1]).toMatch(/^2\. complete/);
      expect(await warned(...words)).toBe('');
      expect(await explained(...words)).toContain('Rules also ask about distance.');
    });
  });
});

test('facts that no user can have are refused', async () => {
  const attributes =
    'attributes: { grade: { type: number, min: 1, max: 9 }, dept: { options: [{ value: sales }, { value: it }] }, until: { type: date }, old: {} }\n';
  const files = { ...validFiles, 'stepgate.yaml': `${validFiles['stepgate.yaml']}${attributes}` };
  await withConfiguration(files, async (own) => {
    const question = ['--app', 'notes', '--config', own];
    const refused: readonly (readonly [words: readonly string[], message: string])[] = [
      [['--attribute', 'grade=abc'], '`grade` is a number, and abc is none'],
      [['--attribute', 'grade=0070'], '`grade` is a number of at most 9, and 0070 is none'],
      [['--attribute', 'grade=99'], '`grade` is a number of at most 9, and 99 is none'],
      [['--attribute', 'grade=0'], '`grade` is a number of at least 1, and 0 is none'],
      [['--attribute', 'until=tomorrow'], '`until` is a date, and tomorrow is none'],
      [['--attribute', 'dept=salse'], 'unknown value of `dept` `salse`; did you mean `sales`?'],
      [
        ['--groups', 'a', '--account-age', '1d', '--last-sign-in', '30d'],
        'the last sign-in is longer ago than the account is old',
      ],
    ];
    for (const [words, message] of refused) await expect(explained(...question, ...words)).rejects.toThrow(message);
    for (const fact of ['grade=9', 'dept=it', 'until=2027-01-31', 'old=<b>'])
      expect(await explained(...question, '--attribute', fact)).toContain('Outcome');
    expect(await explained(...question, '--groups', 'a', '--account-age', '30d', '--last-sign-in', '30d')).toContain(
      'Outcome',
    );
  });
});

test('a pause since a proof counts for maxIdle', async () => {
  const policy = 'name: notes\nrules:\n  - { name: All, then: { allow: { knowledge: { maxIdle: PT15M } } } }\n';
  await withConfiguration({ ...validFiles, 'policies/sign-on/notes.yaml': policy }, async (own) => {
    const question = ['--app', 'notes', '--config', own, '--groups', 'a', '--evidence'];
    const paused = await explained(...question, 'password@3h/20m');
    expect(paused).toMatch(/evidence +password 3 h ago, with a pause of 20 min since\n/);
    expect(stepsOf(paused)[0]).toBe('1. challenge password');
    expect(stepsOf(await explained(...question, 'password@3h/15m'))[0]).toMatch(/^1\. complete/);
    expect(stepsOf(await explained(...question, 'password@PT3H/PT20M'))[0]).toBe('1. challenge password');
  });
});

test('what was set up in the session counts as a proof, and not as one by which the user signed in', async () => {
  const rules = [
    { name: 'By app', when: { authenticated: { any: ['totp'] } }, then: {} },
    { name: 'Else', then: { required: ['webauthn'] } },
  ];
  const settings = `${validFiles['stepgate.yaml']}authenticators: { totp: { enabled: true }, webauthn: { enabled: true } }\n`;
  const sessionFiles = {
    'stepgate.yaml': settings,
    'policies/enrollment.yaml': JSON.stringify({ rules }),
    'policies/sign-on/notes.yaml': JSON.stringify({
      name: 'notes',
      rules: [{ name: 'R', then: { allow: { factors: 2 } } }],
    }),
  };
  await withConfiguration({ ...validFiles, ...sessionFiles }, async (own) => {
    const user = ['--groups', 'a', '--enrolled', 'password,totp'];
    const question = ['--app', 'notes', '--config', own, ...user, '--evidence'];
    expect(stepsOf(await explained(...question, 'password@3m,totp@2m'))[0]).toMatch(/^1\. complete/);
    const setUp = await explained(...question, 'password@3m,+totp@2m');
    expect(setUp).toMatch(/evidence +password 3 min ago, totp set up 2 min ago\n/);
    expect(stepsOf(setUp)[0]).toBe('1. enroll webauthn');
  });
});

test('of several enrollments of a kind, each proof is by another one; further proofs are by the first', async () => {
  const words = ['--app', 'notes', '--groups', 'staff', '--enrolled', 'webauthn,password,webauthn'];
  const { evidence, subject } = await data(
    ...words,
    '--evidence',
    'webauthn@1h',
    'webauthn@2h,password',
    'webauthn@3h',
  );
  const [first, passwordId, second] = (subject?.enrollments ?? []).map(({ id }) => id);
  expect(evidence.map(({ enrollment }) => enrollment)).toEqual([first, second, passwordId, first]);
});

test('a name with a comma stands in double quotes, among others', async () => {
  const groupsOf = async (text: string) => (await data('--app', 'notes', '--groups', text)).subject?.groups;
  expect(await groupsOf('staff, "Sales, EMEA","a ""b""" ,')).toEqual(['staff', 'Sales, EMEA', 'a "b"']);
  expect(await groupsOf('a"b,c')).toEqual(['a"b', 'c']);
  expect(await groupsOf('')).toEqual([]);
  for (const text of ['"Sales', '"Sales" x,staff'])
    await expect(groupsOf(text)).rejects.toThrow(
      `${text}: a name that begins with a double quote ends with one, like "Sales, EMEA",staff`,
    );
});

test('which of several enrollments of a kind gave a proof is shown', async () => {
  const words = ['--app', 'notes', '--groups', 'staff', '--enrolled', 'webauthn,totp,webauthn'];
  const proofs = ['--evidence', 'webauthn#2@2h,totp@1h,+webauthn#1', '--remembered', 'webauthn#2@3d'];
  const text = await explained(...words, ...proofs);
  expect(text).toContain('\n  enrolled  webauthn#1, totp, webauthn#2\n');
  expect(text).toContain('\n  evidence  webauthn#2 2 h ago, totp 1 h ago, webauthn#1 set up just now\n');
  expect(text).toContain('; remembers webauthn#2 3 d ago\n');
  const { evidence } = await data(...words, ...proofs);
  expect(evidence).toMatchObject([{ name: 'webauthn#2' }, { name: 'totp' }, { name: 'webauthn#1' }]);
});

test('of a user in the store, the number stands beside the label', async () => {
  const key = (label: string) => ({ ...password, authenticator: 'webauthn', label });
  const credentials = [key('Laptop'), password, key('Phone')];
  await terminal.directory.create({ identifiers: ['two@demo.test'], groups: [], credentials });
  const text = await explained('--app', 'notes', '--user', 'two@demo.test', '--evidence', 'webauthn@2h');
  expect(text).toContain('\n  enrolled  webauthn#1 (Laptop), password, webauthn#2 (Phone)\n');
  expect(text).toContain('\n  evidence  webauthn#1 2 h ago\n');
});

test('a step names which of several enrollments of a kind it asks for', async () => {
  const words = ['--app', 'notes', '--groups', 'staff', '--enrolled'];
  const two = await explained(...words, 'webauthn,totp,webauthn');
  expect(stepsOf(two)[1]).toBe('2. challenge webauthn#1, or webauthn#2, totp');
  const numbers = await explained(...words, 'phone,phone.voice');
  expect(stepsOf(numbers)[1]).toBe('2. challenge phone#1, or phone#2');
  expect(stepsOf(await explained(...words, 'webauthn,totp'))[1]).toBe('2. challenge webauthn, or totp');
});

test('groups are in quotes where the option needs them', async () => {
  const text = await explained('--app', 'notes', '--groups', '"Sales, EMEA",staff', '--enrolled', 'password');
  expect(text).toContain('  groups    "Sales, EMEA", staff\n');
});

test('enrollments are counted by their authenticator, whatever their methods', async () => {
  const words = ['--app', 'notes', '--groups', 'staff', '--enrolled', 'phone.voice,phone', '--evidence'];
  const { evidence, subject } = await data(...words, 'phone.sms#2@1h');
  expect(evidence).toMatchObject([{ name: 'phone.sms#2', enrollment: subject?.enrollments[1]?.id }]);
  expect(await explained(...words, 'phone.sms')).toContain('\n  evidence  phone.sms#2 just now\n');
  await expect(explained(...words, 'phone.sms#1@1h')).rejects.toThrow(
    'phone.sms#1@1h: number 1 of phone gives no phone.sms',
  );
});

test('groups and types of the options have the form of those that users have', async () => {
  const facts = await data('--app', 'shop', '--groups', 'Cafe\u0301, b,Caf\u00e9', '--user-type', ' e\u0301');
  expect(facts.subject).toMatchObject({ groups: ['Caf\u00e9', 'b'], userType: '\u00e9' });
});

/** The account was recovered by the first of these enrollments of the user. */
async function recoverBy(identifier: string, authenticator: string): Promise<void> {
  const { user, credentials } = (await terminal.directory.findByIdentifier(identifier)) ?? {};
  const by = credentials?.filter((credential) => credential.authenticator === authenticator).map(({ id }) => id);
  const key = userKey(user?.id ?? '');
  const entry = (await terminal.store.load([key])).entries.get(key);
  const recovery = { at: terminal.context.now(), by: by?.slice(0, 1) ?? [] };
  const recovered = serializeUser({ ...parseUser(entry?.value ?? ''), recovery });
  const { version = 0, refs = [] } = entry ?? {};
  await terminal.store.commit([{ op: 'replace', key, value: recovered, version, refs }]);
}

test('with other authenticators, a user whose password was recovered by mail has no second factor in that mailbox', async () => {
  await terminal.directory.create({ identifiers: ['rita@demo.test'], groups: [], credentials: [password, email] });
  await recoverBy('rita@demo.test', 'email');
  const two = { name: 'notes', rules: [{ name: 'Two', then: { allow: { factors: 2 } } }] };
  const changed = {
    'stepgate.yaml': `${validFiles['stepgate.yaml']}authenticators: { email: { enabled: true } }\n`,
    'policies/sign-on/notes.yaml': JSON.stringify(two),
  };
  await withConfiguration({ ...validFiles, ...changed }, async (files) => {
    const words = ['--config', files, '--app', 'notes', '--user', 'rita@demo.test'];
    const second = async (...more: string[]) => stepsOf(await explained(...words, ...more))[1];
    const another = '2. enroll totp';
    expect(await second()).toBe(another);
    expect(await second('--enrolled', 'password,email')).toBe(another);
    expect(await second('--recovered', '3h')).toBe(another);
    // Another mailbox recovered nothing.
    expect(await second('--enrolled', 'password,email,email')).toBe('2. challenge email#2');
  });
});

test('an assumed user who recovered the password by mail has no second factor in that mailbox', async () => {
  const two = { name: 'notes', rules: [{ name: 'Two', then: { allow: { factors: 2 } } }] };
  const changed = {
    'stepgate.yaml': `${validFiles['stepgate.yaml']}authenticators: { email: { enabled: true } }\n`,
    'policies/sign-on/notes.yaml': JSON.stringify(two),
  };
  await withConfiguration({ ...validFiles, ...changed }, async (files) => {
    const words = ['--config', files, '--app', 'notes', '--groups', ''];
    const second = async (...more: string[]) => stepsOf(await explained(...words, ...more))[1];
    const another = '2. enroll totp';
    const mailed = ['--enrolled', 'password,email', '--recovered', '1m'];
    expect(await second('--enrolled', 'password,email')).toBe('2. challenge email');
    expect(await second(...mailed)).toBe(another);
    expect(await second(...mailed, '--recovered-by', 'email')).toBe(another);
    expect(await second(...mailed, '--recovered-by', 'none')).toBe('2. challenge email');
    const both = ['--enrolled', 'password,email,email', '--recovered', '1m'];
    expect(await second(...both)).toBe(another);
    expect(await second(...both, '--recovered-by', 'email')).toBe('2. challenge email#2');
    expect(await second(...both, '--recovered-by', 'email#2')).toBe('2. challenge email#1');
    expect(await second('--enrolled', 'password,totp', '--recovered', '1m')).toBe('2. challenge totp');
    await expect(explained(...words, '--recovered-by', 'email')).rejects.toThrow('give --recovered');
    await expect(explained(...mailed, '--recovered-by', 'totp', ...words)).rejects.toThrow('totp');
  });
});
