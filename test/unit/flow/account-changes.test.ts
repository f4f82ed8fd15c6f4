/** Each change that users make to their own account: what is written, notified and audited. */

import { describe, expect, test } from '@jest/globals';
import { neutralRequest } from '../../../src/core/model/neutral-facts.ts';
import {
  addedAddress,
  addressName,
  askForAddress,
  confirmAddress,
  removeAddress,
} from '../../../src/flow/account/addresses.ts';
import { endAccessOf } from '../../../src/flow/account/apps.ts';
import { forgetDevice } from '../../../src/flow/account/devices.ts';
import type { OpenAccount } from '../../../src/flow/account/open-account.ts';
import {
  endAllOtherSessions,
  endOneSession,
  removeAuthenticator,
  renameAuthenticator,
} from '../../../src/flow/account/recorded-changes.ts';
import type { SsoSession } from '../../../src/flow/browser/sso-session.ts';
import { loadAccount } from '../../../src/flow/facts/account.ts';
import { gatherFacts } from '../../../src/flow/facts/gather.ts';
import { createWorld, credential, start } from './sign-in-fixture.ts';

const session: SsoSession = {
  uid: 'mine',
  accountId: 'user-ann',
  startedAt: start,
  authorizations: {},
  evidence: [],
  payload: {},
  validAfter: start - 1000,
};
const request = neutralRequest('stepgate-account', ['openid']);

/** Ann, who is notified by mail, changes her account. */
async function ann(options: Parameters<typeof createWorld>[0] = {}) {
  const world = createWorld(options);
  const remembered = [
    {
      id: 'browser',
      browser: 'd',
      factors: [],
      characteristics: [],
      at: start,
      until: start + 60,
      validAfter: start - 1000,
      ip: '',
      userAgent: '',
    },
  ];
  await world.addUser('ann', [credential('password', 'x'), credential('totp', 'y', { label: 'Phone', remembered })], {
    profile: { email: 'ann@example.org', emailVerified: true },
  });
  const change = <Result>(act: (open: OpenAccount) => Promise<Result> | Result): Promise<Result> =>
    world.inRequest('none', async ({ unit, visitor }) => {
      const { services, snapshot, clock } = world;
      const account = await loadAccount(unit, 'user-ann');
      const app = await snapshot.app('notes');
      if (!account || !app) throw new Error('no account');
      const facts = await gatherFacts({ unit, snapshot, visitor, now: clock.now }, { request, subjectId: 'user-ann' });
      return act({
        services,
        unit,
        visitor,
        account,
        session,
        snapshot,
        policies: await snapshot.policies(app),
        facts,
      });
    });
  const told = async () => (await world.outbox()).map(({ delivery }) => [delivery?.to, delivery?.params.event]);
  return { world, change, told };
}

const line = {
  outcome: 'success',
  subject: 'user-ann',
  client: 'stepgate-account',
  ip: '192.0.2.1',
  policyRevision: 7,
};

test('the access of an app can be ended by the user, also of one that has none', async () => {
  const { world, change, told } = await ann();
  const partner = { id: 'x', clientId: 'partner', name: 'Partner', texts: {} };
  await change((open) => endAccessOf(open, partner));
  expect(await change(({ account }) => account.user.apps)).toEqual({ partner: { validAfter: start } });
  await change((open) => endAccessOf(open, partner));
  expect(await change(({ account }) => account.user.apps)).toEqual({ partner: { validAfter: start + 1 } });
  expect(world.lines.map(({ event }) => event)).toEqual(['account.app_access_ended', 'account.app_access_ended']);
  expect((await told())[0]).toEqual(['ann@example.org', 'app_access_ended']);
});

describe('an authenticator', () => {
  test('can be renamed by the user', async () => {
    const { world, change, told } = await ann();
    await change((open) => renameAuthenticator(open, 'totp', 'Tablet'));
    expect((await world.credentials('ann'))[1]?.label).toBe('Tablet');
    expect(world.lines).toMatchObject([{ event: 'account.renamed', ...line, authenticator: 'totp' }]);
    expect(await told()).toEqual([['ann@example.org', 'renamed']]);
    expect((await world.outbox())[0]?.delivery?.params).toMatchObject({
      label: 'Tablet',
      formerLabel: 'Phone',
      ended: '',
    });
  });

  test('is removed, and all other sessions end', async () => {
    const { world, change, told } = await ann();
    await world.addSession('mine', session);
    await change((open) => removeAuthenticator(open, 'totp'));
    expect((await world.credentials('ann')).map(({ id }) => id)).toEqual(['password']);
    expect((await world.user('ann')).validAfter).toBe(start);
    expect(world.kept).toEqual([['mine', start, true]]);
    expect(world.lines).toMatchObject([
      { event: 'account.removed', ...line, authenticator: 'totp', otherSessionsEnded: true },
    ]);
    expect(await told()).toEqual([['ann@example.org', 'removed']]);
  });
});

