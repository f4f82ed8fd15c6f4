/** oidc-provider's storage on a store in maps: what is found, what has ended, and which of two requests wins. */

import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { SsoSession } from '../../../src/flow/browser/sso-session.ts';
import type { TokenBasis } from '../../../src/flow/facts/token-basis.ts';
import { createRequestScope, type RequestScope, runInScope } from '../../../src/oidc/request-scope.ts';
import { createAdapter } from '../../../src/oidc/storage/adapter.ts';
import { successorOf, tokenHash } from '../../../src/oidc/storage/refresh-family.ts';
import { revokeGrant } from '../../../src/oidc/storage/revoke-grant.ts';
import { keyOf } from '../../../src/stores/key-table.ts';
import {
  credentialsKey,
  grantKey,
  interactionKey,
  pollingIntervalKey,
  ssoSessionKey,
  transactionKey,
  userKey,
} from '../../../src/stores/keys.ts';
import type { Store } from '../../../src/stores/store.ts';
import { Conflict, UnitOfWork } from '../../../src/stores/unit-of-work.ts';
import { newUser } from '../../../src/users/directory/changes.ts';
import { serializeUser, type User } from '../../../src/users/record/user.ts';
import { proof, silentFacts } from '../../core/support/fixtures.ts';
import { type FakeStore, fakeStore } from '../../support/stores/fake-store.ts';

const now = 1_800_000_000;
const user = newUser({ identifiers: ['ann'] }, ['ann'], now - 60);
const tokens = ['AuthorizationCode', 'DeviceCode', 'RefreshToken', 'AccessToken'];

let store: FakeStore;
let adapter: (model: string) => Adapter;
let clock: number;

/** Clients whose id ends in a number have so many seconds of grace. */
function adapterOn(on: Store, client: (id: string) => Promise<AdapterPayload | undefined>): typeof adapter {
  const refreshTokenGrace = (id: string) => Number(/\d*$/.exec(id)?.[0]);
  return createAdapter({ store: on, client, refreshTokenGrace, now: () => clock });
}

beforeEach(() => {
  store = fakeStore();
  const clients: Readonly<Record<string, AdapterPayload>> = { notes: { client_id: 'notes' } };
  clock = now;
  adapter = adapterOn(store, async (id) => clients[id]);
});

function newScope(of: Store = store): RequestScope {
  return createRequestScope(new UnitOfWork(of), { ip: '192.0.2.1', userAgent: '', acceptLanguage: '' });
}

/** One request: its unit is committed at its end. */
async function request<T>(run: (scope: RequestScope) => Promise<T>, scope = newScope()): Promise<T> {
  const result = await runInScope(scope, () => run(scope));
  await scope.unit.commit();
  return result;
}

async function writeUser(changes: Partial<User> = {}): Promise<void> {
  const value = serializeUser({ ...user, ...changes });
  await store.commit([{ op: 'put', key: userKey(user.id), value, refs: [credentialsKey(user.id)] }]);
}

/** A sign-in of the account: a grant, and one of each kind of token, in the session `s`. */
async function issue(): Promise<void> {
  await writeUser();
  await request(() => adapter('Grant').upsert('g', { accountId: user.id, exp: now + 600 }, 600));
  await request(async () => {
    await adapter('Grant').find('g');
    for (const model of tokens) await adapter(model).upsert(model, payloadOf(model), 60);
  });
}

function payloadOf(model: string): AdapterPayload {
  return { kind: model, grantId: 'g', accountId: user.id, sessionUid: 's' };
}

/** Without the id, which every token gets back. */
async function find(model: string, id = model): Promise<AdapterPayload | undefined> {
  const found = await request(async () => (await adapter(model).find(id)) ?? undefined);
  return found && without(found);
}

function without({ jti: _id, ...payload }: AdapterPayload): AdapterPayload {
  return payload;
}

async function keptSession(changes: Partial<SsoSession>): Promise<void> {
  const session = { uid: 's', accountId: user.id, startedAt: 0, authorizations: {}, evidence: [], payload: {} };
  await store.commit([{ op: 'put', key: ssoSessionKey('s'), value: JSON.stringify({ ...session, ...changes }) }]);
}

