/** Corrections of oidc-provider's responses for existing clients. */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { loadAccount } from '../../flow/facts/account.ts';
import { currentRequest } from '../request-scope.ts';

/** Middleware. */
export function responseCorrections() {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    if (ctx.oidc?.route === 'revocation' && ctx.body === '') sendNothing(ctx);
    if (ctx.oidc?.route === 'introspection') await addUsername(ctx);
    if (ctx.oidc?.route === 'token') nameRefusedGrant(ctx);
  };
}

/** An empty response must have no text type, because clients that expect JSON refuse it. */
function sendNothing(ctx: KoaContextWithOIDC): void {
  ctx.body = null;
  ctx.status = 200;
}

const notAllowed = 'requested grant type is not allowed for this client';

/** RFC 6749 section 5.2 defines an error for a grant type that the app may not use. */
function nameRefusedGrant(ctx: KoaContextWithOIDC): void {
  const answer = ctx.body as { readonly error_description?: unknown } | undefined;
  if (ctx.status === 400 && answer?.error_description === notAllowed)
    ctx.body = { ...answer, error: 'unauthorized_client' };
}

/** `username` (RFC 7662 section 2.2): the identifier with which the user signs in. */
async function addUsername(ctx: KoaContextWithOIDC): Promise<void> {
  const answer = ctx.body as { readonly active?: unknown; readonly sub?: unknown } | undefined;
  if (answer?.active !== true || typeof answer.sub !== 'string') return;
  const account = await loadAccount(currentRequest().unit, answer.sub);
  const username = account?.user.identifiers[0];
  if (username !== undefined) ctx.body = { ...answer, username };
}
