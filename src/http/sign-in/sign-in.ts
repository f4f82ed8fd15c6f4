/**
 * The step loop in HTML: `/signin/<uid>`. It binds the browser's cookie to the transaction, passes forms to the engine,
 * and renders the resulting step. It never decides what the step is or what comes next (Laws 1 and 10).
 */

import type { Context } from 'koa';
import type { Step } from '../../core/step/step.ts';
import { StepgateError } from '../../errors.ts';
import { consentDetails } from '../../flow/actions/choices/consent.ts';
import { cookieAttributes } from '../../flow/browser/cookie-table.ts';
import { browserLifetime } from '../../flow/browser/used-browser.ts';
import { submit, view } from '../../flow/engine.ts';
import type { SignInResult, Submission } from '../../flow/sign-in-result.ts';
import {
  finishInteraction,
  forgetResult,
  type OpenInteraction,
  openInteraction,
  refuseInteraction,
  signInPath,
} from '../../oidc/interaction/interactions.ts';
import { keptRequest, restartPath } from '../../oidc/interaction/kept-request.ts';
import { openerPolicy } from '../../oidc/pages.ts';
import { currentRequest } from '../../oidc/request-scope.ts';
import { brandFor } from '../../policy/revision/brand.ts';
import { identifyPageOf } from '../../policy/revision/snapshot.ts';
import { transactionKey } from '../../stores/keys.ts';
import { seeOther, showPage } from '../answers.ts';
import type { NextLink, StepPage } from '../html/views/page-models.ts';
import { inInitiatingBrowser, markFinished } from '../middleware/browser-binding.ts';
import { configuredForm, readForm } from '../middleware/form-body.ts';
import { pathParameter } from '../middleware/route-table.ts';
import { requireSameOrigin } from '../middleware/same-origin.ts';
import { contentSecurityPolicy } from '../middleware/security-headers.ts';
import { pageContext } from '../page-context.ts';
import { type SignInParts, type SignInRequest, signInRequest } from './sign-in-request.ts';

/** The actions below `/signin/<uid>/`. The answer to a step is posted to `/signin/<uid>` itself. */
const submissionSteps = [
  'answer',
  'select',
  'skip',
  'resend',
  'restart',
  'recover',
  'cancel',
  'register',
] as const satisfies readonly Submission['step'][];

export function signInHandlers(parts: SignInParts) {
  return {
    show: (ctx: Context) => show(signInRequest(parts, ctx)),
    submit: (ctx: Context) => submitForm(parts, ctx),
    showOver: () => {
      throw new StepgateError('sign_in_expired', 'the session of the sign-in is not that of the browser');
    },
  };
}

/** Where the browser goes after a lost race. The address names the version of the sign-in from which it came. */
export function pathAfterRace(ctx: Context): string {
  const uid = pathParameter(ctx, 'uid');
  const read = currentRequest().unit.stored(transactionKey(uid));
  return ctx.method === 'POST' && read ? `${signInPath(uid)}?raced=${read.version}` : signInPath(uid);
}

/**
 * If the sign-in has moved on, the form was sent twice, and the page shows the result. Otherwise something else was
 * faster, and the user is told that nothing was saved.
 */
function withRaceTold(result: SignInResult, raced: unknown): SignInResult {
  if (result.kind !== 'step' || raced !== String(result.version)) return result;
  const notices: Step['notices'] = [{ code: 'form.raced', level: 'info' }, ...result.step.notices];
  return { ...result, step: { ...result.step, notices } };
}

async function show(request: SignInRequest): Promise<void> {
  const samePath = request.ctx.query.again === undefined ? undefined : pathOfSameRequest(request);
  if (samePath !== undefined) return seeOther(request.ctx, samePath);
  // Loaded before oidc-provider asks for its part, so that everything comes in one round trip.
  const result = await inInitiatingBrowser(request, () => view(request.parts.services, request.transaction));
  await respond(request, withRaceTold(result, request.ctx.query.raced));
}

/**
 * The user has seen that the sign-in is over, and starts it again (decision 41). Undefined if only the app can do that.
 */
function pathOfSameRequest({ ctx, provider, uid }: SignInRequest): string | undefined {
  const kept = keptRequest(ctx, provider, uid);
  return kept && restartPath(kept);
}

/** The request itself may be long, so the page links to it by the address of the sign-in. */
async function linkAfterEnd({ parts, ctx, uid }: SignInRequest): Promise<NextLink> {
  const [best = { kind: 'account', href: '/account' }] = await parts.nextLinks(ctx, 'sign_in_expired');
  return best.kind === 'restart' ? { ...best, href: `${signInPath(uid)}?again` } : best;
}

async function submitForm(parts: SignInParts, ctx: Context): Promise<void> {
  requireSameOrigin(ctx, parts.services.issuer);
  const step = parseStep(pathParameter(ctx, 'step') || 'answer');
  const { stateHandle: handle, ...fields } = await readForm(ctx, configuredForm);
  const request = signInRequest(parts, ctx);
  const submission: Submission = { step, handle, fields };
  const result = await inInitiatingBrowser(request, () => submit(parts.services, request.transaction, submission));
  if (step === 'restart' && result.kind !== 'lost') await forgetResult(request.provider, ctx);
  await respond(request, result, fields);
}

