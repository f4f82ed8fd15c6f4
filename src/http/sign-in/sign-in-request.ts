/** What all pages below `/signin/<uid>` share: the request that the path identifies. */
import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import { type ErrorCode, StepgateError } from '../../errors.ts';
import type { Services } from '../../flow/services.ts';
import type { TransactionRequest } from '../../flow/transaction/open-transaction.ts';
import { browserSession, proofSecretOf } from '../../oidc/interaction/interactions.ts';
import { currentRequest } from '../../oidc/request-scope.ts';
import type { Renderer } from '../html/render.ts';
import type { NextLink } from '../html/views/page-models.ts';
import type { BoundRequest } from '../middleware/browser-binding.ts';
import { pathParameter } from '../middleware/route-table.ts';

export interface SignInParts {
  readonly services: Services;
  readonly renderer: Renderer;
  /** The provider of the active revision. */
  readonly provider: () => Provider;
  /** Name of the cookie that identifies a used browser. */
  readonly browserCookie: string;
  /** Where a user can continue after a sign-in ended with this code, best first. */
  readonly nextLinks: (ctx: Context, code: ErrorCode) => Promise<readonly NextLink[]>;
}

export interface SignInRequest extends BoundRequest {
  readonly parts: SignInParts;
  /** The engine's view of the request. */
  readonly transaction: TransactionRequest;
  /** The secret that the browser gets for a proof in this request. */
  readonly given: { secret?: string };
}

/** Throws `StepgateError('not_found')` if the path cannot name a transaction. */
export function signInRequest(parts: SignInParts, ctx: Context): SignInRequest {
  const uid = pathParameter(ctx, 'uid');
  if (!/^[\w-]{10,64}$/.test(uid)) throw new StepgateError('not_found');
  const provider = parts.provider();
  const { unit, visitor } = currentRequest();
  const session = () => browserSession(provider, ctx, parts.services);
  const given: SignInRequest['given'] = {};
  const proofSecret = {
    presented: proofSecretOf(provider, ctx),
    give(secret: string) {
      given.secret = secret;
    },
  };
  return { parts, ctx, provider, uid, given, transaction: { unit, uid, visitor, session, proofSecret } };
}
