/**
 * Puts messages into the outbox. This file promises: a message is written in the commit of the request that caused it,
 * within the limits of the account, the recipient and the authenticator's quotas, in the user's language; an unknown
 * identifier causes the same work and sends nothing.
 */

import type { Delivery, IssuedChallenge, Quota, SendLimit } from '../../authenticators/authenticator.ts';
import { oneHour } from '../../core/model/durations.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { timeZoneOf } from '../../core/profile/time-zone.ts';
import type { Notice } from '../../core/step/step.ts';
import { enqueue, enqueueNothing } from '../../delivery/outbox.ts';
import { attemptCounter, recipientCounter, sendingQuotaCounter } from '../../stores/keys.ts';
import { counterOf, type Limit } from '../../stores/store.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import type { Account } from '../../users/record/user.ts';
import { type AuditEvent, audit } from '../audit.ts';
import type { Visitor } from '../browser/visitor.ts';
import { loadAccount } from '../facts/account.ts';
import type { Services } from '../services.ts';
import { auditContext, type OpenTransaction } from '../transaction/open-transaction.ts';

/** The account and the request that a message belongs to. */
export interface MessageContext {
  readonly services: Services;
  readonly unit: UnitOfWork;
  readonly visitor: Visitor;
  /** Absent if the identifier belongs to no account. */
  readonly account?: Account | undefined;
  /** Client id. */
  readonly client: string;
  readonly transaction?: { readonly id: string; readonly uiLocales?: string };
}

/** Messages to one mailbox over all accounts, so that many accounts cannot be used to flood a mailbox. */
const perRecipient: readonly Limit[] = [{ limit: 10, window: oneHour }];

/** What an authenticator asks to send, and its quotas. */
export interface MessagesToSend extends Pick<IssuedChallenge, 'deliver' | 'quotas' | 'undeliverable'> {
  /** The user has proved something and may therefore learn why nothing was sent. */
  readonly proved?: boolean;
  /** The user has signed in with this browser. It has a limit of its own, which strangers cannot use up. */
  readonly isUsedBrowser?: boolean;
  /** The user asks for the message again. */
  readonly isResend?: boolean;
}

/** What is counted (for the audit log), the counter, and its limits. */
type Counted = readonly [kind: string, counter: string, limits: readonly Limit[]];

/** What was sent, or why nothing was. */
export interface SendResult {
  /** Errors for the user. */
  readonly notices: readonly Notice[];
  /** Ids of the messages in the outbox. */
  readonly outbox: readonly string[];
}

/**
 * Sends an authenticator's messages if the limits of the account and its quotas allow it. Otherwise returns an error
 * notice. An unknown identifier causes the same work, but sends nothing.
 */
export async function sendWithin(context: OpenTransaction, key: string, toSend: MessagesToSend): Promise<SendResult> {
  const { services, transaction, request } = context;
  const { unit, visitor } = request;
  const { subject } = transaction;
  const { deliver = [], undeliverable, proved, isResend = false } = toSend;
  const { sendLimits } = services.authenticators.get(key) ?? {};
  if (!subject || !sendLimits) return { notices: [], outbox: [] };
  const name = `${key}.send${toSend.isUsedBrowser ? '.used' : ''}`;
  const own = subject.decoy ? counterOf(subject.id, name) : attemptCounter(subject.id, name);
  const [networks, others] = countersOf(own, toSend);
  // The network comes first: if its limit is reached, no other limit is used up.
  const limited = await reserveAll(services, [
    ...networks,
    ['account', own, sendLimitsOf(sendLimits, isResend)],
    ...others,
  ]);
  if (limited) {
    auditFailure(context, { event: 'message.limited', authenticator: key, reason: limited.kind });
    return { notices: [limited.notice], outbox: [] };
  }
  const account = deliver.length === 0 || subject.decoy ? undefined : await loadAccount(unit, subject.id);
  // One line is written in any case, so that the response time does not reveal whether a message was sent.
  if (undeliverable === undefined)
    for (const channel of channelsOf(deliver))
      auditMessage(context, { authenticator: key, channel, quotas: toSend.quotas ?? [] });
  const outbox =
    deliver.length === 0
      ? [enqueueNothing(unit, services.now())]
      : enqueueMessages(
          { services, unit, visitor, account, client: transaction.request.clientId, transaction },
          deliver,
        );
  if (undeliverable === undefined) return { notices: [], outbox };
  auditFailure(context, { event: 'message.undeliverable', authenticator: key, reason: undeliverable });
  return { notices: proved ? [{ code: 'send.undeliverable', level: 'error' }] : [], outbox };
}

/** What the message is counted by. Other messages than resends are counted by the limit of resends, and not refused. */
export function sendLimitsOf(limits: readonly SendLimit[], isResend: boolean): readonly Limit[] {
  const most = Math.max(...limits.map(({ limit }) => limit));
  return limits.map(({ limit, window, ofResends }) => ({ limit: ofResends && !isResend ? most : limit, window }));
}