describe('tokens live as long as their grant and their account', () => {
  const before = user.validAfter;
  /** What happens to the account, and whether the grant and the tokens are found afterwards. */
  test.each<[string, () => Promise<unknown>, { readonly grant: boolean; readonly tokens: boolean }]>([
    ['nothing', async () => undefined, { grant: true, tokens: true }],
    ['it gets a new profile', () => writeUser({ profile: { displayName: 'Ann' } }), { grant: true, tokens: true }],
    ['it is suspended', () => writeUser({ status: 'suspended' }), { grant: false, tokens: false }],
    ['it is deactivated', () => writeUser({ status: 'deactivated' }), { grant: false, tokens: false }],
    ['it is reset', () => writeUser({ validAfter: now }), { grant: true, tokens: false }],
    ['it is deleted', () => store.commit([{ op: 'delete', key: userKey(user.id) }]), { grant: false, tokens: false }],
    [
      'the grant is revoked',
      () => store.commit([{ op: 'delete', key: grantKey('g') }]),
      { grant: false, tokens: false },
    ],
    [
      'its sessions end but this one, which keeps its tokens',
      async () => {
        await writeUser({ validAfter: now });
        await keptSession({ validAfter: now, validSince: before });
      },
      { grant: true, tokens: true },
    ],
    [
      'its sessions end but this one, without its tokens',
      async () => {
        await writeUser({ validAfter: now });
        await keptSession({ validAfter: now });
      },
      { grant: true, tokens: false },
    ],
    [
      'it is reset, and the session is of another user',
      async () => {
        await writeUser({ validAfter: now });
        await keptSession({ accountId: 'other', validAfter: now, validSince: before });
      },
      { grant: true, tokens: false },
    ],
  ])('%s', async (_what, happens, found) => {
    await issue();
    await happens();
    expect((await find('Grant', 'g')) !== undefined).toBe(found.grant);
    for (const model of tokens) expect(await find(model)).toEqual(found.tokens ? payloadOf(model) : undefined);
  });

  test('a token without a session ends with the reset', async () => {
    await writeUser();
    const { sessionUid: _, ...payload } = payloadOf('RefreshToken');
    await request(async () => {
      await adapter('Grant').upsert('g', { accountId: user.id }, 600);
      await adapter('RefreshToken').upsert('r', payload, 60);
    });
    expect(await find('RefreshToken', 'r')).toEqual(payload);
    await writeUser({ validAfter: now });
    expect(await find('RefreshToken', 'r')).toBeUndefined();
  });

  test('a token that this very request has issued within the continued session counts', async () => {
    await writeUser();
    await keptSession({ validAfter: now, validSince: before });
    const { grantId: _, ...payload } = payloadOf('AccessToken');
    const found = await request(async ({ unit }) => {
      await adapter('AccessToken').upsert('a', payload, 60);
      unit.put(userKey(user.id), { value: serializeUser({ ...user, validAfter: now }) });
      return adapter('AccessToken').find('a');
    });
    expect(found).toEqual({ ...payload, jti: 'a' });
  });

  test('a payload without an account and a grant is found', async () => {
    await request(() => adapter('AccessToken').upsert('c', { clientId: 'notes' }, 60));
    expect(await find('AccessToken', 'c')).toStrictEqual({ clientId: 'notes' });
    expect(await find('AccessToken', 'none')).toBeUndefined();
  });

  test('an interaction is found whatever happens to its account', async () => {
    await writeUser();
    await request(() => adapter('Interaction').upsert('i', { accountId: user.id, grantId: 'none' }, 60));
    await writeUser({ status: 'suspended' });
    expect(await find('Interaction', 'i')).toEqual({ accountId: user.id, grantId: 'none' });
  });
});