/** Throws `not_found` for an unknown path. */
function parseStep(name: string): Submission['step'] {
  const step = submissionSteps.find((submissionStep) => submissionStep === name);
  if (step === undefined) throw new StepgateError('not_found');
  return step;
}

/** `typed`: the fields of the posted form. Absent if none was posted. */
async function respond(request: SignInRequest, result: SignInResult, typed?: StepPage['typed']): Promise<void> {
  const { ctx, provider, uid } = request;
  const interaction = await openInteraction(provider, ctx, uid);
  const { services } = request.parts;
  const app = await (await services.snapshot(request.transaction.unit)).app(interaction.clientId);
  if (app?.popups) ctx.set(...openerPolicy);
  if (request.given.secret !== undefined) interaction.giveSecret(request.given.secret);
  switch (result.kind) {
    case 'lost':
      return showLost(request, result);
    case 'complete':
      return seeOther(ctx, await completeSignIn(request, result));
    case 'cancelled':
      return seeOther(ctx, await refuseInteraction(provider, ctx, refusals[result.reason]));
    case 'step':
      if (result.redirects) return seeOther(ctx, signInPath(uid));
      return showStep(request, result, { interaction, ...(typed && result.refused ? { typed } : {}) });
  }
}

type Result<Kind extends SignInResult['kind']> = Extract<SignInResult, { readonly kind: Kind }>;

/** The OAuth error for the relying party. */
const refusals: Readonly<
  Record<Result<'cancelled'>['reason'], { readonly error: string; readonly description: string }>
> = {
  user: { error: 'access_denied', description: 'the user ended the sign-in' },
  refused: { error: 'access_denied', description: 'the user did not grant the app access' },
  denied: { error: 'access_denied', description: 'the policies deny this sign-in' },
  unmet: {
    error: 'unmet_authentication_requirements',
    description: 'the requested authentication context cannot be reached',
  },
};

/** Returns where the browser goes next. */
async function completeSignIn(request: SignInRequest, result: Result<'complete'>): Promise<string> {
  setBrowserCookie(request, result.browserSecret);
  markFinished(request);
  return finishInteraction({ ...request, services: request.parts.services }, result);
}

/** Gives the browser its secret for the following requests. */
function setBrowserCookie({ parts, ctx }: SignInRequest, secret: string): void {
  ctx.cookies.set(parts.browserCookie, secret, {
    ...cookieAttributes('device', parts.services.issuer),
    path: '/',
    maxAge: browserLifetime * 1000,
    overwrite: true,
  });
}

/** The browser may start again. 409: the sign-in is not in the state that this browser assumes. */
function showLost({ parts, ctx, uid }: SignInRequest, { app, snapshot, handle, uiLocales }: Result<'lost'>): void {
  const page = { ...pageContext(parts.renderer, snapshot, { uiLocales }), ...brandFor(snapshot, app) };
  ctx.status = 409;
  showPage(
    ctx,
    parts.renderer.renderSignInLost({ ...page, action: `${signInPath(uid)}/restart`, stateHandle: handle }),
  );
}

/** `typed`: the fields of a refused form. */
async function showStep(
  request: SignInRequest,
  result: Result<'step'>,
  { interaction, typed }: { readonly interaction: OpenInteraction; readonly typed?: StepPage['typed'] },
): Promise<void> {
  const { parts, ctx, uid } = request;
  const { step, handle, version, app, snapshot, identifier, done, canRestart, remaining, signals } = result;
  const { uiLocales, timeZone, language: profile, recovering } = result;
  ctx.status = statusOf(result, ctx.method);
  const seconds = step.notices.find(({ code }) => code.endsWith('.exceeded'))?.params?.seconds;
  if (seconds !== undefined) ctx.set('Retry-After', String(seconds));
  const service = 'challengeService' in step && step.challengeService ? snapshot.settings.challengeService : undefined;
  const formTargets = interaction.redirectUri ? [interaction.redirectUri] : [];
  ctx.set('Content-Security-Policy', contentSecurityPolicy(formTargets, service?.origins));
  const html = parts.renderer.renderStep({
    ...pageContext(parts.renderer, snapshot, { uiLocales, profile, timeZone }),
    step,
    uid,
    stateHandle: handle,
    follow: { status: `${signInPath(uid)}/status`, version },
    action: signInPath(uid),
    ...brandFor(snapshot, app),
    ...(identifier === undefined ? {} : { account: { identifier } }),
    done,
    canRestart,
    remaining,
    afterEnd: await linkAfterEnd(request),
    signals,
    ...(step.kind === 'identify' ? { identify: identifyPageOf(snapshot.settings, app) } : {}),
    ...(step.kind === 'consent' ? { consent: consentDetails(result) } : {}),
    ...(service ? { challengeService: service } : {}),
    ...(recovering ? { recovering } : {}),
    ...(typed ? { typed } : {}),
  });
  showPage(ctx, html);
}

/** The status tells a refused form from a page that is only shown, which has 200. */
function statusOf({ step }: Result<'step'>, method: string): number {
  const codes = step.notices.map(({ code }) => code);
  if (codes.includes('form.stale') || (method === 'POST' && codes.includes('proofs.ended'))) return 409;
  if (codes.some((code) => code.endsWith('.exceeded') || code === 'attempts.locked')) return 429;
  if (step.notices.some(({ level, code }) => level === 'error' && code !== 'send.rejected')) return 422;
  return step.kind === 'denied' ? 403 : 200;
}
