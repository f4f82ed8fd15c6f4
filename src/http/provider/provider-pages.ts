/** oidc-provider's own pages, in our templates. */

import type { KoaContextWithOIDC } from 'oidc-provider';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { Notice } from '../../core/step/step.ts';
import { type DeviceDetails, type PageError, type ProviderPages, sessionState } from '../../oidc/pages.ts';
import { appAddress, brandFor } from '../../policy/revision/brand.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { showPage } from '../answers.ts';
import type { Renderer } from '../html/render.ts';
import type { NextLink } from '../html/views/page-models.ts';
import { readForm } from '../middleware/form-body.ts';
import { contentSecurityPolicy, withFormTarget } from '../middleware/security-headers.ts';
import { type PageContext, pageContext } from '../page-context.ts';

export interface ProviderPagesParts {
  readonly renderer: Renderer;
  readonly snapshot: () => Snapshot | undefined;
  /** How a page names an account. */
  readonly identifierOf: (accountId: string) => Promise<string | undefined>;
}

export function providerPages(parts: ProviderPagesParts): ProviderPages {
  return {
    locales: parts.renderer.locales,
    showError: (ctx, error) => showError(parts, ctx, error),
    showDeviceInput: (ctx, error) => showDeviceInput(parts, ctx, error),
    showDeviceConfirmation: (ctx, device) => showDeviceConfirmation(parts, ctx, device),
    showDeviceSuccess: (ctx) => showDeviceSuccess(parts, ctx),
    showLogout: (ctx) => showLogout(parts, ctx),
    showSignedOut: (ctx) => showSignedOut(parts, ctx),
    readForm,
    allowFormTarget,
  };
}

async function showError(
  { renderer, snapshot }: ProviderPagesParts,
  ctx: KoaContextWithOIDC,
  error: PageError,
): Promise<void> {
  const { error: code, error_description: description } = error;
  const page = await sharedContext({ renderer, snapshot }, ctx);
  const isSignOut = String(ctx.oidc?.route).startsWith('end_session');
  const nextLinks = linksAfter(ctx, isSignOut);
  showPage(
    ctx,
    renderer.renderOAuthError({ ...page, isSignOut, nextLinks, error: code, ...omitUndefined({ description }) }),
  );
}

/** After a refused request, links lead back to the app as its file says. Nothing in the request is used. */
function linksAfter({ oidc }: KoaContextWithOIDC, isSignOut: boolean): readonly NextLink[] {
  const { client, provider } = oidc ?? {};
  const metadata = { initiate_login_uri: client?.initiateLoginUri, client_uri: client?.clientUri };
  const address = client && appAddress(omitUndefined(metadata), provider.issuer);
  const account: NextLink = { kind: 'account', href: '/account' };
  if (isSignOut || !client || address === undefined) return [account];
  return [{ kind: 'app', href: address, app: client.clientName ?? client.clientId }];
}

async function showDeviceInput(
  parts: ProviderPagesParts,
  ctx: KoaContextWithOIDC,
  error: Error | undefined,
): Promise<void> {
  const { userCode, seconds } = (error ?? {}) as { readonly userCode?: string; readonly seconds?: number };
  if (seconds !== undefined) ctx.set('Retry-After', String(seconds));
  const html = parts.renderer.renderDeviceInput({
    ...(await sharedContext(parts, ctx)),
    action: ctx.oidc.urlFor('code_verification'),
    xsrf: sessionState(ctx).secret ?? '',
    ...(userCode ? { userCode } : {}),
    charset: 'base-20',
    notices: error ? [deviceNotice(error, seconds)] : [],
  });
  showPage(ctx, html);
}

/** The confirmation leads to this provider's sign-in, not to the app. */
async function showDeviceConfirmation(
  parts: ProviderPagesParts,
  ctx: KoaContextWithOIDC,
  device: DeviceDetails,
): Promise<void> {
  const { userCode, ip, userAgent } = device;
  const html = parts.renderer.renderDeviceConfirm({
    ...(await sharedContext(parts, ctx)),
    action: ctx.oidc.urlFor('code_verification'),
    xsrf: sessionState(ctx).secret ?? '',
    userCode: userCode.replaceAll('-', ''),
    displayCode: userCode,
    app: appOf(ctx),
    device: { ...(ip ? { ip } : {}), ...(userAgent ? { userAgent } : {}) },
  });
  showPage(ctx, html);
}

async function showDeviceSuccess(parts: ProviderPagesParts, ctx: KoaContextWithOIDC): Promise<void> {
  showPage(ctx, parts.renderer.renderDeviceSuccess({ ...(await sharedContext(parts, ctx)), app: appOf(ctx) }));
}

async function showLogout(parts: ProviderPagesParts, ctx: KoaContextWithOIDC): Promise<void> {
  const { client, session } = ctx.oidc;
  const target = sessionState(ctx).postLogoutRedirectUri;
  ctx.set('Content-Security-Policy', contentSecurityPolicy(target === undefined ? [] : [target]));
  const identifier = session?.accountId ? await parts.identifierOf(session.accountId) : undefined;
  const html = parts.renderer.renderLogout({
    ...(await sharedContext(parts, ctx)),
    action: ctx.oidc.urlFor('end_session_confirm'),
    xsrf: sessionState(ctx).secret ?? '',
    ...(client ? { app: appOf(ctx) } : {}),
    ...(identifier ? { account: { identifier } } : {}),
  });
  showPage(ctx, html);
}

async function showSignedOut(parts: ProviderPagesParts, ctx: KoaContextWithOIDC): Promise<void> {
  const { client } = ctx.oidc;
  const app = client ? { app: appOf(ctx) } : {};
  showPage(ctx, parts.renderer.renderSignedOut({ ...(await sharedContext(parts, ctx)), ...app, signedOut: !client }));
}

function allowFormTarget(ctx: KoaContextWithOIDC, uri: string): void {
  const policy = ctx.response.get('Content-Security-Policy');
  ctx.set('Content-Security-Policy', withFormTarget(policy, uri));
}

/** With the brand of the app that asked. If it cannot be read, the page has the product's brand. */
async function sharedContext(
  { renderer, snapshot }: Pick<ProviderPagesParts, 'renderer' | 'snapshot'>,
  ctx: KoaContextWithOIDC,
): Promise<PageContext> {
  const locales = ctx.oidc?.params?.ui_locales;
  const current = snapshot();
  const client = ctx.oidc?.client?.clientId;
  const app = client === undefined ? undefined : await current?.app(client).catch(() => undefined);
  const { brand } = brandFor(current, app);
  return { ...pageContext(renderer, current, { uiLocales: typeof locales === 'string' ? locales : undefined }), brand };
}

function appOf({ oidc: { client } }: KoaContextWithOIDC): { readonly name: string } {
  return { name: client?.clientName ?? client?.clientId ?? '' };
}

/** oidc-provider indicates by the class of the error why it asks again. */
function deviceNotice(error: Error, seconds = 0): Notice {
  const field = 'user_code';
  switch (error.name) {
    case 'NoCodeError':
      return { code: 'device.required', level: 'error', field };
    case 'AbortedError':
      return { code: 'device.aborted', level: 'info' };
    case 'UserCodesExceeded':
      return { code: 'attempts.exceeded', level: 'error', field, params: { seconds } };
    case 'NotFoundError':
    case 'ExpiredError':
    case 'AlreadyUsedError':
      return { code: 'device.invalid', level: 'error', field };
    default:
      return { code: 'device.failed', level: 'error', field };
  }
}
