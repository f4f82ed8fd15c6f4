/** A recorded test says what happened: it passes, and states no `acr` that the real sign-in did not reach. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { configTestCommand } from '../../../../src/cli/policy-tests/policy-tests.ts';
import { oneDay } from '../../../../src/core/model/durations.ts';
import type { AuditTrace } from '../../../../src/flow/audit-trace.ts';
import { auditKey } from '../../../../src/stores/keys.ts';
import { withConfiguration } from '../../policy/support/configuration-dir.ts';
import { base, enrollment, type Files, password, signOn, totp, webauthn } from '../support/diff-harness.ts';
import { applyDemo, configContext, fixedNow, openTerminal, run, type Terminal } from '../support/harness.ts';

let terminal: Terminal;
beforeEach(() => {
  terminal = openTerminal();
});
afterEach(() => terminal.store.close());

interface Real {
  readonly files: Files;
  readonly credentials: readonly (typeof password | typeof totp | typeof webauthn)[];
  readonly trace: Partial<AuditTrace>;
  readonly client?: string;
  readonly acr?: string;
  readonly denied?: string;
  /** The app refreshed its tokens later. */
  readonly isRefreshed?: true;
  /** The user was asked for more, and gave up. */
  readonly isGivenUp?: true;
  /** It ended before the user identified. */
  readonly isUnidentified?: true;
  /** As the line has it. */
  readonly risk?: string;
}

interface Recorded {
  readonly test: {
    readonly user?: object;
    readonly network?: object;
    readonly device?: object;
    readonly risk?: readonly string[];
    readonly expect: Readonly<Record<string, unknown>>;
  };
  readonly notes: readonly string[];
}

const plain: AuditTrace = { layers: [], proved: [], skipped: [], device: { known: false }, scopes: ['openid'] };
const proved = (authenticator: string, more: object = {}) => {
  const factors = authenticator === 'password' ? ['knowledge'] : ['possession'];
  return { authenticator, age: 5, factors, ...more };
};
const [byPassword, byTotp, byKey] = [proved('password'), proved('totp'), proved('webauthn')];
const one = { name: 'One', then: { allow: { factors: 1 } } };
const two = { name: 'Two', then: { allow: { factors: 2 } } };
const [any1, any2] = ['urn:okta:loa:1fa:any', 'urn:okta:loa:2fa:any'];

/** Records the sign-in, and runs the test that was written. */
async function recorded({
  files,
  credentials,
  trace,
  client = 'notes',
  acr,
  denied,
  isRefreshed,
  isGivenUp,
  isUnidentified,
  risk,
}: Real): Promise<Recorded> {
  const made = await terminal.directory.create({ identifiers: ['ann@a.test'], credentials: [...credentials] });
  if (!made.ok) throw new Error('not made');
  const end = denied
    ? { event: 'sign_in.denied', outcome: 'deny', reason: denied }
    : { event: 'sign_in.completed', acr };
  const line = {
    ...{ time: new Date(fixedNow * 1000).toISOString(), outcome: 'success', transaction: 'transaction-1', ...end },
    ...(isGivenUp && { event: 'sign_in.asked', outcome: 'pending' }),
    ...(isUnidentified ? {} : { subject: made.user.id }),
    ...(risk !== undefined && { risk }),
    ...{ client, ip: '192.0.2.9', trace: { ...plain, ...trace } },
  };
  const refreshed = { ...line, event: 'token.refreshed', outcome: 'success', trace: plain };
  await terminal.store.commit(
    [line, ...(isRefreshed ? [refreshed] : [])].map((entry) => {
      return { op: 'append', key: auditKey, value: JSON.stringify(entry), keep: 100_000 };
    }),
  );
  return withConfiguration({ ...base, ...files }, async (dir) => {
    await applyDemo(terminal.store, dir);
    const context = configContext(terminal, { stderr: () => {} });
    await run(configTestCommand(context), dir, '--record', 'transaction-1', '--json');
    const { test: written, notes } = JSON.parse(terminal.printed());
    await run(configTestCommand(context), dir, '--json');
    expect(JSON.parse(terminal.printed())).toMatchObject({ ok: true, tests: [{ differences: [] }] });
    return { test: written, notes };
  });
}

test('of a sign-in that had no end yet, a note says so', async () => {
  const real = { files: signOn(two), credentials: [password, totp], trace: { proved: [byPassword] } };
  expect((await recorded({ ...real, isGivenUp: true })).notes).toEqual([
    'then the user was asked for more and had not got in yet: the rest of the test is what the policies ask for now',
  ]);
});

