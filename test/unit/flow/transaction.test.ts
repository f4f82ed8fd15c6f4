/** The transaction in the store, and what binds a form to it. */

import { describe, expect, test } from '@jest/globals';
import type { Evidence } from '../../../src/core/model/facts.ts';
import { neutralRequest } from '../../../src/core/model/neutral-facts.ts';
import { newTransaction, type Pending, type Transaction } from '../../../src/core/step/transaction.ts';
import { enqueue } from '../../../src/delivery/outbox.ts';
import { type FormBinding, formHandle, readFormHandle } from '../../../src/flow/transaction/form-handle.ts';
import {
  discardTransaction,
  parseTransaction,
  saveTransaction,
  transactionEntry,
} from '../../../src/flow/transaction/store.ts';
import { ssoSessionKey, transactionKey, userKey } from '../../../src/stores/keys.ts';
import type { UnitOfWork } from '../../../src/stores/unit-of-work.ts';
import { createWorld, start } from './sign-in-fixture.ts';

const secret = (byte: number) => Buffer.alloc(32, byte).toString('base64url');
const binding: FormBinding = { transaction: 'tx', step: 'challenge', authenticator: 'totp', version: 3 };

describe('the handle of a form', () => {
  const handle = formHandle(secret(1), binding);

  test('returns the bound values, and shows nothing else', () => {
    expect(readFormHandle([secret(1)], 'tx', handle)).toEqual(binding);
    expect(handle).toMatch(/^3\.challenge\.totp\.[\w-]{43}$/);
    const plain = { ...binding, authenticator: '' };
    expect(readFormHandle([secret(1)], 'tx', formHandle(secret(1), plain))).toEqual(plain);
  });

  test.each<[string, readonly string[], string, string | undefined]>([
    ['none', [secret(1)], 'tx', undefined],
    ['an empty one', [secret(1)], 'tx', ''],
    ['of another transaction', [secret(1)], 'tx2', handle],
    ['under another secret', [secret(2)], 'tx', handle],
    ['under no secret', [], 'tx', handle],
    ['of another version', [secret(1)], 'tx', handle.replace('3.', '4.')],
    ['of another step', [secret(1)], 'tx', handle.replace('challenge', 'enroll')],
    ['of another authenticator', [secret(1)], 'tx', handle.replace('totp', 'password')],
    ['with something before it', [secret(1)], 'tx', `x${handle}`],
    ['with something behind it', [secret(1)], 'tx', `${handle}A`],
    ['with a line break behind it', [secret(1)], 'tx', `${handle}\n`],
  ])('%s is not genuine', (_what, secrets, transaction, given) => {
    expect(readFormHandle(secrets, transaction, given)).toBeUndefined();
  });

  test('any of the secrets may have made it', () => {
    expect(readFormHandle([secret(2), secret(1)], 'tx', handle)).toEqual(binding);
  });
});

const request = neutralRequest('notes', ['openid']);
const fresh: Transaction = newTransaction({ id: 'tx', request, now: start, lifetime: 600 });
const named = { ...fresh, subject: { id: 'ann', identifier: 'Ann', decoy: false } };

describe('the entry of a transaction', () => {
  test.each<[string, Transaction, readonly string[]]>([
    ['no user yet', fresh, []],
    ['an account', named, [userKey('ann')]],
    [
      'an unknown identifier',
      { ...fresh, subject: { id: 'identifier:{x}', identifier: 'x', decoy: true } },
      ['identifier:{x}'],
    ],
    ['a session', { ...named, session: 's' }, [userKey('ann'), ssoSessionKey('s')]],
    ['only a session', { ...fresh, session: 's' }, [ssoSessionKey('s')]],
  ])('attempts count against %s', (_what, transaction, refs) => {
    const entry = transactionEntry(transaction, 60);
    expect(entry).toEqual({ value: JSON.stringify(transaction), ttl: 60, refs });
    expect(parseTransaction(entry.value)).toEqual(transaction);
  });
});

