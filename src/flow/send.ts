/** Hands messages to the outbox: in the commit of this request, within limits, in the language of the person. */
import { createHash } from 'node:crypto';
import type { Delivery } from '../authenticators/authenticator.ts';
import type { Message } from '../core/steps.ts';
import { enqueue, enqueueNothing } from '../delivery/outbox.ts';
import { counterOf, type Limit, storeKey } from '../stores/store.ts';
import { attemptCounter } from '../users/user.ts';
import { heldAccount } from './facts.ts';
import type { Loop } from './loop.ts';

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
  const { subject } = transaction;
  const limits = runtime.authenticators.get(key)?.sends;
  if (!subject || !limits) return [];
  const own = subject.decoy ? counterOf(subject.id, `${key}.send`) : attemptCounter(subject.id, `${key}.send`);
  const recipients = deliveries.length > 0 ? deliveries.map(recipientCounter) : [counterOf(own, 'recipient')];
  for (const [counter, limit] of [[own, limits], ...recipients.map((one) => [one, perRecipient] as const)] as const) {
    const { granted, retryAfter } = await runtime.store.reserve(counter, limit);
    if (!granted) return [{ code: 'send.exceeded', level: 'error', params: { seconds: Math.max(1, retryAfter) } }];
  }
  if (deliveries.length === 0) enqueueNothing(request.unit, runtime.now());
  else await post(loop, deliveries);
  return [];
}

/** What people write never forms a key. */
function recipientCounter({ channel, to }: Delivery): string {
  const digest = createHash('sha256').update(`${channel}\n${to.toLowerCase()}`).digest('base64url');
  return counterOf(storeKey('recipient', digest), 'send');
}

/** Sends without limits: for news that only what the person proved can cause. */
export async function post(loop: Loop, deliveries: readonly Delivery[]): Promise<void> {
  const { runtime, request, transaction } = loop;
  const { subject } = transaction;
  const account = subject && !subject.decoy ? await heldAccount(request.unit, subject.id) : undefined;
  const uiLocales = [account?.user.profile.locale, transaction.uiLocales].filter((tag) => tag !== undefined).join(' ');
  const about = {
    languages: { uiLocales, acceptLanguage: request.visitor.acceptLanguage.slice(0, 200) },
    ...(account ? { subject: account.user.id } : {}),
    client: transaction.request.clientId,
    transaction: transaction.id,
  };
  for (const delivery of deliveries) enqueue(request.unit, delivery, runtime.now(), about);
  request.unit.afterCommit(() => runtime.messagesWait());
}