const memory = { ...{ authenticator: 'totp', age: oneDay, left: oneDay }, factors: ['possession'] };

test('what the browser remembered is in the test', async () => {
  const remembering = { name: 'Two', then: { allow: { factors: 2 }, remember: { device: 'P30D' } } };
  const trace = { proved: [byPassword], device: { known: true, remembered: [memory] } };
  const { test: written, notes } = await recorded({
    ...{ files: signOn(remembering), credentials: [password, totp], trace },
    acr: 'urn:okta:loa:1fa:pwd',
  });
  expect(written.device).toEqual({ remembered: [`totp@${oneDay}s`] });
  expect(written.expect).toMatchObject({ steps: ['password'], acr: 'urn:okta:loa:1fa:pwd' });
  expect(notes).toEqual([]);
});

test.each<[string, object, Partial<AuditTrace>]>([
  [
    'optional',
    { optional: ['webauthn'] },
    { skips: [{ authenticator: 'webauthn', reason: 'optional', count: 1, age: 9 }] },
  ],
  [
    'promoted',
    { promote: { webauthn: { cooldown: 'P30D' } } },
    { skipped: ['webauthn'], skips: [{ authenticator: 'webauthn', reason: 'promotion', count: 2, age: 0 }] },
  ],
])('what was offered before (%s) and skipped is offered by no recorded test', async (_, then, trace) => {
  const { test: written, notes } = await recorded({
    ...{ files: { ...signOn(two), ...enrollment(then) }, credentials: [password, totp] },
    ...{ trace: { proved: [byTotp, byPassword], ...trace }, acr: any2 },
  });
  expect(written.user).toMatchObject({ skipped: { webauthn: trace.skips?.[0]?.count } });
  expect(written.expect).toMatchObject({ steps: ['password', 'totp'], acr: any2 });
  expect(notes).toEqual([]);
});

test('single sign-on shows no page, so nothing is offered', async () => {
  const earlier = [proved('totp', { age: 600, earlier: true }), proved('password', { age: 660, earlier: true })];
  const { test: written, notes } = await recorded({
    ...{ files: { ...signOn(two), ...enrollment({ optional: ['webauthn'] }) }, credentials: [password, totp] },
    ...{ trace: { noInteraction: true, proved: earlier }, acr: any2 },
  });
  expect(written).toMatchObject({ evidence: ['totp@600s', 'password@660s'], expect: { steps: [], acr: any2 } });
  expect(notes).toEqual([]);
});

test('a choice that the user of a test makes otherwise is said, and the acr is left out', async () => {
  const { test: written, notes } = await recorded({
    ...{ files: signOn(one), credentials: [password, totp, webauthn] },
    ...{ trace: { proved: [byTotp] }, acr: any1 },
  });
  expect(written.expect).not.toHaveProperty('acr');
  expect(notes).toEqual([
    'then the user proved totp, and the test asks for password',
    expect.stringMatching(
      /^then the acr was "urn:okta:loa:1fa:any", .* reaches "urn:okta:loa:1fa:pwd": `acr` is left out$/,
    ),
  ]);
});

test('a grace that was used in the sign-in is offered, which is said, and what is reached by accepting is left out', async () => {
  const grace = { required: [{ anyOf: ['totp'], grace: { skips: 2 } }] };
  const { test: written, notes } = await recorded({
    ...{ files: { ...signOn(one), ...enrollment(grace) }, credentials: [password], acr: 'urn:okta:loa:1fa:pwd' },
    trace: {
      ...{ proved: [byPassword], skipped: ['totp'] },
      skips: [{ authenticator: 'totp', reason: 'grace', count: 1, age: 0 }],
    },
  });
  expect(written.expect).toMatchObject({ deny: false, steps: ['password', { offer: 'totp' }] });
  expect(written.expect.acr).toBeUndefined();
  expect(notes).toEqual([
    'then the user skipped setting up totp, and the user of the test accepts the offer',
    expect.stringContaining('`acr` is left out'),
  ]);
});

test('tokens that the app refreshed later change nothing of it', async () => {
  const { test: written, notes } = await recorded({
    ...{ files: signOn(one), credentials: [password, totp, webauthn], isRefreshed: true },
    ...{ trace: { proved: [byTotp] }, acr: any1 },
  });
  expect(written.expect).not.toHaveProperty('acr');
  expect(notes).toHaveLength(2);
});

