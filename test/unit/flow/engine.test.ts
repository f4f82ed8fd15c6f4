/** Every request of a sign-in on a store in maps: what it shows, what it writes, what it consumes. */

import { describe, expect, test } from '@jest/globals';
import { browserSecretHash } from '../../../src/flow/browser/used-browser.ts';
import { formHandle } from '../../../src/flow/transaction/form-handle.ts';
import { auditKey, transactionKey, usedBrowserKey, userKey } from '../../../src/stores/keys.ts';
import { serializeUser } from '../../../src/users/record/user.ts';
import {
  allow,
  asStep,
  createWorld,
  credential,
  currentStep,
  factors,
  fakeAuthenticator,
  noticesOf,
  password,
  start,
  totp,
} from './sign-in-fixture.ts';

const twoFactors = { app: allow(factors(2)) };

/** A user with a password and a TOTP app, who has to prove both. */
async function annInTwoSteps(options = {}) {
  const world = createWorld({ ...twoFactors, ...options });
  await world.addUser('ann', [credential('password', 'secret'), credential('totp', '123')]);
  return world;
}

describe('a whole sign-in', () => {
  test('asks for one factor after the other', async () => {
    const world = await annInTwoSteps();
    const identify = await world.beginSignIn();
    expect(currentStep(identify)).toBe('identify');
    expect(identify).toMatchObject({ version: 1, canRestart: false, done: [], redirects: false, refused: false });
    expect(identify.identifier).toBeUndefined();
    const second = asStep(await world.send(identify, { identifier: ' Ann ', 'credentials.passcode': 'secret' }));
    expect(currentStep(second)).toBe('challenge:totp');
    expect(identify.remaining).toBe(3600);
    expect(second).toMatchObject({
      version: 2,
      identifier: 'Ann',
      canRestart: true,
      done: ['password'],
      redirects: true,
    });
    expect(await world.send(second, { 'credentials.passcode': '123' })).toMatchObject({
      kind: 'complete',
      accountId: 'user-ann',
      assurance: { amr: ['mfa', 'password', 'totp'], authTime: start },
      browserSecret: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(world.events()).toEqual(['authenticator.verified password', 'sign_in.asked', 'authenticator.verified totp']);
    expect((await world.transaction())?.evidence).toHaveLength(2);
  });

  test('says who, where and by which rules in each audit line', async () => {
    const world = await annInTwoSteps();
    await world.identify('ann', { 'credentials.passcode': 'secret' });
    expect(world.lines).toEqual([
      {
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        kind: 'audit',
        event: 'authenticator.verified',
        outcome: 'success',
        subject: 'user-ann',
        client: 'notes',
        ip: '192.0.2.1',
        transaction: 'tx',
        policyRevision: 7,
        authenticator: 'password',
        factors: ['knowledge'],
      },
      expect.objectContaining({
        event: 'sign_in.asked',
        outcome: 'pending',
        subject: 'user-ann',
        transaction: 'tx',
        policyRevision: 7,
        rule: 'session: always; app: always',
        trace: expect.objectContaining({ proved: [expect.objectContaining({ authenticator: 'password', age: 0 })] }),
      }),
    ]);
    expect(world.store.lines(auditKey).map((line) => JSON.parse(line))).toEqual(world.lines);
  });

  test('a page that is only looked at writes nothing', async () => {
    const world = await annInTwoSteps();
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    const { length } = world.store.commits;
    const again = asStep(await world.view());
    expect([again.version, again.handle, again.redirects]).toEqual([page.version, page.handle, false]);
    expect(world.store.commits).toHaveLength(length);
  });

  test('costs one load and one commit for each form', async () => {
    const world = await annInTwoSteps();
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    const [loads, commits] = [world.store.loads.length, world.store.commits.length];
    await world.send(page, { 'credentials.passcode': '123' });
    expect([world.store.loads.length - loads, world.store.commits.length - commits]).toEqual([1, 1]);
  });
});

describe('there is nothing to continue with', () => {
  test.each<[string, () => Promise<unknown>, string]>([
    ['no such transaction', async () => createWorld().view('none'), 'sign_in_expired'],
    [
      'it is too late',
      async () => {
        const world = createWorld();
        await world.beginSignIn({}, { lifetime: 60 });
        world.clock.now += 60;
        return world.view();
      },
      'sign_in_expired',
    ],
    ['the app is gone', async () => createWorld({ hasApp: false }).beginSignIn(), 'not_found'],
  ])('%s', async (_what, look, code) => {
    await expect(look()).rejects.toMatchObject({ code });
  });

  test('one second before, it is not too late', async () => {
    const world = createWorld();
    await world.beginSignIn({}, { lifetime: 60 });
    world.clock.now += 59;
    expect(currentStep(await world.view())).toBe('identify');
  });
});

describe('a form that does not answer this step', () => {
  type World = Awaited<ReturnType<typeof annInTwoSteps>>;

  /** How many answers by TOTP are left. The question costs one. */
  async function attemptsLeft(world: World): Promise<number> {
    const { reservation } = await world.store.load([], {
      reserve: { of: transactionKey('tx'), name: 'totp', limits: totp.attemptLimits },
    });
    return reservation?.granted ? reservation.remaining + 1 : 0;
  }

  type Page = Awaited<ReturnType<World['identify']>>;

  test.each<[string, (world: World, page: Page) => Promise<string | undefined>]>([
    ['has no handle', async () => undefined],
    ['has a handle of its own making', async () => '2.challenge.totp.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['names another step', async (_world, { handle }) => handle.replace('challenge', 'enroll')],
    ['names another authenticator', async (_world, { handle }) => handle.replace('totp', 'password')],
    [
      'is of an older page',
      async (world, { handle }) => {
        await world.send({ handle }, {}, { step: 'select' });
        return handle;
      },
    ],
    [
      'was made under a secret that is gone',
      async (world, { handle }) => {
        world.secrets.all = [Buffer.alloc(32, 2).toString('base64url')];
        return handle;
      },
    ],
  ])('%s: it shows the step, and consumes nothing', async (_what, handleOf) => {
    const world = await annInTwoSteps();
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    const handle = await handleOf(world, page);
    world.events();
    const { length } = world.store.commits;
    const result = await world.send({ handle: handle as string }, { 'credentials.passcode': '123' });
    expect([currentStep(result), noticesOf(result)]).toEqual(['challenge:totp', ['info form.stale']]);
    expect(result).toMatchObject({ redirects: false, refused: false });
    expect(world.events()).toEqual([]);
    expect(world.store.commits).toHaveLength(length);
    expect(await attemptsLeft(world)).toBe(3);
  });

  test('a handle under an older secret that is still known counts', async () => {
    const world = await annInTwoSteps();
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    world.secrets.all = [Buffer.alloc(32, 2).toString('base64url'), ...world.secrets.all];
    expect(currentStep(await world.send(page, { 'credentials.passcode': '123' }))).toBe('complete');
  });

  test.each(['denied', 'complete', 'profile'])('the step %s accepts no answer', async (step) => {
    const world = await annInTwoSteps();
    const { version } = await world.beginSignIn();
    const binding = { transaction: 'tx', step, authenticator: 'totp', version };
    const handle = formHandle(world.secrets.all[0] as string, binding);
    const result = await world.send({ handle }, { identifier: 'ann', 'credentials.passcode': '123' });
    expect([currentStep(result), noticesOf(result)]).toEqual(['identify', []]);
    expect(result).toMatchObject({ redirects: false });
    expect(await world.transaction()).not.toHaveProperty('subject');
    expect(await attemptsLeft(world)).toBe(3);
  });
});

describe('cancel', () => {
  test('ends the transaction and says so', async () => {
    const world = await annInTwoSteps();
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    world.events();
    expect(await world.send(page, {}, { step: 'cancel' })).toEqual({ kind: 'cancelled', reason: 'user' });
    expect(world.lines[0]).toMatchObject({ event: 'sign_in.cancelled', outcome: 'failure', subject: 'user-ann' });
    expect(await world.transaction()).toBeUndefined();
  });

  test('leaves no message behind', async () => {
    const mail = sendingMail();
    const world = createWorld({ authenticators: [mail] });
    await world.addUser('ann', [credential('mail', '1')]);
    const page = await world.identify('ann');
    expect(await world.outbox()).toHaveLength(1);
    await world.send(page, {}, { step: 'cancel' });
    expect(await world.outbox()).toEqual([]);
  });
});

describe('restart', () => {
  test('asks again who it is, and takes nothing of the former user along', async () => {
    const world = await annInTwoSteps();
    await world.addSession('s', { accountId: 'user-ann' });
    const first = await world.beginSignIn({}, { session: 's' });
    const page = asStep(
      await world.send(first, { identifier: 'ann', 'credentials.passcode': 'secret', rememberMe: 'yes' }),
    );
    const again = asStep(await world.send(page, {}, { step: 'restart' }));
    expect([currentStep(again), again.redirects, again.done]).toEqual(['identify', true, []]);
    const after = await world.transaction();
    expect(after).toMatchObject({ id: 'tx', event: 'tx.2', evidence: [], request: { clientId: 'notes' } });
    const { proofSecretHash, ...rest } = after ?? {};
    expect(proofSecretHash).toEqual(expect.any(String));
    expect(Object.keys(rest).sort()).toEqual(['event', 'evidence', 'expiresAt', 'id', 'request', 'startedAt']);
  });

  test('is not there where only one account will do', async () => {
    const world = await annInTwoSteps();
    const first = await world.beginSignIn({}, { expectedSubject: 'user-ann' });
    const page = asStep(await world.send(first, { identifier: 'ann', 'credentials.passcode': 'secret' }));
    expect(page.canRestart).toBe(false);
    const again = asStep(await world.send(page, {}, { step: 'restart' }));
    expect([currentStep(again), again.done]).toEqual(['challenge:totp', ['password']]);
  });
});

describe('a denial', () => {
  test('of a rule is shown, and written down with the rule', async () => {
    const world = createWorld({ app: { kind: 'deny' } });
    await world.addUser('ann', [credential('password', 'secret')]);
    const page = await world.beginSignIn();
    expect(currentStep(page)).toBe('denied:rule');
    expect(world.lines).toMatchObject([
      {
        event: 'sign_in.denied',
        outcome: 'deny',
        reason: 'rule',
        rule: 'session: always; app: always',
        client: 'notes',
      },
    ]);
  });

  const refused: NonNullable<Parameters<typeof createWorld>[0]> = {
    app: [
      { name: 'Refused', when: { groups: { any: ['refused'] } }, then: { kind: 'deny' } },
      { name: 'Rest', when: {}, then: allow(factors(1)) },
    ],
  };
  const secret = { 'credentials.passcode': 'secret' };

  test('is written down once, however often its page is shown', async () => {
    const world = createWorld(refused);
    await world.addUser('ann', [credential('password', 'secret')], { groups: ['refused'] });
    await world.identify('ann', secret);
    expect(world.events()).toEqual(['authenticator.verified password', 'sign_in.denied rule']);
    await world.view();
    await world.view();
    expect(currentStep(await world.send({ handle: 'none' }))).toBe('denied:rule');
    expect(world.events()).toEqual([]);
  });

  test('is recorded again for another reason, and once the user starts again', async () => {
    const world = createWorld(refused);
    await world.addUser('ann', [credential('password', 'secret')], { status: 'suspended' });
    await world.addUser('bob', [credential('password', 'secret')], { groups: ['refused'] });
    await world.identify('ann', secret);
    const ann = await world.user('ann');
    await world.write({ op: 'put', key: userKey(ann.id), value: serializeUser({ ...ann, groups: ['refused'] }) });
    expect(world.events()).toContain('sign_in.denied account_inactive');
    const page = asStep(await world.view());
    expect(currentStep(page)).toBe('denied:rule');
    expect(world.events()).toEqual(['sign_in.denied rule']);
    const first = asStep(await world.send(page, {}, { step: 'restart' }));
    await world.send(first, { identifier: 'bob', ...secret });
    expect(world.events()).toEqual(['authenticator.verified password', 'sign_in.denied rule']);
  });

  test('of a level that cannot be reached goes back to the app, and the sign-in is over', async () => {
    const world = createWorld({ acrLevels: [{ value: '3fa', requirement: factors(3) }] });
    await world.addUser('ann', [credential('password', 'secret')]);
    const page = asStep(
      await world.send(await world.beginSignIn({ acrValues: ['3fa'], acrEssential: true }), { identifier: 'ann' }),
    );
    const result = await world.send(page, { 'credentials.passcode': 'secret' });
    expect(result).toEqual({ kind: 'cancelled', reason: 'unmet' });
    expect(world.events()).toContain('sign_in.denied acr_unattainable');
    expect(await world.transaction()).toBeUndefined();
  });

  test('for another reason is shown, and the sign-in stays', async () => {
    const world = createWorld();
    await world.addUser('ann', [credential('password', 'secret')], { status: 'suspended' });
    const result = await world.identify('ann', { 'credentials.passcode': 'secret' });
    expect(currentStep(result)).toBe('denied:account_inactive');
    expect(world.events()).toEqual(['authenticator.verified password', 'sign_in.denied account_inactive']);
    expect(await world.transaction()).toBeDefined();
  });
});

describe('another option', () => {
  const key = fakeAuthenticator({ key: 'key' });

  async function annWithTwo() {
    const world = createWorld({ ...twoFactors, authenticators: [password, totp, key] });
    await world.addUser('ann', [
      credential('password', 'secret'),
      credential('totp', '123', { label: 'Phone' }),
      credential('totp', '456', { id: 'totp2', label: 'Tablet' }),
      credential('key', 'k', { label: 'Ring' }),
    ]);
    return { world, page: await world.identify('ann', { 'credentials.passcode': 'secret' }) };
  }

  test('the list shows each, two of a kind by their names', async () => {
    const { world, page } = await annWithTwo();
    const list = asStep(await world.send(page, {}, { step: 'select' }));
    expect(list.step).toMatchObject({
      kind: 'select',
      options: [
        { authenticator: 'totp', enrollment: 'totp', label: 'Phone' },
        { authenticator: 'totp', enrollment: 'totp2', label: 'Tablet' },
        { authenticator: 'key' },
      ],
    });
    expect(list.redirects).toBe(true);
  });

  test('the only one of a kind that one challenge serves has its name, two have none', async () => {
    const shared = (name: string) => fakeAuthenticator({ key: name }, { sharedChallenge: true });
    const world = createWorld({ ...twoFactors, authenticators: [password, shared('one'), shared('two')] });
    await world.addUser('ann', [
      credential('password', 'secret'),
      credential('one', '1', { label: 'Only' }),
      credential('two', '2', { label: 'Phone' }),
      credential('two', '3', { id: 'two2', label: 'Tablet' }),
    ]);
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    const list = asStep(await world.send(page, {}, { step: 'select' }));
    expect(list.step.kind === 'select' && list.step.options).toEqual([
      { authenticator: 'one', label: 'Only' },
      { authenticator: 'two' },
    ]);
  });

  test.each<[string, string | undefined, string]>([
    ['by its kind', 'key', 'challenge:key'],
    ['by its kind, of several', 'totp', 'challenge:totp'],
    ['by its id', 'totp:totp2', 'challenge:totp'],
    ['that is not there', 'mail', 'select'],
    ['of an id that is not there', 'totp:other', 'select'],
    ['that is none', undefined, 'select'],
    ['that is empty', '', 'select'],
  ])('%s', async (_what, id, expected) => {
    const { world, page } = await annWithTwo();
    const list = asStep(await world.send(page, {}, { step: 'select' }));
    const fields = id === undefined ? {} : { 'authenticator.id': id };
    const picked = asStep(await world.send(list, fields, { step: 'select' }));
    expect(currentStep(picked)).toBe(expected);
    const answered = asStep(await world.send(list, fields));
    // The list as the main form of its own page: the first answer took its version.
    if (expected !== 'select') expect(noticesOf(answered)).toEqual(['info form.stale']);
  });

  test('the list as a form: an answer without a choice stays there', async () => {
    const { world, page } = await annWithTwo();
    const list = asStep(await world.send(page, {}, { step: 'select' }));
    const none = await world.send(list, {});
    expect([currentStep(none), noticesOf(none)]).toEqual(['select', ['error authenticator.required authenticator.id']]);
    expect(none).toMatchObject({ redirects: false, refused: true });
    const chosen = asStep(await world.send(list, { 'authenticator.id': 'totp:totp2' }));
    expect(chosen.step).toMatchObject({
      kind: 'challenge',
      enrollment: 'totp2',
      label: 'Tablet',
      challenge: { of: 'totp2' },
    });
    expect(currentStep(await world.send(chosen, { 'credentials.passcode': '456' }))).toBe('complete');
  });

  test('before a proof the page discloses neither how many there are nor their names', async () => {
    const { world } = await annWithTwo();
    const page = await world.identify('ann');
    const list = asStep(await world.send(page, {}, { step: 'select' }));
    expect(list.step).toMatchObject({
      options: [{ authenticator: 'password' }, { authenticator: 'totp' }, { authenticator: 'key' }],
    });
    expect(JSON.stringify(list.step)).not.toMatch(/Phone|totp2|Ring/);
  });

  test('the list of what can be enrolled offers another option, too', async () => {
    const enrollable = (name: string) => fakeAuthenticator({ key: name, enrollable: true });
    const authenticators = [password, enrollable('totp'), enrollable('key')];
    const world = createWorld({ authenticators, enrollment: { required: [{ anyOf: ['totp', 'key'] }] } });
    await world.addUser('ann', [credential('password', 'secret')]);
    const list = await world.identify('ann', { 'credentials.passcode': 'secret' });
    expect(list.step).toMatchObject({ kind: 'select', purpose: 'enroll' });
    expect(currentStep(await world.send(list, { 'authenticator.id': 'key' }))).toBe('enroll:key');
  });

  test('the address that was typed is challenged first, until a proof shows that there are several', async () => {
    const mail = fakeAuthenticator(
      { key: 'mail' },
      { matchesIdentifier: ({ secret }, identifier) => secret.text === identifier },
    );
    const world = createWorld({ authenticators: [password, totp, mail] });
    await world.addUser('ann', [
      credential('mail', 'one@example.org'),
      credential('mail', 'ann', { id: 'mail2' }),
      credential('mail', 'three@example.org', { id: 'mail3' }),
    ]);
    expect((await world.identify('ann')).step).toMatchObject({ kind: 'challenge', challenge: { of: 'mail2' } });
  });

  test('an interrupted transaction is found again as it was', async () => {
    const { world, page } = await annWithTwo();
    const other = asStep(await world.send(page, { 'authenticator.id': 'key' }, { step: 'select' }));
    world.clock.now += 10;
    const back = asStep(await world.send(other, { 'authenticator.id': 'totp:totp' }, { step: 'select' }));
    expect((await world.transaction())?.pending?.expires).toBe(start + 300);
    expect(currentStep(back)).toBe('challenge:totp');
  });
});

describe('skip', () => {
  const offered = { enrollment: { optional: ['totp'] } };
  const earlier = { optional: { count: 2, at: start - 50 } };

  test('continues without optional enrollments, and counts the skip with the account', async () => {
    const world = createWorld(offered);
    await world.addUser('ann', [credential('password', 'secret')], { skipped: { key: earlier } });
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    expect(currentStep(page)).toBe('enroll:totp');
    world.events();
    expect(await world.send(page, {}, { step: 'skip' })).toMatchObject({ kind: 'complete' });
    expect(world.lines).toMatchObject([{ subject: 'user-ann', client: 'notes', ip: '192.0.2.1', transaction: 'tx' }]);
    expect(world.events()).toEqual(['enrollment.skipped totp optional']);
    expect((await world.user('ann')).skipped).toEqual({ key: earlier, totp: { optional: { count: 1, at: start } } });
    expect((await world.transaction())?.skipped).toEqual(['totp']);
  });

  test('leads to what else is offered', async () => {
    const key = fakeAuthenticator({ key: 'key', enrollable: true });
    const promoted = [{ authenticator: 'key', cooldown: 60 }];
    const world = createWorld({
      authenticators: [password, totp, key],
      enrollment: { optional: ['totp'], promoted },
    });
    await world.addUser('ann', [credential('password', 'secret')]);
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    expect(currentStep(page)).toBe('enroll:totp');
    const next = await world.send(page, {}, { step: 'skip' });
    expect([currentStep(next), next]).toMatchObject(['enroll:key', { redirects: true }]);
  });

  test('of two tabs one is counted', async () => {
    const world = createWorld(offered);
    await world.addUser('ann', [credential('password', 'secret')]);
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    const { groups } = await world.user('ann');
    world.store.beforeNextCommit(() => world.addUser('ann', [credential('password', 'secret')], { groups }));
    await expect(world.send(page, {}, { step: 'skip' })).rejects.toMatchObject({ failed: { op: 'replace' } });
  });

  test('the identify page cannot be skipped', async () => {
    const world = await annInTwoSteps();
    const result = await world.send(await world.beginSignIn(), {}, { step: 'skip' });
    expect([currentStep(result), noticesOf(result)]).toEqual(['identify', ['info form.stale']]);
  });

  test.each<[string, string]>([
    ['a challenge', 'ann'],
    ['a challenge of an unknown user', 'unknown'],
  ])('%s cannot be skipped', async (_what, identifier) => {
    const world = await annInTwoSteps();
    const page = await world.identify(identifier);
    const result = await world.send(page, {}, { step: 'skip' });
    expect([currentStep(result), noticesOf(result)]).toEqual([currentStep(page), ['info form.stale']]);
    expect(result).toMatchObject({ redirects: false, refused: false });
  });
});

/** Sends a message with each challenge. */
function sendingMail() {
  return fakeAuthenticator(
    { key: 'mail' },
    {
      sendLimits: [{ limit: 2, window: 600 }],
      challenge: async (credentials, { now }) => ({
        inputs: ['one_time_code'],
        public: { resend: true },
        private: {},
        expires: now + 300,
        ...(credentials && {
          deliver: [{ channel: 'email', to: 'ann@example.org', template: 'code', params: {}, expires: now + 300 }],
        }),
      }),
    },
  );
}

describe('where a page is shown', () => {
  /** What came with the form, and whether the step is shown under its own address. */
  test('a step with a new notice is answered without a redirect', async () => {
    const mail = sendingMail();
    const world = createWorld({ ...twoFactors, authenticators: [password, mail] });
    await world.addUser('ann', [credential('password', 'secret'), credential('mail', '1')]);
    const says = [];
    for (let round = 0; round < 3; round += 1) {
      const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
      says.push([currentStep(page), page.redirects, page.refused, ...noticesOf(page)]);
    }
    expect(says).toEqual([
      ['challenge:mail', true, false],
      ['challenge:mail', true, false],
      ['challenge:mail', false, false, 'error send.exceeded'],
    ]);
  });

  test('a wrong answer stays on its page', async () => {
    const world = await annInTwoSteps();
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    const wrong = await world.send(page, { 'credentials.passcode': '999' });
    expect(wrong).toMatchObject({ redirects: false, refused: true });
    expect(noticesOf(wrong)).toEqual(['error credentials.invalid credentials.passcode']);
  });

  test('so does a wrong secret on the identification page, which keeps the typed text', async () => {
    const world = await annInTwoSteps();
    const wrong = await world.identify('ann', { 'credentials.passcode': 'wrong' });
    expect(wrong).toMatchObject({ redirects: false, refused: true, version: 2 });
  });
});

describe('a browser that is known', () => {
  const strongest = {
    at: start - 10,
    used: ['totp'],
    usual: { since: start - 10, session: 'earlier', validAfter: start - 1000 },
  };
  const weakened = { ...strongest, usual: { ...strongest.usual, validAfter: start - 1001 } };
  const weaker = { at: start - 10, used: ['password'] };

  test.each<[string, object | undefined, 1 | 2, boolean, boolean]>([
    ['the strongest level', strongest, 2, false, true],
    ['the strongest level', strongest, 1, false, true],
    ['the strongest level', strongest, 2, true, false],
    ['the strongest level, before the account got stronger', weakened, 1, false, true],
    ['the strongest level, before the account got stronger', weakened, 2, false, false],
    ['a weaker level', weaker, 1, false, true],
    // An attacker who planted the secret must not share what such a sign-in makes of the browser.
    ['a weaker level', weaker, 2, false, false],
    ['no level', undefined, 1, false, false],
    ['no level', undefined, 2, false, false],
  ])('used before at %s (%j), now with %d factors, asked to remember %s: it keeps its secret %s', async (...row) => {
    const [, before, asked, remembers, keeps] = row;
    const app = allow(factors(asked), { remember: 86_400 });
    const world = createWorld({ app, visitor: { browserSecret: 'browser-secret' } });
    await world.addUser('ann', [credential('password', 'secret'), credential('totp', '123')]);
    const value = JSON.stringify(before ? { 'user-ann': before } : {});
    await world.write({ op: 'put', key: usedBrowserKey('browser-secret'), value });
    const beginning = await world.beginSignIn();
    const first = await world.send(beginning, { identifier: 'ann', 'credentials.passcode': 'secret' });
    const fields = { 'credentials.passcode': '123', ...(remembers ? { rememberDevice: 'yes' } : {}) };
    const end = asked === 1 ? first : await world.send(asStep(first), fields);
    expect(end).toMatchObject({ kind: 'complete', browserSecret: expect.any(String) });
    const given = end.kind === 'complete' ? end.browserSecret : '';
    expect(given === 'browser-secret').toBe(keeps);
    const isStrongest = asked === 2;
    expect((await world.transaction())?.givenSecret).toEqual({
      hash: browserSecretHash(given),
      ...(isStrongest && { validAfter: start - 1000 }),
    });
  });
});
