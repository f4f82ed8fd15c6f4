/** The step loop in HTML: `/signin/<uid>`. Ties the browser's cookie to the transaction, hands the form to the engine, renders what comes back. */
import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import { StepgateError } from '../../errors.ts';
import { deviceLifetime, deviceSecret } from '../../flow/browser/known-device.ts';
import { type SignInResult, type Submission, submit, view } from '../../flow/engine.ts';
import type { Services } from '../../flow/services.ts';
import type { TransactionRequest } from '../../flow/transaction/open-transaction.ts';
import { parseTransaction } from '../../flow/transaction/store.ts';
import {
  browserSession,
  finishInteraction,
  type OpenInteraction,
  openInteraction,
  refuseInteraction,
  signInPath,
} from '../../oidc/interaction/interactions.ts';
import { currentRequest } from '../../oidc/request-scope.ts';
import { brandFor } from '../../policy/revision/brand.ts';
import { transactionKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import { seeOther, showPage } from '../answers.ts';
import type { Renderer } from '../html/render.ts';
import type { StepPage } from '../html/views/page-models.ts';
import { inInitiatingBrowser, markFinished } from '../middleware/browser-binding.ts';
import { readForm } from '../middleware/form-body.ts';
import { requireSameOrigin } from '../middleware/same-origin.ts';
import { contentSecurityPolicy } from '../middleware/security-headers.ts';
import { pageContext } from '../page-context.ts';

export interface SignInParts {
  readonly services: Services;
  readonly renderer: Renderer;
  readonly provider: () => Provider;
  readonly deviceCookie: string;
}

const submissionSteps: ReadonlySet<string> = new Set([
  'answer',
  'select',
  'skip',
  'resend',
  'restart',
  'cancel',
] satisfies Submission['step'][]);

export function signInHandlers(parts: SignInParts) {
  return {
    async show(ctx: Context): Promise<void> {
      const request = transactionRequest(ctx, parts);
      // Loaded before oidc-provider asks for its part, so that all comes in one round trip.
      const outcome = await inInitiatingBrowser(ctx, parts.provider(), request.uid, () =>
        view(parts.services, request),
      );
      await respond(parts, ctx, request, outcome);
    },

    /** `step`: absent for the answer to the step. */
    async submit(ctx: Context): Promise<void> {
      requireSameOrigin(ctx, parts.services.issuer);
      const step = (ctx.params as { step?: string }).step ?? 'answer';
      if (!submissionSteps.has(step)) throw new StepgateError('not_found');
      const { stateHandle: handle, ...fields } = await readForm(ctx);
      const request = transactionRequest(ctx, parts);
      const submission: Submission = { step: step as Submission['step'], handle, fields };
      const outcome = await inInitiatingBrowser(ctx, parts.provider(), request.uid, () =>
        submit(parts.services, request, submission),
      );
      await respond(parts, ctx, request, outcome, fields);
    },
  };
}

/** The address names the transaction. Throws `StepgateError('not_found')` when it cannot be one. */
export function transactionRequest(
  ctx: Context,
  { provider, services }: Pick<SignInParts, 'provider' | 'services'>,
): TransactionRequest {
  const { uid } = ctx.params as { uid: string };
  if (!/^[\w-]{10,64}$/.test(uid)) throw new StepgateError('not_found');
  const { unit, visitor } = currentRequest();
  return { unit, uid, visitor, session: () => browserSession(provider(), ctx, services) };
}

/** `typed`: what came with the form; absent: none did. */
async function respond(
  parts: SignInParts,
  ctx: Context,
  request: TransactionRequest,
  outcome: SignInResult,
  typed?: StepPage['typed'],
): Promise<void> {
  const interaction = await openInteraction(parts.provider(), ctx, request.uid);
  switch (outcome.kind) {
    case 'complete': {
      giveSecret(parts, ctx, request.unit, outcome.keepsSecret);
      markFinished(ctx, parts.provider(), request.uid);
      const next = await finishInteraction(parts.provider(), ctx, parts.services, outcome);
      return seeOther(ctx, next);
    }
    case 'cancelled': {
      const refusal =
        outcome.reason === 'person'
          ? { error: 'access_denied', description: 'the person ended the sign-in' }
          : {
              error: 'unmet_authentication_requirements',
              description: 'the requested authentication context cannot be reached',
            };
      return seeOther(ctx, await refuseInteraction(parts.provider(), ctx, refusal));
    }
    case 'step':
      if (outcome.moved) return seeOther(ctx, signInPath(request.uid));
      return render(parts, ctx, request, outcome, interaction, typed);
  }
}

function render(
  { renderer }: SignInParts,
  ctx: Context,
  { uid, unit }: TransactionRequest,
  outcome: Extract<SignInResult, { kind: 'step' }>,
  interaction: OpenInteraction,
  typed?: StepPage['typed'],
): void {
  const { step, handle, version, app, snapshot, identifier, done, canRestart } = outcome;
  const entry = unit.peek(transactionKey(uid));
  const uiLocales = entry && parseTransaction(entry.value).uiLocales;
  ctx.status = statusOf(outcome);
  const seconds = step.notices.find(({ code }) => code.endsWith('.exceeded'))?.params?.seconds;
  if (seconds !== undefined) ctx.set('Retry-After', String(seconds));
  ctx.set('Content-Security-Policy', contentSecurityPolicy(interaction.redirectUri ? [interaction.redirectUri] : []));
  const html = renderer.renderStep({
    ...pageContext(renderer, snapshot, uiLocales),
    step,
    uid,
    stateHandle: handle,
    follow: { status: `${signInPath(uid)}/status`, version },
    action: signInPath(uid),
    ...brandFor(snapshot, app),
    ...(identifier === undefined ? {} : { account: { identifier } }),
    done,
    canRestart,
    ...(typed && outcome.refused ? { typed } : {}),
  });
  showPage(ctx, html);
}

/** A form that was not taken says so in its status; pages that are only shown are fine. */
function statusOf({ step }: Extract<SignInResult, { kind: 'step' }>): number {
  const codes = step.notices.map(({ code }) => code);
  if (codes.includes('form.stale')) return 409;
  if (codes.some((code) => code.endsWith('.exceeded') || code === 'attempts.locked')) return 429;
  if (step.notices.some(({ level }) => level === 'error')) return 422;
  return step.kind === 'denied' ? 403 : 200;
}

/** Gives the browser the secret that it is known by from the next request on. */
function giveSecret({ services, deviceCookie }: SignInParts, ctx: Context, unit: UnitOfWork, keeps: boolean): void {
  const { device } = currentRequest().visitor;
  ctx.cookies.set(deviceCookie, deviceSecret(unit, device, keeps), {
    httpOnly: true,
    sameSite: 'lax',
    secure: services.issuer.startsWith('https:'),
    path: '/',
    maxAge: deviceLifetime * 1000,
    overwrite: true,
    signed: false,
  });
}
