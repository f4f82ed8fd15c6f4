/** The outbox on both stores, with a real mail server that takes, refuses, and hangs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Channel, TryLater } from '../../src/delivery/channel.ts';
import { enqueue, enqueueLogout, enqueueNothing, withdraw } from '../../src/delivery/outbox.ts';
import {
  auditKey,
  changeProofKey,
  outboxMessageKey,
  ssoSessionKey,
  transactionKey,
  userKey,
} from '../../src/stores/keys.ts';
import type { Store } from '../../src/stores/store.ts';
import { Conflict, UnitOfWork } from '../../src/stores/unit-of-work.ts';
import { codeIn } from '../support/messages/mail.ts';
import {
  localSmtp,
  putIntoOutbox,
  signInMail,
  type TestOutboxOptions,
  testOutbox,
  waiting,
} from '../support/messages/outbox.ts';
import { type MailServer, startMailServer, startSilentServer } from '../support/messages/smtp.ts';
import { slotted } from '../support/stores/cluster-like-store.ts';
import { recordingStore } from '../support/stores/recording-store.ts';
import { longPatience, startRedis, startRedisCluster } from '../support/stores/redis.ts';
import { storesUnderTest } from '../support/stores/stores.ts';
import { outboxOf } from '../support/users/account-notifications.ts';
import { until } from '../support/values/until.ts';

const start = 1_800_000_000;

describe.each(storesUnderTest)('the outbox on the $name store', ({ open }) => {
  let store: Store;
  let again: () => Promise<Store>;
  let now = start;
  const closing: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    const opened = await open();
    store = recordingStore(opened.store);
    again = async () => recordingStore(await opened.again());
    now = start;
    closing.push(opened.stop);
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function mailServer(...args: Parameters<typeof startMailServer>): Promise<MailServer> {
    const server = await startMailServer(...args);
    closing.push(server.stop);
    return server;
  }

  function worker(own: Store, options: Pick<TestOutboxOptions, 'channel' | 'lease' | 'notifyLogout'>) {
    const outbox = testOutbox(own, { ...options, now: () => now });
    closing.push(async () => {
      await outbox.worker.stop();
      options.channel.close?.();
    });
    return outbox;
  }
  const put = (...deliveries: Parameters<typeof putIntoOutbox>[1]) => putIntoOutbox(store, deliveries, { now: start });

  describe('a logout that an app is notified of', () => {
    const logout = { clientId: 'notes', subject: 'u', sid: 's', expires: start + 3600 };
    const queue = async (...logouts: readonly (typeof logout)[]) => {
      const unit = new UnitOfWork(store);
      for (const each of logouts) enqueueLogout(unit, each, start);
      await unit.commit();
    };
    const nothing: Channel = { send: async () => 'sent' };

    test('is tried again until the app takes it', async () => {
      const tries: string[] = [];
      const notifyLogout = async ({ sid = '' }: { readonly sid?: string }) => {
        tries.push(sid);
        if (tries.length < 3) throw new Error('the app is down');
        return 'sent' as const;
      };
      await queue(logout);
      worker(store, { channel: nothing, notifyLogout }).worker.start();
      const waitsUntil = (time: number) => async () => (await waiting(store))[0]?.notBefore === time;
      await until('the first pause', waitsUntil(start + 2));
      now = start + 2;
      await until('the second pause', waitsUntil(start + 12));
      now = start + 12;
      await until('the end', async () => (await waiting(store)).length === 0);
      expect(tries).toEqual(['s', 's', 's']);
    });

    test('is given up when it is of no use any more, and that is logged', async () => {
      const notifyLogout = async () => {
        throw new Error('the app is down');
      };
      await queue(logout);
      const outbox = worker(store, { channel: nothing, notifyLogout });
      outbox.worker.start();
      await until('a try', () => outbox.warnings.length === 1);
      now = start + 3600;
      await until('the end', () => outbox.failures.length === 1);
      expect(outbox.failures).toEqual(['expired']);
      expect(outbox.warnings[0]).toContain('notes was not notified of a logout, try 1');
    });

    test('is in the store before the session is gone, whenever the node dies on a Cluster', async () => {
      await store.commit([{ op: 'put', key: ssoSessionKey('s'), value: '{}', ttl: 3600 }]);
      const dying = new UnitOfWork(slotted(store, 1));
      dying.delete(ssoSessionKey('s'));
      enqueueLogout(dying, { ...logout, session: 's' }, start);
      await expect(dying.commit()).rejects.toThrow('the process died');
      expect(await waiting(store)).toMatchObject([{ logout: { session: 's' } }]);
      expect((await store.load([ssoSessionKey('s')])).entries.get(ssoSessionKey('s'))).toBeDefined();
    });

    test('waits for the session to end, and is dropped silently when it does not', async () => {
      const told: string[] = [];
      const notifyLogout = async ({ sid = '' }: { readonly sid?: string }) => {
        if (sid === 'ends' && now >= start + 2) {
          told.push(sid);
          return 'sent' as const;
        }
        return 'not_over' as const;
      };
      await queue({ ...logout, sid: 'ends' }, { ...logout, sid: 'goes on' });
      const outbox = worker(store, { channel: nothing, notifyLogout });
      outbox.worker.start();
      const due = async () => (await waiting(store)).map(({ notBefore }) => notBefore - start);
      await until('both to wait', async () => String(await due()) === '2,2');
      now = start + 2;
      await until('the end of one', async () => String(await due()) === '12');
      now = start + 60;
      await until('the end of the other', async () => (await waiting(store)).length === 0);
      expect([told, outbox.failures, outbox.warnings]).toEqual([['ends'], [], []]);
    });

    test('of an app that hangs delays no other app', async () => {
      const told: string[] = [];
      let release = (): void => {};
      const hanging = new Promise<void>((resolve) => {
        release = resolve;
      });
      const notifyLogout = async ({ clientId }: { readonly clientId: string }) => {
        if (clientId === 'hangs') await hanging;
        told.push(clientId);
        return 'sent' as const;
      };
      const many = Array.from({ length: 20 }, (_, index) => ({ ...logout, clientId: 'hangs', sid: `${index}` }));
      await queue(...many, logout);
      worker(store, { channel: nothing, notifyLogout }).worker.start();
      await until('the other app', () => told.includes('notes'));
      expect(told).toEqual(['notes']);
      release();
      await until('the rest', async () => (await waiting(store)).length === 0);
    });
  });

  describe('a message about a change', () => {
    const user = 'changed-user';
    const mail = signInMail('eve@example.org', '123456', start + 3600);
    const changing = (own: Store): UnitOfWork => {
      const unit = new UnitOfWork(own);
      unit.put(userKey(user), { value: 'after' });
      enqueue(unit, mail, { now: start, changed: user });
      return unit;
    };
    const state = async () => (await store.load([userKey(user)])).entries.get(userKey(user))?.value;

    test.each([0, 1, 2, 3])(
      'is sent if the change was made: a node of a Cluster dies after %i slots',
      async (slots) => {
        await store.commit([{ op: 'put', key: userKey(user), value: 'before' }]);
        const isWhole = await changing(slotted(store, slots))
          .commit()
          .then(
            () => true,
            () => false,
          );
        expect(isWhole).toBe(slots > 1);
        const sent: string[] = [];
        const channel = {
          async send({ to }: { readonly to: string }) {
            sent.push(to);
            return 'sent' as const;
          },
        };
        const outbox = worker(store, { channel });
        outbox.worker.start();
        // A message that announced what did not happen waits a minute for it.
        if (slots === 1) {
          await until('the wait', async () => (await waiting(store))[0]?.notBefore === start + 2);
          now = start + 60;
        }
        await until('the end', async () => (await waiting(store)).length === 0);
        const isMade = (await state()) === 'after';
        expect([isMade, sent]).toEqual([slots > 1, slots > 1 ? ['eve@example.org'] : []]);
        expect([outbox.failures, outbox.warnings]).toEqual([[], []]);
      },
    );

    test('that lost its race is dropped silently, and leaves nothing behind', async () => {
      await store.commit([{ op: 'put', key: userKey(user), value: 'before' }]);
      const unit = new UnitOfWork(slotted(store));
      await unit.load([userKey(user)]);
      unit.replace(userKey(user), { value: 'after' });
      enqueue(unit, mail, { now: start, changed: user });
      await store.commit([{ op: 'put', key: userKey(user), value: 'of another request' }]);
      await expect(unit.commit()).rejects.toThrow(Conflict);
      now = start + 60;
      const sent: unknown[] = [];
      const channel: Channel = {
        async send(message) {
          sent.push(message);
          return 'sent';
        },
      };
      worker(store, { channel }).worker.start();
      await until('the end', async () => (await waiting(store)).length === 0);
      expect(sent).toEqual([]);
    });

    test('leaves no proof of the change once it is sent', async () => {
      const [id = ''] = await putIntoOutbox(store, [mail], { now: start, changed: user });
      const proof = async () => (await store.load([changeProofKey(user, id)])).entries.get(changeProofKey(user, id));
      expect(await proof()).toBeDefined();
      worker(store, { channel: { send: async () => 'sent' } }).worker.start();
      await until('the end', async () => (await waiting(store)).length === 0);
      expect(await proof()).toBeUndefined();
    });
  });

  test('the pause that the other side asks for is kept, up to five minutes', async () => {
    const pauses = [120, 86_400];
    const tried: number[] = [];
    const channel = {
      async send() {
        tried.push(now);
        const pause = pauses.shift();
        if (pause !== undefined) throw new TryLater('not now', pause);
        return 'sent' as const;
      },
    };
    await put(signInMail('alice@demo.test', '012345', start + 600));
    worker(store, { channel }).worker.start();
    const waitsUntil = (time: number) => async () => (await waiting(store))[0]?.notBefore === time;
    await until('the first pause', waitsUntil(start + 120));
    now = start + 120;
    await until('the second pause', waitsUntil(start + 420));
    now = start + 420;
    await until('the end', async () => (await waiting(store)).length === 0);
    expect(tried).toEqual([start, start + 120, start + 420]);
  });

  test('a message goes out whole: both parts, one recipient, one id, marked as made by a machine', async () => {
    const server = await mailServer();
    await put(signInMail('alice@demo.test', '012345', start + 600));
    worker(store, { channel: localSmtp(server.port) }).worker.start();
    await until('the message', () => server.received.length === 1);
    const [received] = server.received;
    expect(received?.recipients).toEqual(['alice@demo.test']);
    const { mail } = received as NonNullable<typeof received>;
    expect(mail.from?.value).toEqual([{ address: 'id@acme.test', name: 'Acme ID' }]);
    expect(mail.subject).toBe('Sign in to Notes');
    expect(mail.text).toContain('    012345');
    expect(mail.html).toContain('012345');
    expect(mail.messageId).toMatch(/^<[\w-]{22}@acme\.test>$/);
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
    await until('the end of it', async () => (await waiting(store)).length === 0);
  });

  test('two nodes send forty messages once each', async () => {
    const server = await mailServer();
    await put(...Array.from({ length: 40 }, (_, index) => signInMail(`a${index}@demo.test`, '012345', start + 600)));
    const nodes = [store, await again()].map((own) => worker(own, { channel: localSmtp(server.port) }));
    for (const { worker: one } of nodes) one.start();
    await until('all messages', async () => (await waiting(store)).length === 0);
    const recipients = server.received.flatMap(({ recipients: to }) => to);
    expect(recipients).toHaveLength(40);
    expect(new Set(recipients).size).toBe(40);
  });

  test('a refusal for now is tried again, later each time, with the same content', async () => {
    const server = await mailServer((attempt) => (attempt <= 3 ? 451 : undefined));
    await put(signInMail('alice@demo.test', '012345', start + 600));
    // No pause is as long as the lease: a claim must not look like the end of a try.
    const outbox = worker(store, { channel: localSmtp(server.port), lease: 45 });
    outbox.worker.start();
    for (const [tries, pause] of [2, 10, 60].entries()) {
      await until('the next try to be due', async () => (await waiting(store))[0]?.notBefore === now + pause);
      expect(server.tries()).toBe(tries + 1);
      now += pause;
    }
    await until('the message', () => server.received.length === 1);
    expect(server.received[0]?.mail.text).toContain('012345');
    expect(outbox.failures).toEqual([]);
    expect(outbox.warnings).toHaveLength(3);
    expect(outbox.warnings.join()).not.toMatch(/012345|alice/);
  });

  test('a final refusal ends it, and is on record', async () => {
    const server = await mailServer(() => 554);
    const [id = ''] = await put(signInMail('alice@demo.test', '012345', start + 600));
    const outbox = worker(store, { channel: localSmtp(server.port) });
    outbox.worker.start();
    await until('the end', async () => outbox.failures.length > 0);
    expect([outbox.failures, server.tries(), await waiting(store)]).toEqual([['rejected'], 1, []]);
    const { entries } = await store.load([outboxMessageKey(id)]);
    expect(entries.get(outboxMessageKey(id))?.value).toMatch(/"rejected":true/);
    expect(entries.get(outboxMessageKey(id))?.value).not.toMatch(/012345|alice/);
    const lines = (await store.tail(auditKey, undefined, 10)).map(({ value }) => JSON.parse(value));
    expect(lines).toEqual([{ event: 'message.failed', reason: 'rejected' }]);
  });

  test('a message that is too old by its time of issue is no longer sent', async () => {
    const server = await mailServer(() => 451);
    await put(signInMail('alice@demo.test', '012345', start + 30));
    const outbox = worker(store, { channel: localSmtp(server.port) });
    outbox.worker.start();
    await until('the first try', async () => (await waiting(store))[0]?.notBefore === start + 2);
    now += 31;
    await until('the end', () => outbox.failures.length > 0);
    expect([outbox.failures, server.tries(), await waiting(store)]).toEqual([['expired'], 1, []]);
  });

  test.each([
    ['no server is there', 1],
    ['no answer ever comes', 'silent'],
  ] as const)('%s: it waits for the next try, and other messages go on', async (_what, where) => {
    const silent = await startSilentServer();
    closing.push(silent.stop);
    const channel = localSmtp(where === 'silent' ? silent.port : where, 200);
    await put(signInMail('alice@demo.test', '012345', start + 600));
    const outbox = worker(store, { channel });
    outbox.worker.start();
    await until('the first try to fail', async () => (await waiting(store))[0]?.notBefore === start + 2);
    expect(outbox.warnings).toHaveLength(1);
    expect(outbox.failures).toEqual([]);
  });

  test('a claim that no worker finishes is taken over when it expires, not before', async () => {
    const server = await mailServer();
    await put(signInMail('alice@demo.test', '012345', start + 600));
    // The node that hangs must not give up by itself while the test goes on.
    const lease = 500;
    let release: ((result: 'sent') => void) | undefined;
    const hanging = {
      send: () =>
        new Promise<'sent'>((resolve) => {
          release = resolve;
        }),
    };
    // Its clock stands still, as that of a dead node does.
    const dead = testOutbox(await again(), { channel: hanging, now: () => start, lease });
    dead.worker.start();
    await until('the claim', () => release !== undefined);
    now += lease - 1;
    let looks = 0;
    const other = testOutbox(store, {
      channel: localSmtp(server.port),
      now: () => {
        looks += 1;
        return now;
      },
    });
    closing.push(other.worker.stop.bind(other.worker));
    other.worker.start();
    await until('the other node to look twice', () => looks >= 2);
    const [leased] = await waiting(store);
    expect(leased).toMatchObject({ attempts: 1, notBefore: start + lease });
    expect(server.tries()).toBe(0);
    now += 1;
    await until('the message', () => server.received.length === 1);
    await until('the end of it', async () => (await waiting(store)).length === 0);
    release?.('sent');
    await dead.worker.stop();
    expect([server.tries(), await waiting(store)]).toEqual([1, []]);
  });

  test('a message that is withdrawn while it waits for its next try is not sent', async () => {
    const server = await mailServer((attempt) => (attempt === 1 ? 451 : undefined));
    const older = await put(signInMail('alice@demo.test', '111111', start + 600));
    worker(store, { channel: localSmtp(server.port) }).worker.start();
    await until('the next try to be due', async () => (await waiting(store))[0]?.notBefore === start + 2);
    await putIntoOutbox(store, [signInMail('alice@demo.test', '222222', start + 600)], { now: start, instead: older });
    now = start + 599;
    await until('the end', async () => (await waiting(store)).length === 0);
    expect(server.received.map(({ mail }) => codeIn({ text: mail.text ?? '' }))).toEqual(['222222']);
  });

  test('a message that is withdrawn while it is being sent is not tried again, and does not displace the newer one', async () => {
    const sent: string[] = [];
    let refuse: (() => void) | undefined;
    const channel: Channel = {
      send: ({ text }) => {
        sent.push(codeIn({ text }));
        if (sent.length > 1) return Promise.resolve('sent');
        return new Promise((_, reject) => {
          refuse = () => reject(new TryLater('not now', 1));
        });
      },
    };
    const older = await put(signInMail('alice@demo.test', '111111', start + 600));
    const outbox = worker(store, { channel });
    outbox.worker.start();
    await until('it to be handed over', () => refuse !== undefined);
    await putIntoOutbox(store, [signInMail('alice@demo.test', '222222', start + 600)], { now: start, instead: older });
    await until('the newer one to be sent', async () => (await waiting(store)).length === 0);
    refuse?.();
    await until('the refusal to be noticed', () => outbox.warnings.length === 1);
    now = start + 599;
    await outbox.worker.stop();
    expect([sent, outbox.failures, await waiting(store)]).toEqual([['111111', '222222'], [], []]);
  });

  test('a request that loses its race sends nothing and withdraws nothing', async () => {
    const older = await put(signInMail('alice@demo.test', '111111', start + 600));
    await loseRace(store, older);
    expect(await codesWaiting(store)).toEqual(['111111']);
  });

  test('stopping sends the messages that are due, and nothing afterwards', async () => {
    const server = await mailServer();
    const outbox = worker(store, { channel: localSmtp(server.port) });
    outbox.worker.start();
    await put(signInMail('alice@demo.test', '012345', start + 600));
    await outbox.worker.stop();
    expect(server.received).toHaveLength(1);
    expect(await waiting(store)).toEqual([]);
    await put(signInMail('bob@demo.test', '012345', start + 600));
    outbox.worker.wake();
    expect(await waiting(store)).toHaveLength(1);
  });

  test('the placeholder of a message without recipient is cleared away', async () => {
    const server = await mailServer();
    const unit = new UnitOfWork(store);
    enqueueNothing(unit, start);
    await unit.commit();
    expect(await waiting(store)).toHaveLength(1);
    worker(store, { channel: localSmtp(server.port) }).worker.start();
    await until('it to be gone', async () => (await waiting(store)).length === 0);
    expect(server.tries()).toBe(0);
  });

  test('an unknown template ends the message; an address that would end a line never reaches the server', async () => {
    const server = await mailServer();
    const outbox = worker(store, { channel: localSmtp(server.port) });
    await put(
      { ...signInMail('alice@demo.test', '1', start + 600), template: 'no-such-thing' },
      signInMail('alice@demo.test\r\nBcc: bob@demo.test', '1', start + 600),
      signInMail('alice@demo.test, bob@demo.test', '1', start + 600),
      signInMail('alice@demo.test> RCPT TO:<bob@demo.test', '1', start + 600),
    );
    outbox.worker.start();
    await until('all to end', () => outbox.failures.length === 4);
    expect([...outbox.failures].sort()).toEqual(['rejected', 'rejected', 'rejected', 'template']);
    expect(server.tries()).toBe(0);
  });

  test('a hostile name of an app stays text: in the subject, in the text and in the HTML', async () => {
    const server = await mailServer();
    const hostile = `Notes\r\nBcc: bob@demo.test\r\n\r\n<script>alert(1)</script><%= 7*7 %>{{7*7}}{code}"><a href=x>`;
    const delivery = signInMail('alice@demo.test', '012345', start + 600);
    await put({ ...delivery, params: { ...delivery.params, app: hostile } });
    worker(store, { channel: localSmtp(server.port) }).worker.start();
    await until('the message', () => server.received.length === 1);
    const [{ mail, recipients }] = server.received as [(typeof server.received)[number]];
    expect(recipients).toEqual(['alice@demo.test']);
    expect(mail.bcc).toBeUndefined();
    expect(mail.subject).toContain('Sign in to Notes Bcc: bob@demo.test');
    expect(mail.html).not.toMatch(/<script|<a href=x/);
    expect(mail.html).toContain('&lt;script&gt;');
    expect(mail.text).toContain('<%= 7*7 %>{{7*7}}{code}');
  });
});

/** Two requests for one transaction: the second one replaces the message, and is too late. */
async function loseRace(store: Store, older: readonly string[]): Promise<void> {
  const key = transactionKey('race');
  await store.commit([{ op: 'create', key, value: '1', ttl: 600 }]);
  const unit = new UnitOfWork(store);
  await unit.get(key);
  await store.commit([{ op: 'replace', key, version: 1, value: '2', ttl: 600 }]);
  withdraw(unit, older);
  enqueue(unit, signInMail('alice@demo.test', '222222', start + 600), { now: start });
  unit.replace(key, { value: '3', ttl: 600 });
  await expect(unit.commit()).rejects.toThrow(Conflict);
}