describe('saving it', () => {
  const challenge = (authenticator: string, outbox?: readonly string[]): Pending => ({
    purpose: 'challenge',
    authenticator,
    inputs: [],
    public: {},
    private: {},
    expires: start + 300,
    ...(outbox && { outbox }),
  });

  /** A transaction in the store with two messages: one of the challenge under way, one of a challenge that was left. */
  async function withMessages() {
    const world = createWorld();
    const ids: string[] = [];
    const delivery = { channel: 'email', to: 'a@b.test', template: 'code', params: {}, expires: start + 300 } as const;
    await world.inRequest('tx', async ({ unit }) => {
      ids.push(enqueue(unit, delivery, { now: start }), enqueue(unit, delivery, { now: start }));
    });
    const [one = '', two = ''] = ids;
    const stored = {
      ...named,
      pending: challenge('mail', [one]),
      parked: [challenge('phone', [two]), challenge('totp')],
    };
    await world.write({ op: 'put', key: transactionKey('tx'), ...transactionEntry(stored, 600) });
    const load = async (unit: UnitOfWork) =>
      (await unit.load([transactionKey('tx')])).entries.get(transactionKey('tx'));
    return { world, stored, one, two, load };
  }

  test.each<[string, (stored: Transaction) => Transaction, number]>([
    ['as long as its code counts', (stored) => ({ ...stored, keepSignedIn: true }), 2],
    [
      'while it is left for another',
      ({ pending, parked = [], ...rest }) => ({ ...rest, parked: [pending as Pending, ...parked] }),
      2,
    ],
    ['not once its challenge is replaced', (stored) => ({ ...stored, pending: challenge('mail', ['new']) }), 1],
    ['not once what was left is gone', ({ parked: _, ...rest }) => rest, 1],
    [
      'not once all is proved',
      ({ parked: _, pending: _pending, ...rest }) => ({ ...rest, evidence: [{} as Evidence] }),
      0,
    ],
  ])('a message waits to be sent %s', async (_when, change, left) => {
    const { world, stored, load } = await withMessages();
    await world.inRequest('tx', async (scope) => {
      const entry = await load(scope.unit);
      const changed = change(stored);
      expect(saveTransaction({ request: scope, services: world.services, transaction: changed }, entry?.value)).toBe(
        true,
      );
    });
    expect(await world.outbox()).toHaveLength(left);
    const { proofSecretHash, ...kept } = (await world.transaction()) ?? {};
    expect(kept).toEqual(change(stored));
    expect(proofSecretHash !== undefined).toBe(change(stored).evidence.length > 0);
  });

  test('each proof gives the browser another secret, and nothing else does', async () => {
    const { world, stored, load } = await withMessages();
    const hashes: (string | undefined)[] = [];
    const proofs = [{ at: 1 } as Evidence, { at: 2 } as Evidence];
    for (const change of [{}, { evidence: proofs.slice(1) }, { keepSignedIn: true }, { evidence: proofs }]) {
      await world.inRequest('tx', async (scope) => {
        const entry = await load(scope.unit);
        const transaction = { ...stored, ...(await world.transaction()), ...change };
        saveTransaction({ request: scope, services: world.services, transaction }, entry?.value);
      });
      hashes.push((await world.transaction())?.proofSecretHash);
    }
    const [none, first, same, next] = hashes;
    expect([none, same]).toEqual([undefined, first]);
    expect([first, next]).toEqual([expect.any(String), expect.any(String)]);
    expect(next).not.toBe(first);
  });

  test('unchanged values are not written', async () => {
    const { world, stored, load } = await withMessages();
    const { length } = world.store.commits;
    await world.inRequest('tx', async (scope) => {
      const entry = await load(scope.unit);
      expect(saveTransaction({ request: scope, services: world.services, transaction: stored }, entry?.value)).toBe(
        false,
      );
    });
    expect(world.store.commits).toHaveLength(length);
  });

  test('it lives as long as the transaction may take, and at least a second', async () => {
    for (const [now, ttl] of [
      [start + 100, 500],
      [start + 600, 1],
      [start + 700, 1],
    ] as const) {
      const { world, stored, load } = await withMessages();
      world.clock.now = now;
      await world.inRequest('tx', async (scope) => {
        const entry = await load(scope.unit);
        saveTransaction(
          { request: scope, services: world.services, transaction: { ...stored, keepSignedIn: true } },
          entry?.value,
        );
      });
      expect(world.store.commits.at(-1)?.find(({ op }) => op === 'replace')).toMatchObject({ ttl });
    }
  });

  test('when it is over its messages are over too', async () => {
    const { world, stored, load } = await withMessages();
    await world.inRequest('tx', async (scope) => {
      await load(scope.unit);
      // Also those that this request has already replaced.
      discardTransaction({ request: scope, transaction: { ...named, pending: stored.pending } });
    });
    expect([await world.outbox(), await world.transaction()]).toEqual([[], undefined]);
  });

  test('one that has sent nothing takes nothing out', async () => {
    const world = createWorld();
    const transaction = { ...named, pending: challenge('totp') };
    await world.inRequest('tx', async (scope) => discardTransaction({ request: scope, transaction }));
    expect(world.store.commits).toEqual([[{ op: 'delete', key: transactionKey('tx') }]]);
  });

  test('the values of this request are dropped where the store has none', async () => {
    const { world, stored } = await withMessages();
    await world.inRequest('tx', async (scope) => discardTransaction({ request: scope, transaction: stored }));
    expect(await world.outbox()).toEqual([]);
  });
});
