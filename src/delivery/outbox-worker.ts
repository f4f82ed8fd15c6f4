/**
 * Sends the messages waiting in the outbox. Each node runs one worker. A worker leases a message by compare-and-swap
 * before it sends it; if the node fails, another node takes over the message after the lease. A message is therefore
 * sent once or, after a crash between sending and recording, a second time with the same content and id.
 */
import type { Seconds } from '../core/model/facts.ts';
import { type FailureLog, logFailure } from '../errors.ts';
import { changeProofKey, outboxKey, outboxMessageKey } from '../stores/keys.ts';
import type { Op, Store } from '../stores/store.ts';
import { type Channel, type ChannelKind, TryLater } from './channel.ts';
import { grace, type LogoutNotification, type OutboxMessage, parseOutboxMessage } from './outbox.ts';
import type { MessageBrand, MessageRenderer } from './render-message.ts';

export interface OutboxWorkerOptions extends FailureLog {
  readonly store: Store;
  /** Epoch seconds. */
  readonly now: () => Seconds;
  readonly channel: (kind: ChannelKind) => Channel | undefined;
  readonly render: MessageRenderer;
  /** The brand of the app with this client id. Absent, or if it cannot be read: the product's brand. */
  readonly brandOf?: (client: string) => Promise<MessageBrand>;
  /**
   * Notifies the app. Rejects if another try may succeed. `not_over`: the session has not ended, so the app was not
   * notified. The notification is written before the end of the session, which may still follow or may have failed.
   */
  readonly notifyLogout: (logout: LogoutNotification) => Promise<'sent' | 'not_over'>;
  /** What to write together with the end of a message that was not sent, and what to do after that is written. */
  readonly failed: (message: OutboxMessage, reason: FailureReason) => { readonly op: Op; readonly written: () => void };
  /** How often to check the outbox, apart from being woken (milliseconds). */
  readonly interval?: number;
  /** How long a lease is valid (seconds). */
  readonly lease?: Seconds;
  /** How long to wait for running work when stopping (milliseconds). Default: 5 seconds. */
  readonly patience?: number;
}

/**
 * `rejected`: the other side will never accept it. `expired`: it was too late. `template`: its text cannot be produced.
 */
export type FailureReason = 'rejected' | 'expired' | 'template';

/** Seconds before the second try, the third, and so on. The last value repeats. */
const backoff: readonly Seconds[] = [2, 10, 60, 120, 300];

/** The same for logout notifications, because an app may be down for hours. */
const logoutBackoff: readonly Seconds[] = [2, 10, 60, 300, 900];

/** What was announced and has not happened after this time will not happen (Law 13 gives a request five seconds). */
const longestEnding: Seconds = 60;

/** The longest pause that the other side can request. */
const longestPause: Seconds = 300;

/** The most simultaneous messages to one destination. */
const inFlightPerDestination = 8;

interface VersionedMessage {
  readonly id: string;
  readonly message: OutboxMessage;
  readonly version: number;
}

export class OutboxWorker {
  readonly #options: OutboxWorkerOptions;
  readonly #lease: Seconds;
  readonly #inFlight = new Map<Promise<void>, string>();
  #timer: NodeJS.Timeout | undefined;
  #pass: Promise<void> | undefined;
  #again = false;
  #state: 'new' | 'running' | 'stopped' = 'new';
  #complained = false;

  constructor(options: OutboxWorkerOptions) {
    this.#options = options;
    this.#lease = options.lease ?? 60;
  }

  start(): void {
    this.#state = 'running';
    this.wake();
  }

  /** Checks the outbox at once instead of at the next tick. */
  wake(): void {
    if (this.#state !== 'running') return;
    if (this.#pass !== undefined) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#pass = this.#look().finally(() => {
      this.#pass = undefined;
      if (this.#again) {
        this.#again = false;
        this.wake();
      } else if (this.#state === 'running') {
        this.#timer = setTimeout(() => this.wake(), this.#options.interval ?? 1000);
        this.#timer.unref();
      }
    });
  }

