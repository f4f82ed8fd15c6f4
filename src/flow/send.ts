/** Hands messages to the outbox: in the commit of this request, within limits, in the language of the person. */
import { createHash } from 'node:crypto';
import type { Delivery } from '../authenticators/authenticator.ts';
import type { Message } from '../core/steps.ts';
import { enqueue, enqueueNothing } from '../delivery/outbox.ts';
import { counterOf, type Limit, storeKey } from '../stores/store.ts';
import type { UnitOfWork } from '../stores/unit-of-work.ts';
import { type Account, attemptCounter } from '../users/user.ts';
import { heldAccount } from './facts.ts';
import type { Loop } from './loop.ts';
import type { Runtime } from './runtime.ts';
import type { Visitor } from './visitor.ts';

/** On whose account, and in which request. */
export interface Sender {
  readonly runtime: Runtime;
  readonly unit: UnitOfWork;
  readonly visitor: Visitor;
  /** Absent: nobody who exists. */
  readonly account?: Account | undefined;
  /** Client id. */
  readonly client: string;
  readonly transaction?: { readonly id: string; readonly uiLocales?: string };
}

/** Messages to one mailbox or phone, whoever asks for them: nobody can be flooded by way of many accounts. */
const perRecipient: readonly Limit[] = [{ limit: 10, window: 3600 }];

/**
 * Sends what an authenticator hands over, if the limits of the person and of the recipient allow it; a message of error when they do
 * not. For somebody who does not exist nothing is sent, with the same work.
 */
export async function sendWithin(
  loop: Loop,
  key: string,
  deliveries: readonly Delivery[],
): Promise<readonly Message[]> {
  const { runtime, transaction, request } = loop;
  const { unit, visitor } = request;
  const { subject } = transaction;
  const limits = runtime.authenticators.get(key)?.sends;
  if (!subject || !limits) return [];
  const own = subject.decoy ? counterOf(subject.id, `${key}.send`) : attemptCounter(subject.id, `${key}.send`);
  const refused = await reserveSending(runtime, own, limits, deliveries);
  if (refused) return [refused];
  if (deliveries.length === 0) enqueueNothing(unit, runtime.now());
  else {
    const account = subject.decoy ? undefined : await heldAccount(unit, subject.id);
    post({ runtime, unit, visitor, account, client: transaction.request.clientId, transaction }, deliveries);
  }
  return [];
}

/** Counts the messages against the counter of the person and against each recipient; why they cannot be sent, if a limit is reached. */
export async function reserveSending(
  { store }: Pick<Runtime, 'store'>,
  own: string,
  limits: readonly Limit[],
  deliveries: readonly Delivery[],
): Promise<Message | undefined> {
  const recipients = deliveries.length > 0 ? deliveries.map(recipientCounter) : [counterOf(own, 'recipient')];
  for (const [counter, limit] of [[own, limits], ...recipients.map((one) => [one, perRecipient] as const)] as const) {
    const { granted, retryAfter } = await store.reserve(counter, limit);
    if (!granted) return { code: 'send.exceeded', level: 'error', params: { seconds: Math.max(1, retryAfter) } };
  }
  return undefined;
}

/** What people write never forms a key. */
function recipientCounter({ channel, to }: Delivery): string {
  const digest = createHash('sha256').update(`${channel}\n${to.toLowerCase()}`).digest('base64url');
  return counterOf(storeKey('recipient', digest), 'send');
}

/** Sends without limits: whoever calls has counted it, or what caused it. */
export function post(
  { runtime, unit, visitor, account, client, transaction }: Sender,
  deliveries: readonly Delivery[],
) {
  const wishes = [account?.user.profile.locale, transaction?.uiLocales].filter((tag) => tag !== undefined);
  const about = {
    languages: { uiLocales: wishes.join(' '), acceptLanguage: visitor.acceptLanguage.slice(0, 200) },
    ...(account ? { subject: account.user.id } : {}),
    client,
    ...(transaction ? { transaction: transaction.id } : {}),
  };
  for (const delivery of deliveries) enqueue(unit, delivery, runtime.now(), about);
  unit.afterCommit(() => runtime.messagesWait());
}