describe('one round trip', () => {
  /** The model, its id and payload, and what a load of it brings along. */
  test.each<[string, string, AdapterPayload, readonly string[]]>([
    ['Interaction', 'i', { session: { uid: 's' } } as AdapterPayload, [transactionKey('i'), ssoSessionKey('s')]],
    ['Interaction', 'i', {}, [transactionKey('i')]],
    ['Grant', 'g', { accountId: 'u' }, [userKey('u')]],
    ['DeviceCode', 'd', { grantId: 'g' }, [pollingIntervalKey(keyOf('device-code', 'd')), grantKey('g')]],
    [
      'RefreshToken',
      'r',
      { grantId: 'g', sessionUid: 's', accountId: 'u' },
      [grantKey('g'), ssoSessionKey('s'), userKey('u')],
    ],
    ['AccessToken', 'c', {}, []],
  ])('%s %s brings what it depends on', async (model, id, payload, refs) => {
    await request(() => adapter(model).upsert(id, payload, 60));
    const written = store.commits.flat().find((op) => op.op === 'create');
    expect(written).toMatchObject({ refs, ttl: 60 });
  });

  test.each(tokens)('%s is found with one load', async (model) => {
    await issue();
    const { length } = store.loads;
    expect(await find(model)).toBeDefined();
    expect(store.loads.length - length).toBe(1);
  });
});

describe('what is consumed', () => {
  test.each<[string, new (...args: never[]) => Error, string]>([
    ['AuthorizationCode', errors.InvalidGrant, 'authorization code already consumed'],
    ['DeviceCode', errors.InvalidGrant, 'device code already consumed'],
    ['AccessToken', errors.InvalidRequest, 'already used'],
  ])('%s goes to one of two, and the grant ends with the second', async (model, error, text) => {
    await issue();
    const first = newScope();
    const second = newScope();
    for (const scope of [first, second]) await runInScope(scope, () => adapter(model).consume(model));
    await first.unit.commit();
    expect((await find(model))?.consumed).toBe(1);
    const lost = await second.unit.commit().catch((cause: unknown) => cause);
    expect(lost).toBeInstanceOf(error);
    expect(Object.values(lost as object).join(' ')).toContain(text);
    for (const token of tokens) expect(await find(token)).toBeUndefined();
    expect(await find('Grant', 'g')).toBeUndefined();
  });

  test('a pushed request has an error of its own, and ends no grant', async () => {
    await request(() => adapter('PushedAuthorizationRequest').upsert('p', {}, 60));
    await request(() => adapter('PushedAuthorizationRequest').consume('p'));
    await expect(request(() => adapter('PushedAuthorizationRequest').consume('p'))).rejects.toBeInstanceOf(
      errors.InvalidRequestUri,
    );
  });
});