describe('sessions and browsers', () => {
  test('one session ends', async () => {
    const { world, change, told } = await ann();
    await change((open) => endOneSession(open, { ...session, uid: 'other' }));
    expect(world.ended).toEqual(['other']);
    expect(world.lines).toMatchObject([{ event: 'account.session_ended', ...line }]);
    expect(await told()).toEqual([['ann@example.org', 'session_ended']]);
  });

  test('all other sessions end, without the tokens of this one', async () => {
    const { world, change } = await ann();
    await world.addSession('mine', session);
    await change(endAllOtherSessions);
    expect(world.kept).toEqual([['mine', start, false]]);
    expect(world.lines).toMatchObject([{ event: 'account.sessions_ended', ...line, otherSessionsEnded: true }]);
    // The text says so by itself.
    expect((await world.outbox())[0]?.delivery?.params).toMatchObject({ event: 'sessions_ended', ended: '' });
  });

  test('a browser is no longer remembered', async () => {
    const { world, change } = await ann();
    await change((open) => forgetDevice(open, { id: 'browser' } as Parameters<typeof forgetDevice>[1]));
    expect((await world.credentials('ann'))[1]).not.toHaveProperty('remembered');
    expect(world.lines).toMatchObject([{ event: 'account.device_forgotten', ...line }]);
  });
});

describe('an address', () => {
  /** The code that was sent. */
  async function asked() {
    const made = await ann();
    expect(await made.change((open) => askForAddress(open, ' New@Example.org '))).toBeUndefined();
    const [message] = await made.world.outbox();
    expect(made.world.events()).toEqual(['message.queued']);
    return { ...made, code: String(message?.delivery?.params.code), to: message?.delivery?.to };
  }

  test('is added with the code that was sent there, and notified as well', async () => {
    const { world, change, told, code, to } = await asked();
    expect(await change((open) => confirmAddress(open, ` ${code.slice(0, 3)} ${code.slice(3)}`))).toBeUndefined();
    const user = await world.user('ann');
    expect(user.notificationAddresses).toEqual([{ address: to, addedAt: start }]);
    expect(user.askedAddress).toBeUndefined();
    expect(world.lines).toMatchObject([{ event: 'account.address_added', ...line }]);
    expect(await told()).toEqual([
      ['ann@example.org', 'address_added'],
      [to, 'address_added'],
    ]);
  });

  test.each([
    ['', 'credentials.required', []],
    ['12345', 'credentials.malformed', []],
    ['wrong', 'credentials.malformed', []],
    [undefined, 'credentials.invalid', ['account.address_refused credentials.invalid']],
  ])('is not added with the code %j', async (text, code, events) => {
    const { world, change, code: right } = await asked();
    const wrong = right === '000000' ? '000001' : '000000';
    expect(await change((open) => confirmAddress(open, text ?? wrong))).toMatchObject({
      code,
      level: 'error',
      field: 'passcode',
    });
    expect(world.events()).toEqual(events);
    expect((await world.user('ann')).notificationAddresses).toBeUndefined();
  });

  test('is not added once the code is too old', async () => {
    const { world, change, code } = await asked();
    world.clock.now += 600;
    expect(await change((open) => confirmAddress(open, code))).toMatchObject({ code: 'challenge.expired' });
  });

  test('is removed, and all addresses are notified, this one too', async () => {
    const { world, change, told, code, to = '' } = await asked();
    await change((open) => confirmAddress(open, code));
    world.events();
    const before = (await told()).length;
    const removed = await change((open) => {
      const found = addedAddress(open, addressName(open, to));
      if (!found) throw new Error('it has no name');
      return removeAddress(open, found);
    });
    expect(removed).toBeUndefined();
    expect((await world.user('ann')).notificationAddresses).toEqual([]);
    expect(world.lines).toMatchObject([{ event: 'account.address_removed', ...line }]);
    expect((await told()).slice(before)).toEqual([
      ['ann@example.org', 'address_removed'],
      [to, 'address_removed'],
    ]);
  });

  test('is not asked for where no mail goes out', async () => {
    const { world, change } = await ann({ canMail: false });
    expect(await change((open) => askForAddress(open, 'new@example.org'))).toMatchObject({
      code: 'account.address.no_mail',
    });
    expect(await world.outbox()).toEqual([]);
  });
});