async function codesWaiting(store: Store): Promise<readonly unknown[]> {
  return (await outboxOf({ store })).map(({ delivery }) => delivery.params.code);
}

test('on Cluster, too, the worker that loses a race sends nothing; the winner replaces the message in one script', async () => {
  const cluster = await startRedisCluster(3);
  const { openRedis } = await import('../../src/stores/redis/redis.ts');
  const store = openRedis({ url: cluster.url, patience: longPatience });
  try {
    await store.ping();
    const older = await putIntoOutbox(store, [signInMail('alice@demo.test', '111111', start + 600)], { now: start });
    await loseRace(store, older);
    expect(await codesWaiting(store)).toEqual(['111111']);
    await putIntoOutbox(store, [signInMail('alice@demo.test', '222222', start + 600)], { now: start, instead: older });
    expect(await codesWaiting(store)).toEqual(['222222']);
  } finally {
    await store.close();
    await cluster.stop();
  }
});

test('a node that is killed between claim and sending is taken over by another', async () => {
  const lease = 1000;
  const redis = await startRedis();
  const { openRedis } = await import('../../src/stores/redis/redis.ts');
  const store = openRedis({ url: redis.url, patience: longPatience });
  const hanging = await startMailServer(() => 'never');
  const server = await startMailServer();
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'outbox-child.ts'), redis.url, String(hanging.port), String(lease)],
    { stdio: 'ignore', env: { PATH: process.env.PATH } },
  );
  const channel = localSmtp(server.port);
  // The claim is over by the clock of the second node alone: nothing here depends on how long anything takes.
  const other = testOutbox(store, { channel, now: () => Math.floor(Date.now() / 1000) + lease + 1 });
  try {
    await until('the store', () =>
      store.ping().then(
        () => true,
        () => false,
      ),
    );
    await putIntoOutbox(store, [signInMail('alice@demo.test', '012345', Math.floor(Date.now() / 1000) + 10 * lease)]);
    await until('the first node to hand it over', () => hanging.tries() === 1);
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    other.worker.start();
    await until('the second node to send it', () => server.received.length === 1);
    await until('the end', async () => (await waiting(store)).length === 0);
    expect(server.received[0]?.mail.text).toContain('012345');
  } finally {
    child.kill('SIGKILL');
    await other.worker.stop();
    channel.close?.();
    await Promise.all([hanging.stop(), server.stop()]);
    await store.close();
    await redis.stop();
  }
});
