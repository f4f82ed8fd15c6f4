/** Hands messages to the outbox: in the commit of this request, within limits, in the language of the person. */
import type { Delivery, IssuedChallenge, Quota } from '../../authenticators/authenticator.ts';
import type { Notice } from '../../core/step/step.ts';
import { enqueue, enqueueNothing } from '../../delivery/outbox.ts';
import { attemptCounter, recipientCounter, sendingQuotaCounter } from '../../stores/keys.ts';
import { counterOf, type Limit } from '../../stores/store.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import type { Account } from '../../users/user.ts';
import { type AuditEvent, audit } from '../audit.ts';
import type { Visitor } from '../browser/visitor.ts';
import { loadAccount } from '../facts/account.ts';
import type { Services } from '../services.ts';
import { auditContext, type OpenTransaction } from '../transaction/open-transaction.ts';

/** On whose account, and in which request. */
export interface MessageContext {
  readonly services: Services;
  readonly unit: UnitOfWork;
  readonly visitor: Visitor;
  /** Absent: nobody who exists. */
  readonly account?: Account | undefined;
  /** Client id. */
  readonly client: string;
  readonly transaction?: { readonly id: string; readonly uiLocales?: string };
}

/** Messages to one mailbox, whoever asks for them: nobody can be flooded by way of many accounts. */
const perRecipient: readonly Limit[] = [{ limit: 10, window: 3600 }];

/** What an authenticator wants to be sent, and within what. */
export interface MessagesToSend extends Pick<IssuedChallenge, 'deliver' | 'quotas' | 'undeliverable'> {
  /** The person has proved something, so that they may be told why not. */
  readonly proved?: boolean;
  /** They have signed in with this browser before: it has a budget of its own, which strangers cannot use up. */
  readonly known?: boolean;
}

/** What is counted, for the audit log; the counter, and its limits. */
type Counted = readonly [kind: string, counter: string, limits: readonly Limit[]];

/** What became of it. */
export interface SendResult {
  /** Errors: what the person must know. */
  readonly messages: readonly Notice[];
  /** Ids in the outbox. */
  readonly outbox: readonly string[];
}

/**
 * Sends what an authenticator hands over, if the limits of the person and its quotas allow it; a message of error when they do not. For
 * somebody who does not exist nothing is sent, with the same work.
 */
export async function sendWithin(context: OpenTransaction, key: string, toSend: MessagesToSend): Promise<SendResult> {
  const { services, transaction, request } = context;
  const { unit, visitor } = request;
  const { subject } = transaction;
  const { deliver = [], undeliverable, proved } = toSend;
  const limits = services.authenticators.get(key)?.sendLimits;
  if (!subject || !limits) return { messages: [], outbox: [] };
  const name = `${key}.send${toSend.known ? '.known' : ''}`;
  const own = subject.decoy ? counterOf(subject.id, name) : attemptCounter(subject.id, name);
  const [networks, others] = countersOf(own, toSend);
  // The network first: one that has used up its share uses up nobody's budget any more.
  const limited = await reserveAll(services, [...networks, ['account', own, limits], ...others]);
  if (limited) {
    auditFailure(context, { event: 'message.limited', authenticator: key, reason: limited.kind });
    return { messages: [limited.message], outbox: [] };
  }
  const account = deliver.length === 0 || subject.decoy ? undefined : await loadAccount(unit, subject.id);
  // One line in any case: nobody can measure whether somebody was written to.
  if (undeliverable === undefined)
    for (const channel of channelsOf(deliver)) auditMessage(context, key, channel, toSend);
  const outbox =
    deliver.length === 0
      ? [enqueueNothing(unit, services.now())]
      : enqueueMessages(
          { services, unit, visitor, account, client: transaction.request.clientId, transaction },
          deliver,
        );
  if (undeliverable === undefined) return { messages: [], outbox };
  auditFailure(context, { event: 'message.undeliverable', authenticator: key, reason: undeliverable });
  return { messages: proved ? [{ code: 'send.undeliverable', level: 'error' }] : [], outbox };
}

function channelsOf(deliver: readonly Delivery[]): readonly (string | undefined)[] {
  return deliver.length === 0 ? [undefined] : deliver.map(({ channel }) => channel);
}

