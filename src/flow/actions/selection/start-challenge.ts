/** Starts a challenge or an enrollment, and puts its messages into the outbox. */
import type { AuthenticatorContext } from '../../../authenticators/authenticator.ts';
import type { Decision } from '../../../core/model/decision.ts';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import { askedMethods } from '../../../core/queries/asked-methods.ts';
import { needsUserVerification } from '../../../core/queries/user-verification.ts';
import type { Notice } from '../../../core/step/step.ts';
import type { Choice, Pending } from '../../../core/step/transaction.ts';
import { StepgateError } from '../../../errors.ts';
import { browserUseBy } from '../../browser/used-browser.ts';
import { sendWithin } from '../../notify/enqueue-messages.ts';
import {
  accountIn,
  type Decided,
  environmentOf,
  newPasswordTerms,
  type OpenTransaction,
} from '../../transaction/open-transaction.ts';
import { hasProved } from './select.ts';

export interface StartedChallenge {
  readonly pending: Pending;
  /** Notices for the user, for example that nothing was sent. */
  readonly notices: readonly Notice[];
}

/**
 * `method`: how to send the message. `isResend`: the user asks for it again. Rejects with `StepgateError('internal')`
 * for an unknown authenticator.
 */
export async function startChallenge(
  context: OpenTransaction,
  plan: Choice & { readonly method?: string; readonly isResend?: true },
  { facts, decision }: Decided,
): Promise<StartedChallenge> {
  const { services, transaction } = context;
  const { purpose, authenticator: key, enrollment, method } = plan;
  const authenticator = services.authenticators.get(key);
  if (!authenticator || !facts.subject) throw new StepgateError('internal', `no authenticator ${key} to start`);
  const account = await accountIn(context);
  const credentials = account?.credentials ?? [];
  const policies = await context.snapshot.policies(context.app);
  const env = {
    ...environmentOf(context, key, credentials),
    ...allowedOf(decision, key),
    ...(purpose === 'enroll' ? await newPasswordTerms(context, key, facts) : {}),
    mayShowDetails: hasProved(facts),
    ...omitUndefined({ method, methods: askedMethods(policies, facts, key) }),
    userVerification: needsUserVerification(policies, facts, plan),
  };
  const credential = credentials.find(({ id }) => id === enrollment);
  const startedChallenge =
    purpose === 'enroll'
      ? await authenticator.beginEnrollment(facts.subject, env)
      : await authenticator.challenge(credential, env);
  const { deliver: _deliver, quotas: _quotas, undeliverable: _undeliverable, ...rest } = startedChallenge;
  const { notices, outbox } =
    purpose === 'challenge'
      ? await sendWithin(context, key, {
          ...startedChallenge,
          proved: env.mayShowDetails,
          isResend: plan.isResend === true,
          isUsedBrowser: browserUseBy(context.request.unit, context.request.visitor, facts.subject.id) !== undefined,
        })
      : { notices: [], outbox: [] };
  const expires = Math.min(startedChallenge.expires, transaction.expiresAt);
  const choice = { purpose, authenticator: key, ...omitUndefined({ enrollment }) };
  // The page must not claim that something was sent.
  const shown = notices.length > 0 ? { ...rest.public, unsent: true } : rest.public;
  // A decoy's challenge is stored in the same shape.
  const out = outbox.length > 0 ? { outbox, validAfter: account?.user.validAfter ?? 0 } : {};
  return { pending: { ...choice, ...rest, public: shown, expires, ...out }, notices };
}

/** Which of the user's enrollments of this authenticator make progress. */
function allowedOf(decision: Decision, key: string): Pick<AuthenticatorContext, 'allowedCredentials'> {
  const option =
    decision.kind === 'challenge' ? decision.options.find(({ authenticator }) => authenticator === key) : undefined;
  return option ? { allowedCredentials: option.enrollments } : {};
}
