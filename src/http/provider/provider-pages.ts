/** oidc-provider's own pages, in our templates. */
import type { Context } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Notice } from '../../core/step/step.ts';
import type { ProviderPages } from '../../oidc/pages.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { showPage } from '../answers.ts';
import type { Renderer } from '../html/render.ts';
import { readForm } from '../middleware/form-body.ts';
import { contentSecurityPolicy, withFormTarget } from '../middleware/security-headers.ts';
import { pageContext } from '../page-context.ts';

export interface ProviderPagesParts {
  readonly renderer: Renderer;
  readonly snapshot: () => Snapshot | undefined;
  /** How an account is called on a page. */
  readonly identifierOf: (accountId: string) => Promise<string | undefined>;
}

export function providerPages({ renderer, snapshot, identifierOf }: ProviderPagesParts): ProviderPages {
  const shared = (ctx: KoaContextWithOIDC) => {
    const locales = ctx.oidc?.params?.ui_locales;
    return pageContext(renderer, snapshot(), typeof locales === 'string' ? locales : undefined);
  };
  const show = (ctx: KoaContextWithOIDC, html: string): void => showPage(ctx as unknown as Context, html);
  const appOf = (ctx: KoaContextWithOIDC) => ({ name: ctx.oidc.client?.clientName ?? ctx.oidc.client?.clientId ?? '' });
  const xsrf = (ctx: KoaContextWithOIDC): string =>
    String((ctx.oidc.session?.state as { secret?: unknown } | undefined)?.secret ?? '');

  return {
    async renderError(ctx, { error, error_description: description }) {
      show(
        ctx,
        renderer.renderOAuthError({ ...shared(ctx), error, ...(description === undefined ? {} : { description }) }),
      );
    },

    async deviceInput(ctx, _form, out, err) {
      const action = ctx.oidc.urlFor('code_verification');
      const userCode = err?.userCode;
      show(
        ctx,
        renderer.renderDeviceInput({
          ...shared(ctx),
          action,
          xsrf: xsrf(ctx),
          ...(userCode ? { userCode } : {}),
          charset: 'base-20',
          messages: out ? [deviceMessage(err)] : [],
        }),
      );
    },

    async deviceConfirm(ctx, _form, _client, deviceInfo, userCode) {
      const { ip, ua } = (deviceInfo ?? {}) as { ip?: string; ua?: string };
      const action = ctx.oidc.urlFor('code_verification');
      // The confirmation leads to the sign-in of this provider, not to the app.
      show(
        ctx,
        renderer.renderDeviceConfirm({
          ...shared(ctx),
          action,
          xsrf: xsrf(ctx),
          userCode: userCode.replaceAll('-', ''),
          displayCode: userCode,
          app: appOf(ctx),
          device: { ...(ip ? { ip } : {}), ...(ua ? { userAgent: ua } : {}) },
        }),
      );
    },

    async deviceSuccess(ctx) {
      show(ctx, renderer.renderDeviceSuccess({ ...shared(ctx), app: appOf(ctx) }));
    },

    async logout(ctx) {
      const { client, session } = ctx.oidc;
      const target = (session?.state as { postLogoutRedirectUri?: unknown } | undefined)?.postLogoutRedirectUri;
      ctx.set('Content-Security-Policy', contentSecurityPolicy(typeof target === 'string' ? [target] : []));
      const identifier = session?.accountId ? await identifierOf(session.accountId) : undefined;
      show(
        ctx,
        renderer.renderLogout({
          ...shared(ctx),
          action: ctx.oidc.urlFor('end_session_confirm'),
          xsrf: xsrf(ctx),
          ...(client ? { app: appOf(ctx) } : {}),
          ...(identifier ? { account: { identifier } } : {}),
        }),
      );
    },

    async loggedOut(ctx) {
      show(
        ctx,
        renderer.renderSignedOut({
          ...shared(ctx),
          ...(ctx.oidc.client ? { app: appOf(ctx) } : {}),
          signedOut: !ctx.oidc.client,
        }),
      );
    },

    readForm: (ctx) => readForm(ctx as unknown as Context),

    formLeadsTo(ctx, uri) {
      const policy = ctx.response.get('Content-Security-Policy');
      ctx.set('Content-Security-Policy', withFormTarget(policy, uri));
    },
  };
}

/** oidc-provider tells by the class of the error why it asks again. */
function deviceMessage(err: Error | undefined): Notice {
  const field = 'user_code';
  switch (err?.name) {
    case 'NoCodeError':
      return { code: 'device.required', level: 'error', field };
    case 'AbortedError':
      return { code: 'device.aborted', level: 'info' };
    case 'NotFoundError':
    case 'ExpiredError':
    case 'AlreadyUsedError':
      return { code: 'device.invalid', level: 'error', field };
    default:
      return { code: 'device.failed', level: 'error', field };
  }
}
