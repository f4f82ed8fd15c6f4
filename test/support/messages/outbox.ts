/** An outbox worker as the app builds one, with a clock and a transport of the test's own. */
import type { Delivery } from '../../../src/authenticators/authenticator.ts';
import type { Channel } from '../../../src/delivery/channel.ts';
import { enqueue, type LogoutNotification, withdraw } from '../../../src/delivery/outbox.ts';
import { OutboxWorker } from '../../../src/delivery/outbox-worker.ts';
import { createMessageRenderer } from '../../../src/delivery/render-message.ts';
import { smtpChannel } from '../../../src/delivery/smtp.ts';
import { auditKey, outboxKey, outboxMessageKey } from '../../../src/stores/keys.ts';
import type { Store } from '../../../src/stores/store.ts';
import { UnitOfWork } from '../../../src/stores/unit-of-work.ts';
import { sharedViews } from '../shared/views.ts';

export interface TestOutbox {
  readonly worker: OutboxWorker;
  /** Reasons of messages that were given up. */
  readonly failures: readonly string[];
  readonly warnings: readonly string[];
  /** Unexpected failures. */
  readonly alarms: readonly Error[];
}

export interface TestOutboxOptions {
  readonly channel: Channel;
  readonly now?: () => number;
  /** Seconds. */
  readonly lease?: number;
  readonly notifyLogout?: (logout: LogoutNotification) => Promise<'sent' | 'not_over'>;
}

const systemTime = (): number => Math.floor(Date.now() / 1000);

/**
 * `interval` is short, so that a clock that was moved is seen at once; what is under way is waited for, on a machine
 * that is busy, too.
 */
export function testOutbox(
  store: Store,
  { channel, now = systemTime, lease, notifyLogout }: TestOutboxOptions,
): TestOutbox {
  const failures: string[] = [];
  const warnings: string[] = [];
  const alarms: Error[] = [];
  const { pages, messages } = sharedViews();
  const worker = new OutboxWorker({
    store,
    now,
    channel: () => channel,
    render: createMessageRenderer({
      templates: messages,
      textsFor: () => pages.texts('en'),
      brand: () => ({ name: 'Acme ID' }),
      accountUrl: 'https://id.acme.test/account',
    }),
    notifyLogout: notifyLogout ?? (async () => 'sent'),
    failed: (_message, reason) => ({
      op: { op: 'append', key: auditKey, value: JSON.stringify({ event: 'message.failed', reason }), keep: 100_000 },
      written: () => failures.push(reason),
    }),
    warn: (text) => warnings.push(text),
    alarm: (error) => alarms.push(error),
    interval: 20,
    patience: 120_000,
    ...(lease === undefined ? {} : { lease }),
  });
  return { worker, failures, warnings, alarms };
}

/** SMTP without TLS to this machine; `timeout` in milliseconds. */
export function localSmtp(port: number, timeout = 30_000): Channel {
  return smtpChannel({ host: '127.0.0.1', port, secure: false, requireTls: false, from: 'id@acme.test', timeout });
}

export function signInMail(to: string, code: string, expires: number): Delivery {
  const params = { app: 'Notes', code, link: 'https://id.acme.test/l', minutes: 10, ip: '', browser: '', system: '' };
  return { channel: 'email', to, template: 'code', params, expires };
}

interface PutOptions {
  readonly now?: number;
  readonly instead?: readonly string[];
  readonly changed?: string;
}

/** Ids of the new messages. `instead`: ids of those whose place they take. */
export async function putIntoOutbox(
  store: Store,
  deliveries: readonly Delivery[],
  { now = systemTime(), instead = [], changed }: PutOptions = {},
): Promise<readonly string[]> {
  const unit = new UnitOfWork(store);
  withdraw(unit, instead);
  const ids = deliveries.map((delivery) => enqueue(unit, delivery, { now, changed }));
  await unit.commit();
  return ids;
}

/** Messages that wait, as they are kept. */
export async function waiting(
  store: Store,
): Promise<readonly { readonly attempts: number; readonly notBefore: number }[]> {
  const found = [];
  for await (const ids of store.members(outboxKey)) {
    const { entries } = await store.load(ids.map(outboxMessageKey));
    for (const id of ids) {
      const entry = entries.get(outboxMessageKey(id));
      if (entry) found.push(JSON.parse(entry.value) as { attempts: number; notBefore: number });
    }
  }
  return found;
}
