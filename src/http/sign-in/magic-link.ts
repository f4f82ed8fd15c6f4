/**
 * `/signin/<uid>/link`: the target of the magic link in a message. Programs open links as well, so opening one changes
 * nothing. In the browser that began the sign-in, the page has a form that signs in. In any other browser it shows the
 * code to enter in the first one. `/signin/<uid>/status`: polled by a page that waits for the link.
 */
import type { Context } from 'koa';
import { StepgateError } from '../../errors.ts';
import { type MagicLinkPage, readMagicLink, signInStatus } from '../../flow/magic-link-page.ts';
import { openInteraction, signInPath } from '../../oidc/interaction/interactions.ts';
import { type AppLabel, brandFor } from '../../policy/revision/brand.ts';
import { showPage } from '../answers.ts';
import { isInitiatingBrowser } from '../middleware/browser-binding.ts';
import { contentSecurityPolicy } from '../middleware/security-headers.ts';
import { type PageContext, pageContext } from '../page-context.ts';
import { type SignInParts, type SignInRequest, signInRequest } from './sign-in-request.ts';

export function magicLinkHandlers(parts: SignInParts) {
  return {
    show: (ctx: Context) => show(signInRequest(parts, ctx)),
    status: (ctx: Context) => status(signInRequest(parts, ctx)),
  };
}

async function show(request: SignInRequest): Promise<void> {
  const { ctx, transaction } = request;
  const { services, renderer } = request.parts;
  const token = ctx.query.t;
  if (typeof token !== 'string') throw new StepgateError('not_found');
  const link = await readMagicLink(services, transaction, token);
  const uiLocales = link.kind === 'open' ? link.uiLocales : undefined;
  const snapshot = await services.snapshot(transaction.unit);
  const page = pageContext(renderer, snapshot, { uiLocales });
  if (link.kind !== 'open') {
    ctx.status = 410;
    return showPage(ctx, renderer.renderMagicLinkOver({ ...page, reason: link.kind }));
  }
  const appPage = { ...page, ...brandFor(snapshot, link.app) };
  if (isInitiatingBrowser(request)) return showConfirmation(request, link, appPage);
  const { passcode: code, linkOnly, requestedFrom: asked } = link.linked;
  const recovering = link.recovering ?? false;
  const shown = { ...appPage, asked, recovering, ...(linkOnly ? {} : { code }) };
  showPage(ctx, renderer.renderMagicLinkElsewhere(shown));
}

type OpenLink = Extract<MagicLinkPage, { kind: 'open' }>;
type AppPage = PageContext & { readonly app: AppLabel };

async function showConfirmation(request: SignInRequest, link: OpenLink, page: AppPage): Promise<void> {
  const { ctx, provider, uid } = request;
  const { redirectUri } = await openInteraction(provider, ctx, uid);
  ctx.set('Content-Security-Policy', contentSecurityPolicy(redirectUri ? [redirectUri] : []));
  const html = request.parts.renderer.renderMagicLinkConfirm({
    ...page,
    action: signInPath(uid),
    stateHandle: link.form.handle,
    authenticator: link.form.authenticator,
    token: link.form.token,
    passcode: link.linked.passcode,
    recovering: link.recovering ?? false,
    ...(link.identifier === undefined ? {} : { account: { identifier: link.identifier } }),
  });
  showPage(ctx, html);
}

async function status(request: SignInRequest): Promise<void> {
  const { ctx, parts, transaction } = request;
  ctx.set('Cache-Control', 'no-store');
  // Once the sign-in is finished, the cookie is gone as well.
  const isOwn = isInitiatingBrowser(request);
  ctx.body = isOwn ? await signInStatus(parts.services, transaction) : { version: 0, state: 'over' };
}
