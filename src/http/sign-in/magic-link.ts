/**
 * `/signin/<uid>/link`: where a link in a message leads to. Programs open links too, so opening it changes nothing: in the browser that
 * asked, the page holds a form that signs in; in any other, it shows the code to enter in the one that asked. `/signin/<uid>/status`: what
 * the page that waits asks.
 */
import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import { StepgateError } from '../../errors.ts';
import { type MagicLinkPage, readMagicLink, signInStatus } from '../../flow/magic-link-page.ts';
import type { Services } from '../../flow/services.ts';
import type { TransactionRequest } from '../../flow/transaction/open-transaction.ts';
import { openInteraction, signInPath } from '../../oidc/interaction/interactions.ts';
import { brandFor } from '../../policy/revision/brand.ts';
import { showPage } from '../answers.ts';
import type { Renderer } from '../html/render.ts';
import { isInitiatingBrowser } from '../middleware/browser-binding.ts';
import { contentSecurityPolicy } from '../middleware/security-headers.ts';
import { pageContext } from '../page-context.ts';
import { transactionRequest } from './sign-in.ts';

export interface LinkParts {
  readonly services: Services;
  readonly renderer: Renderer;
  readonly provider: () => Provider;
}

export function linkHandlers(parts: LinkParts) {
  return {
    async show(ctx: Context): Promise<void> {
      const { services, renderer } = parts;
      const request = transactionRequest(ctx, parts);
      const token = ctx.query.t;
      if (typeof token !== 'string') throw new StepgateError('not_found');
      const link = await readMagicLink(services, request, token);
      const snapshot = await services.snapshot(request.unit);
      const page = pageContext(renderer, snapshot, uiLocalesOf(link));
      if (link.kind !== 'open') {
        ctx.status = 410;
        return showPage(ctx, renderer.renderMagicLinkOver({ ...page, reason: link.kind }));
      }
      if (isInitiatingBrowser(ctx, parts.provider(), request.uid)) return confirm(parts, ctx, request, link);
      const { passcode: code, requestedFrom: asked } = link.linked;
      showPage(ctx, renderer.renderMagicLinkElsewhere({ ...page, ...brandFor(snapshot, link.app), code, asked }));
    },

    async status(ctx: Context): Promise<void> {
      const request = transactionRequest(ctx, parts);
      const isOwn = isInitiatingBrowser(ctx, parts.provider(), request.uid);
      ctx.set('Cache-Control', 'no-store');
      // Once the sign-in is finished, the cookie is gone as well.
      ctx.body = isOwn ? await signInStatus(parts.services, request) : { version: 0, state: 'over' };
    },
  };
}

type OpenLink = Extract<MagicLinkPage, { kind: 'open' }>;

async function confirm(
  { provider, renderer, services }: LinkParts,
  ctx: Context,
  request: TransactionRequest,
  link: OpenLink,
) {
  const { uid, unit } = request;
  const { redirectUri } = await openInteraction(provider(), ctx, uid);
  ctx.set('Content-Security-Policy', contentSecurityPolicy(redirectUri ? [redirectUri] : []));
  const snapshot = await services.snapshot(unit);
  const html = renderer.renderMagicLinkConfirm({
    ...pageContext(renderer, snapshot, link.uiLocales),
    ...brandFor(snapshot, link.app),
    action: signInPath(uid),
    stateHandle: link.form.handle,
    authenticator: link.form.authenticator,
    token: link.form.token,
    passcode: link.linked.passcode,
    ...(link.identifier === undefined ? {} : { account: { identifier: link.identifier } }),
  });
  showPage(ctx, html);
}

function uiLocalesOf(link: MagicLinkPage): string | undefined {
  return link.kind === 'open' ? link.uiLocales : undefined;
}
