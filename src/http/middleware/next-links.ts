/** Where an error page leads, so that no user is left without anything to do (decision 41). */
import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import type { ErrorCode } from '../../errors.ts';
import { signInPath } from '../../oidc/interaction/interactions.ts';
import { type KeptRequest, keptRequest, restartPath } from '../../oidc/interaction/kept-request.ts';
import { appAddress } from '../../policy/revision/brand.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import type { NextLink } from '../html/views/page-models.ts';

export interface NextLinksParts {
  readonly issuer: string;
  readonly provider: () => Provider;
  readonly snapshot: () => Snapshot | undefined;
}

const account: NextLink = { kind: 'account', href: '/account' };
const overCodes: readonly ErrorCode[] = ['sign_in_expired', 'sign_in_finished', 'cookies_missing'];
const passingCodes: readonly ErrorCode[] = ['internal', 'store_unavailable', 'busy'];

/** Best first. Never rejects, because the page reports another error and must be sent. */
export async function nextLinks(parts: NextLinksParts, ctx: Context, code: ErrorCode): Promise<readonly NextLink[]> {
  if (passingCodes.includes(code)) return [{ kind: 'retry', href: retryAddress(parts, ctx) }];
  if (code === 'stale_form') return [ctx.path.startsWith('/device') ? { kind: 'device', href: '/device' } : account];
  if (!overCodes.includes(code)) return [];
  const snapshot = parts.snapshot();
  const uid = uidIn(ctx.path);
  const kept = snapshot && uid !== undefined ? keptRequest(ctx, parts.provider(), uid) : undefined;
  if (!kept) return [account];
  const app = await snapshot?.app(kept.clientId).catch(() => undefined);
  const known = linksOfRequest(kept, { code, app, issuer: parts.issuer, brand: snapshot?.settings.brand.name ?? '' });
  return known.length > 0 ? known : [account];
}

type MaybeApp = Awaited<ReturnType<Snapshot['app']>>;

/** A user who has finished wants to get to the app, and one who has not wants to sign in. */
function linksOfRequest(
  kept: KeptRequest,
  about: { readonly code: ErrorCode; readonly app: MaybeApp; readonly issuer: string; readonly brand: string },
): readonly NextLink[] {
  const { code, app, issuer, brand } = about;
  const finished = code === 'sign_in_finished';
  if (kept.from === 'device') return finished ? [] : [{ kind: 'device', href: '/device' }];
  const name = app?.name ?? brand;
  const address = app && appAddress(app.client, issuer);
  const toApp: readonly NextLink[] = address === undefined ? [] : [{ kind: 'app', href: address, app: name }];
  const path = restartPath(kept);
  const restart: readonly NextLink[] =
    path === undefined ? [] : [{ kind: 'restart', href: path, ...(finished ? { app: name } : {}) }];
  if (finished) return toApp.length > 0 ? toApp : restart;
  return [...restart, ...toApp];
}

function uidIn(path: string): string | undefined {
  return /^\/signin\/([\w-]{10,64})(?:\/|$)/.exec(path)?.[1];
}

/** A form is not sent again; its page is shown instead. */
function retryAddress({ issuer }: NextLinksParts, ctx: Context): string {
  if (ctx.method === 'GET' || ctx.method === 'HEAD') return `${issuer}${ctx.url}`;
  const uid = uidIn(ctx.path);
  return uid === undefined ? '/account' : signInPath(uid);
}
