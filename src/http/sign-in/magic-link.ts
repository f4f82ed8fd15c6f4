/**
 * `/signin/<uid>/link`: where a link in a message leads to. Programs open links too, so opening it changes nothing: in the browser that
 * asked, the page holds a form that signs in; in any other, it shows the code to enter in the one that asked. `/signin/<uid>/status`: what
 * the page that waits asks.
 */
import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import { StepgateError } from '../../errors.ts';
import { type LinkRead, readLink, signInStatus } from '../../flow/magic-link-page.ts';
import type { Runtime } from '../../flow/services.ts';
import type { LoopRequest } from '../../flow/transaction/open-transaction.ts';
import { openInteraction, signInPath } from '../../oidc/interaction/interactions.ts';
import type { Renderer } from '../html/render.ts';
import { isOwnBrowser } from '../middleware/browser-binding.ts';
import { contentSecurityPolicy } from '../middleware/security-headers.ts';
import { pageContext, showPage } from '../page-context.ts';
import { loopRequest } from './sign-in.ts';

export interface LinkParts {
  readonly runtime: Runtime;
  readonly renderer: Renderer;
  readonly provider: () => Provider;
}

export function linkHandlers(parts: LinkParts) {
  return {
    async show(ctx: Context): Promise<void> {
      const { runtime, renderer } = parts;
      const request = loopRequest(ctx, parts);
      const token = ctx.query.t;
      if (typeof token !== 'string') throw new StepgateError('not_found');
      const link = await readLink(runtime, request, token);
      const page = pageContext(ctx, renderer, await runtime.snapshot(request.unit), uiLocalesOf(link));
      if (link.kind !== 'open') {
        ctx.status = 410;
        return showPage(ctx, renderer.renderLinkOver({ ...page, reason: link.kind }));
      }
      if (isOwnBrowser(ctx, parts.provider(), request.uid)) return confirm(parts, ctx, request, link);
      const { passcode: code, asked } = link.linked;
      showPage(ctx, renderer.renderLinkElsewhere({ ...page, app: appLabel(link), code, asked }));
    },

    async status(ctx: Context): Promise<void> {
      const request = loopRequest(ctx, parts);
      const isOwn = isOwnBrowser(ctx, parts.provider(), request.uid);
      ctx.set('Cache-Control', 'no-store');
      // Once the sign-in is finished, the cookie is gone as well.
      ctx.body = isOwn ? await signInStatus(parts.runtime, request) : { version: 0, state: 'over' };
    },
  };
}

type OpenLink = Extract<LinkRead, { kind: 'open' }>;

async function confirm({ provider, renderer, runtime }: LinkParts, ctx: Context, request: LoopRequest, link: OpenLink) {
  const { uid, unit } = request;
  const { redirectUri } = await openInteraction(provider(), ctx, uid);
  ctx.set('Content-Security-Policy', contentSecurityPolicy(redirectUri ? [redirectUri] : []));
  const html = renderer.renderLinkConfirm({
    ...pageContext(ctx, renderer, await runtime.snapshot(unit), link.uiLocales),
    action: signInPath(uid),
    stateHandle: link.form.handle,
    authenticator: link.form.authenticator,
    token: link.form.token,
    passcode: link.linked.passcode,
    app: appLabel(link),
    ...(link.identifier === undefined ? {} : { account: { identifier: link.identifier } }),
  });
  showPage(ctx, html);
}

function uiLocalesOf(link: LinkRead): string | undefined {
  return link.kind === 'open' ? link.uiLocales : undefined;
}

function appLabel({ app }: OpenLink) {
  return { name: app.name, ...(app.client.logo_uri ? { logoUri: app.client.logo_uri } : {}) };
}
