/** The first middleware: normalises the request and opens its scope. */
import type { Context, Next } from 'koa';
import { createRequestScope, runInScope } from '../../oidc/request-scope.ts';
import { usedBrowserKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import { UnitOfWork } from '../../stores/unit-of-work.ts';
import { failureRecordingStore } from './failure-recording-store.ts';
import { type NormalisationOptions, normaliseRequest } from './normalise-request.ts';

export interface OpenRequestOptions extends Omit<NormalisationOptions, 'trustedProxies' | 'signalHeaders' | 'origin'> {
  readonly store: Store;
  readonly issuer: string;
  /** Keys that every load includes. */
  readonly along: readonly string[];
  /** From the active revision. */
  readonly trustedProxies: () => number;
  readonly signalHeaders: () => readonly string[];
  /** Called when the address of a browser is not known. */
  readonly onUnknownAddress: (path: string) => void;
}

export function openRequest({
  store,
  along,
  trustedProxies,
  signalHeaders,
  onUnknownAddress,
  issuer,
  ...cookies
}: OpenRequestOptions) {
  const { host, protocol } = new URL(issuer);
  const origin = { host, scheme: protocol.slice(0, -1) };
  return async (ctx: Context, next: Next): Promise<void> => {
    const known = { trustedProxies: trustedProxies(), signalHeaders: signalHeaders() };
    const visitor = normaliseRequest(ctx, { origin, ...cookies, ...known });
    if (visitor.ip === '') onUnknownAddress(ctx.path);
    const recording = failureRecordingStore(store, (failure) => {
      scope.unserved = failure;
    });
    // The entry of the used browser is part of the first load, so that it needs no round trip of its own.
    const used = visitor.browserSecret === undefined ? [] : [usedBrowserKey(visitor.browserSecret)];
    const scope = createRequestScope(new UnitOfWork(recording, [...along, ...used]), visitor, ctx.originalUrl);
    await runInScope(scope, next);
  };
}