test('what the user set up in the sign-in is said, since the test begins with it', async () => {
  const { test: written, notes } = await recorded({
    ...{ files: signOn(two), credentials: [password, totp], acr: any2 },
    trace: { proved: [proved('totp', { origin: 'enrollment' }), byPassword] },
  });
  expect(written.expect).toMatchObject({ steps: ['password', 'totp'], acr: any2 });
  expect(notes).toEqual(['then the user set up totp, which the user of the test has already']);
});

test('an expired password that was replaced in the sign-in is the one of the test, and was proved', async () => {
  const { test: written, notes } = await recorded({
    ...{ files: signOn(one), credentials: [password], acr: 'urn:okta:loa:1fa:pwd' },
    trace: { proved: [proved('password', { origin: 'enrollment', replacesProof: true }), byPassword] },
  });
  expect(written.expect).toMatchObject({ steps: ['password'], acr: 'urn:okta:loa:1fa:pwd' });
  expect(notes).toEqual([]);
});

test('a sign-in that ended otherwise is said', async () => {
  const { notes } = await recorded({
    ...{ files: signOn(one), credentials: [password], trace: { proved: [byPassword] }, denied: 'rule' },
  });
  expect(notes).toEqual(['then the sign-in was denied (rule), and by the test it is not']);
});

test('one that is denied by now is said', async () => {
  const denying = { name: 'New browsers', when: { device: { known: false } }, then: 'deny' };
  const { notes } = await recorded({
    ...{ files: signOn(denying, one), credentials: [password], trace: { proved: [byPassword] }, acr: any1 },
  });
  expect(notes).toEqual(['then the user was let in, and by the test the sign-in is denied (rule)']);
});

test('a sign-in to the own account is recorded, with what it is for', async () => {
  const { test: written, notes } = await recorded({
    ...{ files: signOn(one), credentials: [password, webauthn], client: 'stepgate-account' },
    ...{ trace: { proved: [byKey, byPassword], scopes: ['openid', 'account:change'] }, acr: any2 },
  });
  expect(written).toMatchObject({ app: 'stepgate-account', request: { scopes: ['openid', 'account:change'] } });
  expect([written.expect.deny, notes]).toEqual([false, []]);
});

const inOffice = { name: 'Office', when: { network: { any: ['office'] } }, then: 'deny' };
const failing = { name: 'Failing', when: { expression: 'int(request.clientId) == 1' }, then: 'deny' };
const absent = { name: 'Absent', when: { lastSignIn: { notWithin: 'P90D' } }, then: 'deny' };
const unusual = { name: 'Unusual', when: { risk: { any: ['newNetwork'] } }, then: 'deny' };

test.each<[string, object, Partial<AuditTrace>, Recorded['test']]>([
  [
    'a rule',
    inOffice,
    { zones: ['office'] },
    { network: { zones: ['office'] }, expect: { deny: 'rule', rule: 'Office' } },
  ],
  ['a rule that cannot be decided', failing, {}, { expect: { deny: 'condition_failed', rule: 'Failing' } }],
])(
  'a denial by %s before the user identified is a test without a user',
  async (_, denying, trace, { expect: end, ...facts }) => {
    const { test: written, notes } = await recorded({
      ...{ files: signOn(denying, absent, unusual, one), credentials: [password], trace },
      ...{ denied: String(end.deny), isUnidentified: true },
    });
    expect(written).toEqual({ name: expect.any(String), app: 'notes', ...facts, expect: { ...end, steps: [] } });
    expect(notes).toEqual([]);
  },
);

test('a denial before the user identified that has no reason any more is said', async () => {
  const { notes } = await recorded({
    ...{ files: signOn(one), credentials: [password], trace: {}, denied: 'rule', isUnidentified: true },
  });
  expect(notes).toEqual(['then the sign-in was denied (rule), and by the test it is not']);
});

test.each<[string, unknown, readonly string[]]>([
  ['low: newNetwork 20, longAway 10', ['newNetwork', 'longAway'], []],
  ['low: newNetwork 20, newCountry unknown', ['newNetwork'], ['risk']],
  ['low: newCountry unknown', undefined, ['risk']],
])('where no rule asked about risk, it is what the line says: %s', async (risk, written, leftOut) => {
  const { test: made, notes } = await recorded({
    ...{ files: signOn(unusual, one), credentials: [password], trace: { proved: [byPassword] } },
    ...{ denied: 'rule', risk },
  });
  expect(made.risk).toEqual(written);
  const isLeftOut = (name: string) => notes.some((note) => note.startsWith(`a rule asks about \`${name}\``));
  expect(['risk', 'distance'].filter(isLeftOut)).toEqual(leftOut);
});
