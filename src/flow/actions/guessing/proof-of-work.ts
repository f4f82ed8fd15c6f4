/**
 * Proof of work for browsers whose network sends many forms that cause messages. This file promises: a task belongs to
 * one sign-in, its answer counts once, and known and unknown users have the same work (decision 49).
 */

import { createHash, randomBytes } from 'node:crypto';
import { networkOf } from '../../../authenticators/shared/sending-quotas.ts';
import { oneHour } from '../../../core/model/durations.ts';
import type { Seconds } from '../../../core/model/facts.ts';
import type { Work } from '../../../core/step/step.ts';
import { networkRequestsCounter } from '../../../stores/keys.ts';
import type { OpenTransaction } from '../../transaction/open-transaction.ts';
import type { ActionResult, Fields } from '../verification/verify.ts';
import { checkResponse, usableService } from './challenge-service.ts';

/**
 * Whether a form is accepted, or its page returns with a task. `afterwards`: the sign-in after the form succeeds.
 * `refused`: the sign-in if something else in the form is wrong, so that no task has to be solved twice.
 */
export type Admission =
  | { readonly admitted: true; readonly afterwards: OpenTransaction; readonly refused: OpenTransaction }
  | { readonly admitted: false; readonly refusal: ActionResult };

/** The input for the answer. */
const answerField = 'work.answer';

/**
 * Counts the form against its network. Above the free number it needs a response of the challenge service or, without
 * one, the answer to the page's task. If this is missing, the page returns with a task and says how long the network
 * would otherwise have to wait. Rejects with `StoreUnavailable`.
 */
export async function admitted(opened: OpenTransaction, fields: Fields): Promise<Admission> {
  const checked = await checkAnswer(opened, fields);
  if ('admitted' in checked) return checked;
  // A form with an answer uses none of the network's free requests.
  if (checked.isSolved) return { admitted: true, ...checked.forms };
  const { services, request, snapshot } = opened;
  const { free } = snapshot.settings.proofOfWork;
  const counter = networkRequestsCounter(networkOf(request.visitor.ip));
  const { granted, retryAfter } = await services.store.reserve(counter, [{ limit: free, window: oneHour }]);
  if (granted) return { admitted: true, ...checked.forms };
  return { admitted: false, refusal: withTask(checked.forms.afterwards, Math.max(1, retryAfter)) };
}

/** The same for a network that has no free requests for this many seconds. */
export async function admittedWithAnswer(
  opened: OpenTransaction,
  fields: Fields,
  seconds: Seconds,
): Promise<Admission> {
  const checked = await checkAnswer(opened, fields);
  if ('admitted' in checked) return checked;
  if (checked.isSolved) return { admitted: true, ...checked.forms };
  return { admitted: false, refusal: withTask(checked.forms.afterwards, seconds) };
}

/** The page already has a task before the user sends it. */
export function askedBeforehand(context: OpenTransaction): OpenTransaction {
  const { work, challengeService } = context.transaction;
  const isAsked = work !== undefined || challengeService === 'asked' || challengeService === 'passed';
  return isAsked ? context : withTask(context, 1).context;
}

interface CheckedAnswer {
  readonly isSolved: boolean;
  readonly forms: Pick<Extract<Admission, { admitted: true }>, 'afterwards' | 'refused'>;
}

async function checkAnswer(opened: OpenTransaction, fields: Fields): Promise<Admission | CheckedAnswer> {
  const checked = await checkResponse(opened, fields);
  if ('notices' in checked) return { admitted: false, refusal: checked };
  const { context, passed } = checked;
  const { work, challengeService, ...rest } = context.transaction;
  const hasFailed = challengeService === 'failed';
  const afterwards = { ...context, transaction: hasFailed ? { ...rest, challengeService } : rest };
  const isSolved = passed || (work !== undefined && isSolution(work, fields[answerField]));
  return { isSolved, forms: { afterwards, refused: context } };
}

/** Returns the page with a task. `seconds`: until no task is needed. */
function withTask(context: OpenTransaction, seconds: Seconds): ActionResult {
  const { snapshot, transaction } = context;
  if (usableService(context))
    return {
      context: { ...context, transaction: { ...transaction, challengeService: 'asked' } },
      notices: [{ code: 'challenge_service.exceeded', level: 'error', params: { seconds } }],
    };
  const bits = snapshot.settings.proofOfWork.difficulty;
  const work: Work = { challenge: randomBytes(16).toString('base64url'), bits };
  return {
    context: { ...context, transaction: { ...transaction, work } },
    notices: [{ code: 'requests.exceeded', level: 'error', params: { seconds } }],
  };
}

/** Whether the SHA-256 of `<challenge>.<answer>` begins with as many zero bits as the task requires. */
function isSolution({ challenge, bits }: Work, answer: string | undefined): boolean {
  if (answer === undefined || !/^\d{1,15}$/.test(answer)) return false;
  const digest = createHash('sha256').update(`${challenge}.${answer}`).digest();
  return digest.readUInt32BE(0) >>> (32 - bits) === 0;
}