describe('a grant that is revoked', () => {
  test('knows the newest families of refresh tokens, and nothing else of what was issued', async () => {
    await issue();
    expect(await familiesOf('g')).toEqual([refreshKey('RefreshToken')]);
    for (let index = 0; index < 20; index += 1) {
      await request(async () => {
        await adapter('Grant').find('g');
        await adapter('RefreshToken').upsert(`r${index}`, payloadOf('RefreshToken'), 60);
      });
    }
    expect(await familiesOf('g')).toEqual(Array.from({ length: 16 }, (_, index) => refreshKey(`r${index + 4}`)));
  });

  test('keeps its families, and its life, when something more is granted', async () => {
    await issue();
    await request(async () => {
      await adapter('Grant').find('g');
      await adapter('RefreshToken').upsert('r', payloadOf('RefreshToken'), 60);
    });
    await request(async () => {
      await adapter('Grant').find('g');
      await adapter('Grant').upsert('g', { accountId: user.id, exp: now + 700 }, 700);
    });
    expect(await familiesOf('g')).toEqual([refreshKey('RefreshToken'), refreshKey('r')]);
    await request(async () => {
      await adapter('Grant').find('g');
      await adapter('RefreshToken').upsert('s', payloadOf('RefreshToken'), 60);
    });
    expect(store.commits.at(-1)?.find((op) => 'key' in op && op.key === grantKey('g'))).toMatchObject({ ttl: 700 });
  });

  test.each<[string, () => Promise<void>]>([
    ['by the request', () => request(() => adapter('RefreshToken').revokeByGrantId('g'))],
    ['by the loser of a race', () => revokeGrant(store, 'g')],
  ])('takes its refresh tokens along, and no token is found: %s', async (_by, revoke) => {
    await issue();
    await revoke();
    const { entries } = await store.load([refreshKey('RefreshToken'), grantKey('g')]);
    expect([...entries.values()].filter(Boolean)).toEqual([]);
    for (const model of tokens) expect(await find(model)).toBeUndefined();
  });

  test('is first made void: none of its tokens is found any more, whatever comes in between', async () => {
    await issue();
    const { length } = store.commits;
    await revokeGrant(store, 'g');
    expect(store.commits[length]).toEqual([{ op: 'delete', key: grantKey('g') }]);
  });

  /** A request revokes the grant `g`. What it does then, and what is found afterwards. */
  test.each<[string, () => Promise<unknown>, readonly string[]]>([
    ['nothing more', async () => undefined, []],
    ['issues a token under it', () => adapter('AccessToken').upsert('late', payloadOf('AccessToken'), 60), []],
    [
      'issues a token under another grant',
      async () => {
        await adapter('Grant').upsert('h', { accountId: user.id }, 600);
        await adapter('AccessToken').upsert('late', { ...payloadOf('AccessToken'), grantId: 'h' }, 60);
      },
      ['late'],
    ],
  ])('and then: %s', async (_what, then, found) => {
    await issue();
    await request(async () => {
      for (const model of tokens) await adapter(model).revokeByGrantId('g');
      await then();
    });
    const left: string[] = [];
    for (const id of [...tokens, 'late']) if (await find(id === 'late' ? 'AccessToken' : id, id)) left.push(id);
    expect(left).toEqual(found);
  });

  test('cannot be issued again by the request that revokes it', async () => {
    await issue();
    const both = request(async () => {
      await adapter('RefreshToken').revokeByGrantId('g');
      await adapter('Grant').upsert('g', { accountId: user.id }, 600);
    });
    await expect(both).rejects.toBeInstanceOf(Conflict);
  });

  test('of two that one request revokes, as a sign-out does, both end', async () => {
    await issue();
    await request(async () => {
      await adapter('Grant').upsert('h', { accountId: user.id }, 600);
      await adapter('AccessToken').upsert('of-h', { ...payloadOf('AccessToken'), grantId: 'h' }, 60);
    });
    await request(async () => {
      for (const grant of ['g', 'h']) await Promise.all(tokens.map((model) => adapter(model).revokeByGrantId(grant)));
    });
    for (const model of tokens) expect(await find(model)).toBeUndefined();
    expect(await find('AccessToken', 'of-h')).toBeUndefined();
  });
});

/** The key of the family. */
function refreshKey(token: string): string {
  return keyOf('refresh-token', token.slice(0, 22));
}

/** As the grant knows them. */
async function familiesOf(grant: string): Promise<unknown> {
  const entry = (await store.load([grantKey(grant)])).entries.get(grantKey(grant));
  return JSON.parse(entry?.value ?? '{}').families;
}

