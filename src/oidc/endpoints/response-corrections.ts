/** What the answers of oidc-provider lack for the clients that there are. */
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

/** An empty answer is no text: clients that expect JSON refuse one that says so. */
function sendNothing(ctx: KoaContextWithOIDC): void {
  ctx.body = null;
  ctx.status = 200;
}

const notAllowed = 'requested grant type is not allowed for this client';

/** RFC 6749 section 5.2 has an error of its own for a grant that this app may not use. */
function nameRefusedGrant(ctx: KoaContextWithOIDC): void {
  const answer = ctx.body as { readonly error_description?: unknown } | undefined;
  if (ctx.status === 400 && answer?.error_description === notAllowed)
    ctx.body = { ...answer, error: 'unauthorized_client' };
}

/** `username` (RFC 7662 section 2.2): the identifier that the user signs in with. */
async function addUsername(ctx: KoaContextWithOIDC): Promise<void> {
  const answer = ctx.body as { readonly active?: unknown; readonly sub?: unknown } | undefined;
  if (answer?.active !== true || typeof answer.sub !== 'string') return;
  const account = await loadAccount(currentRequest().unit, answer.sub);
  const username = account?.user.identifiers[0];
  if (username !== undefined) ctx.body = { ...answer, username };
}