/** Who caused what is sent, and what it may cost. `channel`: absent for somebody to whom nothing can be sent. */
function auditMessage(
  context: OpenTransaction,
  authenticator: string,
  channel: string | undefined,
  { quotas = [] }: MessagesToSend,
): void {
  const of = (kind: string) => quotas.find((quota) => quota.kind === kind)?.value;
  const [country, prefix] = [of('country'), of('prefix')];
  const where = { ...(country === undefined ? {} : { country }), ...(prefix === undefined ? {} : { prefix }) };
  audit(context.request.unit, context.services.audit, {
    ...(channel === undefined
      ? ({ event: 'message.withheld', outcome: 'failure', reason: 'nobody' } as const)
      : ({ event: 'message.queued', outcome: 'success', channel, ...where } as const)),
    authenticator,
    ...auditContext(context),
  });
}

function auditFailure(context: OpenTransaction, event: Pick<AuditEvent, 'event' | 'authenticator' | 'reason'>): void {
  audit(context.request.unit, context.services.audit, { ...event, outcome: 'failure', ...auditContext(context) });
}

/** Counts the messages against the counter of the person and against each recipient; why they cannot be sent, if a limit is reached. */
export async function reserveSending(
  services: Pick<Services, 'store'>,
  own: string,
  limits: readonly Limit[],
  deliver: readonly Delivery[],
): Promise<Notice | undefined> {
  return (await reserveAll(services, [['account', own, limits], ...countersOf(own, { deliver }).flat()]))?.message;
}

/** The first limit that is reached. One after the other: what an earlier one refuses uses up none of what everybody shares. */
async function reserveAll(
  { store }: Pick<Services, 'store'>,
  all: readonly Counted[],
): Promise<{ readonly kind: string; readonly message: Notice } | undefined> {
  for (const [kind, counter, limits] of all) {
    const { granted, retryAfter } = await store.reserve(counter, limits);
    const params = { seconds: Math.max(1, retryAfter) };
    if (!granted) return { kind, message: { code: 'send.exceeded', level: 'error', params } };
  }
  return undefined;
}

/** The same refusal for somebody to whom something was sent already: that still counts, and can be entered. */
export function asResendRefusal(refusal: Notice): Notice {
  return refusal.code === 'send.exceeded' ? { ...refusal, code: 'resend.exceeded' } : refusal;
}

/** By network, and the others. */
function countersOf(
  own: string,
  { deliver = [], quotas, known }: MessagesToSend,
): readonly [readonly Counted[], readonly Counted[]] {
  if (quotas !== undefined) {
    const counted = quotas.map((quota) => countedAs(quota, known ? own : ''));
    return [counted.filter(([kind]) => kind === 'network'), counted.filter(([kind]) => kind !== 'network')];
  }
  if (deliver.length === 0) return [[], [['recipient', counterOf(own, 'recipient'), perRecipient]]];
  const recipients = deliver.map(({ channel, to }): Counted => {
    return ['recipient', recipientCounter(`${channel}\n${to.toLowerCase()}`), perRecipient];
  });
  return [[], recipients];
}

/** `own`: the budget of a browser that the person is known by; empty: there is none. */
function countedAs({ kind, value, limits, separateForKnownBrowsers }: Quota, own: string): Counted {
  const shared = separateForKnownBrowsers && own !== '' ? `${value}\n${own}` : value;
  const counter = kind === 'recipient' ? recipientCounter(shared) : sendingQuotaCounter(kind, shared);
  return [kind, counter, limits];
}

/** Sends without limits: whoever calls has counted it, or what caused it. Ids in the outbox. */
export function enqueueMessages(
  { services, unit, visitor, account, client, transaction }: MessageContext,
  deliveries: readonly Delivery[],
): readonly string[] {
  const wishes = [account?.user.profile.locale, transaction?.uiLocales].filter((tag) => tag !== undefined);
  const about = {
    languages: { uiLocales: wishes.join(' '), acceptLanguage: visitor.acceptLanguage.slice(0, 200) },
    ...(account ? { subject: account.user.id } : {}),
    client,
    ...(transaction ? { transaction: transaction.id } : {}),
  };
  unit.afterCommit(() => services.messagesWait());
  return deliveries.map((delivery) => enqueue(unit, delivery, { now: services.now(), about }));
}