describe('a family of refresh tokens', () => {
  const secret = 'c2VjcmV0';
  const first = `${'F'.repeat(22)}first`;
  const second = successorOf(first, secret);
  const third = successorOf(second, secret);
  const payload = (client: string) => ({ ...payloadOf('RefreshToken'), clientId: client });

  async function begin(client: string): Promise<void> {
    await issue();
    await request(() => adapter('RefreshToken').upsert(first, payload(client), 60));
  }

  /** A request that presents `token` and would answer with `successor`. Its unit is not committed. */
  async function prepare(token: string, successor: string, client: string): Promise<RequestScope> {
    const scope = newScope();
    await runInScope(scope, async () => {
      expect(await adapter('RefreshToken').find(token)).not.toHaveProperty('consumed');
      await adapter('RefreshToken').consume(token);
      await adapter('RefreshToken').upsert(successor, payload(client), 60);
    });
    return scope;
  }

  async function rotate(token: string, successor: string, client: string): Promise<void> {
    await (await prepare(token, successor, client)).unit.commit();
  }

  const isUsed = async (token: string) => 'consumed' in ((await find('RefreshToken', token)) ?? {});

  test('the record knows the newest token, the one before and when, all as hashes', async () => {
    await begin('app10');
    await rotate(first, second, 'app10');
    clock += 3;
    await rotate(second, third, 'app10');
    const key = refreshKey(first);
    const value = (await store.load([key])).entries.get(key)?.value ?? '';
    expect(JSON.parse(value).family).toEqual({
      current: tokenHash(third),
      former: tokenHash(second),
      rotatedAt: now + 3,
    });
    for (const token of [first, second, third]) expect(value).not.toContain(token.slice(22));
  });

  test('takes the same space after many refreshes', async () => {
    await begin('app10');
    let token = first;
    const sizes = new Set<number>();
    for (let round = 0; round < 50; round += 1) {
      const next = successorOf(token, secret);
      await rotate(token, next, 'app10');
      token = next;
      const { entries } = await store.load([refreshKey(first), grantKey('g')]);
      sizes.add(JSON.stringify([...entries.values()].map((entry) => entry?.value.length)).length);
    }
    expect(sizes.size).toBe(1);
    expect(new Set(store.commits.flat().flatMap((op) => ('key' in op ? [op.key] : []))).size).toBe(7);
  });

  /** The grace of the client, what is presented after `first` was replaced, how many seconds later, if it counts. */
  test.each<[string, string, number, boolean]>([
    ['app10', second, 0, true],
    ['app10', second, 100_000, true],
    ['app10', first, 0, true],
    ['app10', first, 10, true],
    ['app10', first, 11, false],
    ['app0', first, 0, false],
    ['app0', second, 0, true],
    ['app10', `${first}x`, 0, false],
    ['app10', first.slice(0, 22), 0, false],
  ])('%s: %s, %i s later', async (client, token, seconds, counts) => {
    await begin(client);
    await rotate(first, second, client);
    clock += seconds;
    expect(await isUsed(token)).toBe(!counts);
  });

  test('a token before the former one was used, however short the time', async () => {
    await begin('app10');
    await rotate(first, second, 'app10');
    await rotate(second, third, 'app10');
    expect([await isUsed(first), await isUsed(second), await isUsed(third)]).toEqual([true, false, false]);
  });

  test('a token of another family is none of this', async () => {
    await begin('app10');
    expect(await find('RefreshToken', `G${first.slice(1)}`)).toBeUndefined();
  });

  test('of two that replace one token at once both continue with the same successor, within the grace', async () => {
    await begin('app10');
    const both = [await prepare(first, second, 'app10'), await prepare(first, second, 'app10')];
    for (const { unit } of both) await unit.commit();
    expect(await isUsed(second)).toBe(false);
    const key = refreshKey(first);
    const written = store.commits.filter((ops) => ops.some((op) => 'key' in op && op.key === key && op.op !== 'check'));
    expect(written.length).toBeLessThanOrEqual(3);
  });

  /** The grace of the client, what the faster request did, and what happens to the grant. */
  test.each<[string, string, () => Promise<unknown>]>([
    ['app0', 'replaced the token', () => rotate(first, second, 'app0')],
    [
      'app10',
      'replaced its successor, too',
      async () => {
        await rotate(first, second, 'app10');
        await rotate(second, third, 'app10');
      },
    ],
    ['app10', 'made another successor of it', () => rotate(first, `${second}x`, 'app10')],
    ['app10', 'destroyed it', () => request(() => adapter('RefreshToken').destroy(first))],
  ])('%s: the slower one is refused and the grant ends when the faster one %s', async (client, _what, faster) => {
    await begin(client);
    const slower = await prepare(first, second, client);
    await faster();
    await expect(slower.unit.commit()).rejects.toBeInstanceOf(errors.InvalidGrant);
    expect(await find('Grant', 'g')).toBeUndefined();
    for (const token of [first, second, third]) expect(await find('RefreshToken', token)).toBeUndefined();
  });

  test('what counted when the request began counts until its end', async () => {
    await begin('app10');
    await rotate(first, second, 'app10');
    clock += 10;
    const late = await prepare(first, second, 'app10');
    clock += 5;
    await late.unit.commit();
    expect(await find('Grant', 'g')).toBeDefined();
  });

  test('a token that is not replaced lives longer, also where another request did the same', async () => {
    await begin('app10');
    const scopes = [newScope(), newScope()];
    for (const scope of scopes)
      await runInScope(scope, async () => {
        await adapter('RefreshToken').find(first);
        await adapter('RefreshToken').upsert(first, { ...payload('app10'), exp: 7 }, 90);
      });
    for (const { unit } of scopes) await unit.commit();
    expect(await find('RefreshToken', first)).toMatchObject({ exp: 7 });
  });

  test('of an account that was reset is gone, and brings nothing back', async () => {
    await begin('app10');
    await writeUser({ validAfter: now });
    expect(await find('RefreshToken', first)).toBeUndefined();
  });
});