function channelsOf(deliver: readonly Delivery[]): readonly (string | undefined)[] {
  return deliver.length === 0 ? [undefined] : deliver.map(({ channel }) => channel);
}

/** Audits who caused the message and what it may cost. `channel`: absent if nothing can be sent. */
function auditMessage(
  context: OpenTransaction,
  {
    authenticator,
    channel,
    quotas,
  }: {
    readonly authenticator: string;
    readonly channel: string | undefined;
    readonly quotas: readonly Quota[];
  },
): void {
  const of = (kind: string) => quotas.find((quota) => quota.kind === kind)?.value;
  const [country, prefix] = [of('country'), of('prefix')];
  const where = { ...omitUndefined({ country, prefix }) };
  audit(context.request.unit, context.services.audit, {
    ...(channel === undefined
      ? ({ event: 'message.withheld', outcome: 'failure', reason: 'no_account' } as const)
      : ({ event: 'message.queued', outcome: 'success', channel, ...where } as const)),
    authenticator,
    ...auditContext(context),
  });
}

function auditFailure(context: OpenTransaction, event: Pick<AuditEvent, 'event' | 'authenticator' | 'reason'>): void {
  audit(context.request.unit, context.services.audit, { ...event, outcome: 'failure', ...auditContext(context) });
}

/**
 * Counts the messages against the account's counter and against each recipient. If a limit is reached, returns why they
 * cannot be sent.
 */
export async function reserveSending(
  services: Pick<Services, 'store'>,
  sending: {
    readonly counter: string;
    readonly limits: readonly Limit[];
    readonly deliveries: readonly Delivery[];
    /** The authenticator's quotas. Absent: the usual limit per recipient. */
    readonly quotas?: readonly Quota[] | undefined;
  },
): Promise<Notice | undefined> {
  const { counter, limits, deliveries, quotas } = sending;
  const [networks, others] = countersOf(counter, { deliver: deliveries, ...omitUndefined({ quotas }) });
  return (await reserveAll(services, [...networks, ['account', counter, limits], ...others]))?.notice;
}

/**
 * Returns the first limit that is reached. They are counted one after the other, so that a refusal uses up none of the
 * later limits, which many users share.
 */
async function reserveAll(
  { store }: Pick<Services, 'store'>,
  all: readonly Counted[],
): Promise<{ readonly kind: string; readonly notice: Notice } | undefined> {
  for (const [kind, counter, limits] of all) {
    const { granted, retryAfter } = await store.reserve(counter, limits);
    const params = { seconds: Math.max(1, retryAfter) };
    if (!granted) return { kind, notice: { code: 'send.exceeded', level: 'error', params } };
  }
  return undefined;
}

/** The same refusal after an earlier message: its code still counts and can be entered. */
export function asResendRefusal(refusal: Notice): Notice {
  return refusal.code === 'send.exceeded' ? { ...refusal, code: 'resend.exceeded' } : refusal;
}

/** The counters by network, and the others. */
function countersOf(
  own: string,
  { deliver = [], quotas, isUsedBrowser }: MessagesToSend,
): readonly [readonly Counted[], readonly Counted[]] {
  if (quotas !== undefined) {
    const counted = quotas.map((quota) => countedAs(quota, isUsedBrowser ? own : ''));
    return [counted.filter(([kind]) => kind === 'network'), counted.filter(([kind]) => kind !== 'network')];
  }
  if (deliver.length === 0) return [[], [['recipient', counterOf(own, 'recipient'), perRecipient]]];
  const recipients = deliver.map(({ channel, to }): Counted => {
    return ['recipient', recipientCounter(`${channel}\n${to.toLowerCase()}`), perRecipient];
  });
  return [[], recipients];
}

/** `own`: identifies a browser that the user has signed in with, for its own limit. Empty if there is none. */
function countedAs({ kind, value, limits, separateForUsedBrowsers }: Quota, own: string): Counted {
  const shared = separateForUsedBrowsers && own !== '' ? `${value}\n${own}` : value;
  const counter = kind === 'recipient' ? recipientCounter(shared) : sendingQuotaCounter(kind, shared);
  return [kind, counter, limits];
}

/**
 * Sends without limits: the caller has counted the messages or their cause. Returns the ids in the outbox. `changed`:
 * see `EnqueueOptions`.
 */
export function enqueueMessages(
  { services, unit, visitor, account, client, transaction }: MessageContext,
  deliveries: readonly Delivery[],
  changed?: string,
): readonly string[] {
  const wishes = [account?.user.profile.locale, visitor.language, transaction?.uiLocales].filter(
    (tag) => tag !== undefined,
  );
  const about = {
    languages: { uiLocales: wishes.join(' '), acceptLanguage: visitor.acceptLanguage.slice(0, 200) },
    ...omitUndefined({ timeZone: account && timeZoneOf(account.user.profile) }),
    ...(account ? { subject: account.user.id } : {}),
    client,
    ...(transaction ? { transaction: transaction.id } : {}),
  };
  unit.afterCommit(() => services.messagesWait());
  return deliveries.map((delivery) => enqueue(unit, delivery, { now: services.now(), about, changed }));
}
