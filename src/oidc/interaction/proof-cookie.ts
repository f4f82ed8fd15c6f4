/**
 * The cookie with the secret of the browser that gave the last proof of a sign-in (Law 15, decision 30), and its check
 * at the resume, where oidc-provider signs in the user of the result.
 */
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Seconds } from '../../core/model/facts.ts';
import type { Transaction } from '../../core/step/transaction.ts';
import { cookieAttributes, cookieName } from '../../flow/browser/cookie-table.ts';
import { isProvingBrowser } from '../../flow/browser/proof-secret.ts';
import { parseTransaction } from '../../flow/transaction/store.ts';
import { interactionKey, transactionKey } from '../../stores/keys.ts';
import { currentRequest } from '../request-scope.ts';

type CookieContext = Pick<KoaContextWithOIDC, 'cookies'>;

function proofCookie({ issuer }: Pick<Provider, 'issuer'>): string {
  return cookieName('proof', issuer);
}

export function presentedSecret(ctx: CookieContext, provider: Pick<Provider, 'issuer'>): string | undefined {
  return ctx.cookies.get(proofCookie(provider), { signed: false });
}

/** `paths`: the steps of the sign-in, and its resume. */
export function setProofCookie(
  ctx: CookieContext,
  provider: Pick<Provider, 'issuer'>,
  {
    secret,
    paths,
    lifetime,
  }: { readonly secret: string; readonly paths: readonly string[]; readonly lifetime: Seconds },
): void {
  for (const path of paths) {
    ctx.cookies.set(proofCookie(provider), secret, {
      ...cookieAttributes('proof', provider.issuer),
      path,
      maxAge: lifetime * 1000,
      // The cookie has one value for each path.
      overwrite: false,
    });
  }
}

/**
 * Middleware: a sign-in can be resumed only in the browser that gave the last proof. Any other browser is sent to the
 * page where a sign-in starts again. oidc-provider takes what it resumes from the cookie and not from the address, and
 * so does this.
 */
export function resumeOnlyWhereProved(provider: Provider, pathOf: (uid: string) => string) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    const uid = ctx.cookies.get(provider.cookieName('resume'), { signed: true });
    if (uid === undefined || (await mayResume(uid, presentedSecret(ctx, provider)))) return void (await next());
    ctx.redirect(pathOf(uid));
    ctx.status = 303;
    ctx.set('Cache-Control', 'no-store');
  };
}

/**
 * If nothing was proved, no secret is needed, because such a resume signs no user in. While the steps are still running
 * there is nothing to resume, and oidc-provider would end the sign-in for every browser with the same cookies.
 */
async function mayResume(uid: string, presented: string | undefined): Promise<boolean> {
  const { unit } = currentRequest();
  const { entries } = await unit.load([interactionKey(uid), transactionKey(uid)]);
  const interaction = entries.get(interactionKey(uid));
  const entry = entries.get(transactionKey(uid));
  const transaction = entry && parseTransaction(entry.value);
  if (!isProvingBrowser(transaction?.proofSecretHash, presented)) return false;
  if (interaction === undefined) return true;
  const result = resultOf(interaction.value);
  if (result === undefined) return transaction === undefined;
  const account = result.login?.accountId;
  return account === undefined || (transaction !== undefined && isResultOf(transaction, account));
}

interface InteractionResult {
  readonly login?: { readonly accountId?: string };
}

/** The result that the steps passed on. Undefined if there is none yet. */
function resultOf(interaction: string): InteractionResult | undefined {
  const { payload } = JSON.parse(interaction) as { readonly payload: { readonly result?: InteractionResult } };
  return payload.result;
}

/**
 * Whether the result is about the user of the transaction. After the user started again, an earlier result is not.
 */
function isResultOf({ subject, evidence, proofSecretHash }: Transaction, account: string): boolean {
  return subject?.id === account && (evidence.length === 0 || proofSecretHash !== undefined);
}