describe('ids that came from outside', () => {
  test('form no key, and cannot be read from the store', async () => {
    await issue();
    const id = 'very-secret-token';
    await request(() =>
      adapter('RefreshToken').upsert(id, { ...payloadOf('RefreshToken'), userCode: 'ABCD-EFGH' }, 60),
    );
    const keys = store.commits.flat().map((op) => JSON.stringify('key' in op ? [op.key, 'refs' in op && op.refs] : op));
    expect(keys.filter((key) => key.includes(id) || key.includes('ABCD'))).toEqual([]);
  });

  test.each(tokens.filter((model) => model !== 'DeviceCode'))('stand nowhere in the store: %s', async (model) => {
    await issue();
    await request(() => adapter(model).upsert('secret-0123', { ...payloadOf(model), jti: 'secret-0123' }, 60));
    expect(JSON.stringify(store.commits)).not.toContain('secret-0123');
    expect(await request(() => adapter(model).find('secret-0123'))).toEqual({
      ...payloadOf(model),
      jti: 'secret-0123',
    });
  });

  test.each(['', 'a/b', '../a', 'a b', 'a}', 'ä', 'a\n'])(
    '%j is no interaction, and asks nothing of the store',
    async (id) => {
      expect(await find('Interaction', id)).toBeUndefined();
      expect(store.loads).toEqual([]);
    },
  );

  test('only an interaction has a form of its id', async () => {
    await request(() => adapter('AccessToken').upsert('a/b', { clientId: 'notes' }, 60));
    expect(await find('AccessToken', 'a/b')).toEqual({ clientId: 'notes' });
  });

  test('an interaction goes by its id', async () => {
    await request(() => adapter('Interaction').upsert('Ab_9-z', { returnTo: 'x' }, 60));
    expect(await find('Interaction', 'Ab_9-z')).toEqual({ returnTo: 'x' });
    expect((await store.load([interactionKey('Ab_9-z')])).entries.get(interactionKey('Ab_9-z'))).toBeDefined();
  });

  test('a user code leads to its device code', async () => {
    await request(() => adapter('DeviceCode').upsert('d', { userCode: 'ABCD-EFGH', clientId: 'notes' }, 60));
    const pointer = store.commits.flat().find((op) => op.op === 'put');
    const key = keyOf('device-code', 'd');
    expect(pointer).toMatchObject({ value: key, ttl: 60, refs: [key] });
    const { length } = store.loads;
    expect(await request(() => adapter('DeviceCode').findByUserCode('ABCD-EFGH'))).toMatchObject({ clientId: 'notes' });
    expect(store.loads.length - length).toBe(1);
    expect(await request(() => adapter('DeviceCode').findByUserCode('WXYZ-WXYZ'))).toBeUndefined();
  });
});