  /** Sends what is due, waits a few seconds for running work, and stops. Another node takes over the rest. */
  async stop(): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = 'stopped';
    clearTimeout(this.#timer);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#options.patience ?? 5000);
    });
    await Promise.race([late, this.#finish()]);
    clearTimeout(timer);
  }

  async #finish(): Promise<void> {
    await this.#pass;
    await this.#look();
    await Promise.all(this.#inFlight.keys());
  }

  async #look(): Promise<void> {
    const { store, now } = this.#options;
    try {
      for await (const ids of store.members(outboxKey)) {
        const { entries } = await store.load(ids.map(outboxMessageKey));
        for (const id of ids) {
          const entry = entries.get(outboxMessageKey(id));
          const message = entry && parseOutboxMessage(entry.value);
          if (!message) await store.commit([{ op: 'leave', key: outboxKey, member: id }]);
          else if (message.notBefore <= now()) this.#take({ id, message, version: entry.version });
        }
      }
      this.#complained = false;
    } catch (error) {
      // Logged once, although the store is tried again every second.
      if (!this.#complained) logFailure('cannot read the outbox', error, this.#options);
      this.#complained = true;
    }
  }

  #take(waiting: VersionedMessage): void {
    const destination = destinationOf(waiting.message);
    const busy = [...this.#inFlight.values()].filter((other) => other === destination).length;
    if (busy >= inFlightPerDestination) return;
    const work: Promise<void> = this.#work(waiting)
      .catch((error: unknown) => logFailure('a message stays in the outbox', error, this.#options))
      .finally(() => {
        this.#inFlight.delete(work);
        if (busy + 1 === inFlightPerDestination) this.wake();
      });
    this.#inFlight.set(work, destination);
  }

  async #work(waiting: VersionedMessage): Promise<void> {
    const { delivery, logout, attempts } = waiting.message;
    const now = this.#options.now();
    const content = delivery ?? logout;
    if (!content) return void (await this.#end(waiting, []));
    if (content.expires <= now) return this.#fail(waiting, 'expired');
    const leased = await this.#replace(waiting, { attempts: attempts + 1, notBefore: now + this.#lease });
    if (!leased) return;
    const result = await this.#send(leased);
    if (result === 'sent') await this.#end(leased, []);
    else if (typeof result === 'number')
      await this.#replace(leased, {
        notBefore: this.#options.now() + Math.max(result, pauseAfter(attempts, logout ? logoutBackoff : backoff)),
      });
    else await this.#fail(leased, result);
  }

  /** A number means that another try may succeed after this many seconds. */
  async #send({ id, message }: VersionedMessage): Promise<'sent' | 'rejected' | 'template' | Seconds> {
    const { channel, render, brandOf, warn } = this.#options;
    const { delivery, logout, about, attempts } = message;
    if (logout) return this.#notify(logout, message);
    if (!delivery) return 'sent';
    if (!(await this.#wasMade(id, message))) return this.#isStillExpected(message) ? 0 : 'sent';
    const { channel: kind, to, template, expires } = delivery;
    const brand = about.client === undefined ? undefined : await brandOf?.(about.client).catch(() => undefined);
    let words: ReturnType<MessageRenderer>;
    try {
      words = render(delivery, about, brand);
    } catch (error) {
      logFailure(`the message ${id} (${template}) cannot be put into words`, error, this.#options);
      return 'template';
    }
    try {
      const sender = channel(kind);
      if (!sender) throw new Error(`nothing is configured to send ${kind}`);
      return (await within(this.#lease, sender.send({ id, channel: kind, to, expires, ...words }))) === 'sent'
        ? 'sent'
        : 'rejected';
    } catch (error) {
      warn(`the message ${id} (${template}) could not be sent, try ${attempts}: ${textOf(error)}`);
      return error instanceof TryLater ? Math.min(error.pause, longestPause) : 0;
    }
  }

  async #notify(logout: LogoutNotification, message: OutboxMessage): Promise<'sent' | Seconds> {
    try {
      const result = await within(this.#lease, this.#options.notifyLogout(logout));
      return result === 'not_over' && this.#isStillExpected(message) ? 0 : 'sent';
    } catch (error) {
      this.#options.warn(`${logout.clientId} was not notified of a logout, try ${message.attempts}: ${textOf(error)}`);
      return 0;
    }
  }

  #isStillExpected({ issuedAt }: OutboxMessage): boolean {
    return this.#options.now() < issuedAt + longestEnding;
  }

  /** Whether the announced change was made. On a Cluster the message may be written before it. */
  async #wasMade(id: string, { changed }: OutboxMessage): Promise<boolean> {
    if (changed === undefined) return true;
    const proof = changeProofKey(changed, id);
    return (await this.#options.store.load([proof])).entries.get(proof) !== undefined;
  }

  async #fail(waiting: VersionedMessage, reason: FailureReason): Promise<void> {
    const { op, written } = this.#options.failed(waiting.message, reason);
    if (await this.#end(waiting, [op], reason === 'rejected' ? this.#rejected(waiting) : undefined)) written();
  }

  /** What remains of the message while its code counts, for the page that waits for it. */
  #rejected({ id, message, version }: VersionedMessage): Op {
    const { issuedAt, attempts, notBefore, delivery } = message;
    const left: OutboxMessage = { about: {}, issuedAt, attempts, notBefore, rejected: true };
    const ttl = Math.max(1, (delivery?.expires ?? 0) - this.#options.now());
    return { op: 'replace', key: outboxMessageKey(id), version, value: JSON.stringify(left), ttl };
  }

  /** Removes the message. False if another node had it. `left`: what to write in its place. */
  async #end({ id, message, version }: VersionedMessage, more: readonly Op[], left?: Op): Promise<boolean> {
    const key = outboxMessageKey(id);
    const { changed } = message;
    const taken: readonly Op[] = left
      ? [left]
      : [
          { op: 'check', key, version },
          { op: 'delete', key },
        ];
    const { ok } = await this.#options.store.commit([
      ...taken,
      { op: 'leave', key: outboxKey, member: id },
      ...(changed === undefined ? [] : [{ op: 'delete', key: changeProofKey(changed, id) } as const]),
      ...more,
    ]);
    return ok;
  }

  /** Undefined if another node was faster. */
  async #replace(
    { id, message, version }: VersionedMessage,
    change: Partial<OutboxMessage>,
  ): Promise<VersionedMessage | undefined> {
    const changed = { ...message, ...change };
    const ttl = Math.max(1, ((message.delivery ?? message.logout)?.expires ?? 0) - this.#options.now()) + grace;
    const { ok } = await this.#options.store.commit([
      { op: 'replace', key: outboxMessageKey(id), version, value: JSON.stringify(changed), ttl },
    ]);
    return ok ? { id, message: changed, version: version + 1 } : undefined;
  }
}

function pauseAfter(attempts: number, pauses: readonly Seconds[]): Seconds {
  return pauses[Math.min(attempts, pauses.length - 1)] ?? 0;
}

/**
 * Groups messages that are sent one after the other under load: a mail server that hangs does not delay text messages,
 * and an app that hangs delays only its own.
 */
function destinationOf({ delivery, logout }: OutboxMessage): string {
  return logout ? `logout ${logout.clientId}` : (delivery?.channel ?? '');
}

/** Gives up before the lease ends, since another node would then start sending. */
async function within<T>(lease: Seconds, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), lease * 750);
    timer.unref();
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
