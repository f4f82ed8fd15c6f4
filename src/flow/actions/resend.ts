/** Sends the message of the outstanding challenge or offer again, with a new code. That resets no counter of attempts. */
import { type Pending, started } from '../../core/step/transaction.ts';
import { thoughSentBefore } from '../notify/enqueue-message.ts';
import type { Judged, Loop } from '../transaction/open-transaction.ts';
import { resendOffer } from './enroll.ts';
import { start } from './start-challenge.ts';
import { type Answer, stay } from './verify.ts';

/**
 * `wanted`: one of the ways in which the message can go; absent: the one in which it went. Too many messages: nothing is sent, and what
 * was sent before still counts. Otherwise only the newest does.
 */
export async function resend(loop: Loop, judged: Judged, wanted?: string): Promise<Answer> {
  const { pending } = loop.transaction;
  if (pending?.public.resend !== true) return stay(loop, 'form.stale');
  const method = methodOf(pending, wanted);
  if (method === undefined && wanted !== undefined) return stay(loop, 'form.stale');
  const answer = await (pending.purpose === 'enroll'
    ? resendOffer(loop, judged, method)
    : resendChallenge(loop, judged, method));
  const { messages } = answer;
  if (messages.length === 0) return { ...answer, messages: [{ code: 'sent.again', level: 'info' }] };
  return pending.public.unsent === true ? answer : { ...answer, messages: messages.map(thoughSentBefore) };
}

function methodOf({ public: { methods, method } }: Pending, wanted: string | undefined): string | undefined {
  const asked: unknown = wanted ?? method;
  return Array.isArray(methods) && methods.includes(asked) ? String(asked) : undefined;
}

async function resendChallenge(loop: Loop, judged: Judged, method: string | undefined): Promise<Answer> {
  const { pending } = loop.transaction;
  const { decision } = judged;
  const isAsked =
    decision.kind === 'challenge' &&
    decision.options.some(
      ({ authenticator, enrollments }) =>
        authenticator === pending?.authenticator && enrollments.includes(pending.enrollment ?? ''),
    );
  if (!pending || !isAsked) return stay(loop, 'form.stale');
  const { purpose, authenticator, enrollment } = pending;
  const plan = { purpose, authenticator, ...(enrollment === undefined ? {} : { enrollment }) };
  const begun = await start(loop, plan, judged, method);
  if (begun.messages.length > 0) return { loop, messages: begun.messages };
  return { loop: { ...loop, transaction: started(loop.transaction, begun.pending) }, messages: [] };
}