describe('writing', () => {
  test('a new id is new, and one that was read is swapped', async () => {
    await request(() => adapter('AccessToken').upsert('a', { n: 1 }, 60));
    await expect(request(() => adapter('AccessToken').upsert('a', { n: 2 }, 60))).rejects.toMatchObject({
      failed: { op: 'create' },
    });
    await request(async () => {
      await adapter('AccessToken').find('a');
      await adapter('AccessToken').upsert('a', { n: 3 }, 60);
    });
    expect(store.commits.at(-1)?.[0]).toMatchObject({ op: 'replace', version: 1 });
    expect(await find('AccessToken', 'a')).toEqual({ n: 3 });
  });

  test('of two requests that end an interaction one continues; a token may be destroyed twice', async () => {
    await request(() => adapter('Interaction').upsert('i', {}, 60));
    await request(() => adapter('Interaction').destroy('i'));
    await expect(request(() => adapter('Interaction').destroy('i'))).rejects.toBeInstanceOf(Conflict);
    await request(() => adapter('AccessToken').upsert('a', {}, 60));
    await request(() => adapter('AccessToken').destroy('a'));
    await request(() => adapter('AccessToken').destroy('a'));
    expect(await find('AccessToken', 'a')).toBeUndefined();
  });

  test('outside a request each call is a unit of work of its own', async () => {
    await adapter('AccessToken').upsert('a', { n: 1 }, 60);
    expect(await find('AccessToken', 'a')).toEqual({ n: 1 });
    await adapter('AccessToken').consume('a');
    expect(await find('AccessToken', 'a')).toEqual({ n: 1, consumed: 1 });
    await adapter('AccessToken').destroy('a');
    expect(await adapter('AccessToken').find('a')).toBeUndefined();
    await adapter('DeviceCode').upsert('d', { userCode: 'U', grantId: 'g' }, 60);
    await adapter('Grant').upsert('g', {}, 60);
    expect(await adapter('DeviceCode').findByUserCode('U')).toMatchObject({ userCode: 'U' });
    await adapter('DeviceCode').revokeByGrantId('g');
    expect(await adapter('DeviceCode').find('d')).toBeUndefined();
  });
});

describe('what a token rests on', () => {
  const { network, ...facts } = silentFacts({});
  const basis: TokenBasis = { ...facts, network: { ip: network.ip }, evidence: [proof('password', 60)] };

  test.each([
    ['AuthorizationCode', basis],
    ['DeviceCode', basis],
    ['RefreshToken', basis],
    ['AccessToken', undefined],
  ])('%s', async (model, expected) => {
    await request(async (scope) => {
      scope.tokenBasis = basis;
      await adapter(model).upsert('t', { clientId: 'notes' }, 60);
    });
    const found = await request(async (scope) => {
      await adapter(model).find('t');
      return scope.tokenBasis;
    });
    expect(found).toEqual(expected);
  });

  test('stays the same when a token is found that rests on nothing', async () => {
    await request(async (scope) => {
      scope.tokenBasis = basis;
      await adapter('RefreshToken').upsert('r', {}, 60);
      await adapter('AccessToken').upsert('a', {}, 60);
    });
    await request(async (scope) => {
      for (const model of ['RefreshToken', 'AccessToken'])
        await adapter(model).find(model === 'RefreshToken' ? 'r' : 'a');
      expect(scope.tokenBasis).toEqual(basis);
    });
  });

  test('nothing where the request set no basis', async () => {
    await request(() => adapter('DeviceCode').upsert('t', { clientId: 'notes' }, 60));
    expect(store.commits.flat()).toMatchObject([{ value: JSON.stringify({ payload: { clientId: 'notes' } }) }]);
  });
});

describe('the other models', () => {
  test('clients are read from the configuration and never written', async () => {
    const clients = adapter('Client');
    expect(await clients.find('notes')).toEqual({ client_id: 'notes' });
    expect(await clients.find('none')).toBeUndefined();
    await expect(clients.upsert('notes', {}, 60)).rejects.toThrow(/configured in files/);
    await expect(clients.destroy('notes')).rejects.toThrow(TypeError);
  });

  test('a model of a feature that is off is not stored, and not found', async () => {
    await expect(adapter('RegistrationAccessToken').upsert('c', {}, 60)).rejects.toThrow(
      'the store has no kind of key for RegistrationAccessToken',
    );
    expect(await adapter('RegistrationAccessToken').find('c')).toBeUndefined();
  });

  test('only sessions have a uid', async () => {
    expect(await adapter('Session').findByUid('s')).toBeUndefined();
    await expect(adapter('Session').consume('s')).rejects.toThrow(/sessions are not consumed/);
    await expect(adapter('AccessToken').findByUid('s')).rejects.toThrow('AccessToken has no uid');
    await expect(adapter('RefreshToken').findByUid('s')).rejects.toThrow('refresh tokens have no uid');
    await expect(adapter('RefreshToken').findByUserCode('s')).rejects.toThrow('refresh tokens have no user code');
  });
});
