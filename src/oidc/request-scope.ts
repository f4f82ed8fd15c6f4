/**
 * The state of one request, from its first middleware to its commit. oidc-provider calls us back many times during a
 * request and passes only its own context, so the scope follows the asynchronous calls.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Decision } from '../core/model/decision.ts';
import type { Facts, RequestFacts, Seconds } from '../core/model/facts.ts';
import type { Transaction } from '../core/step/transaction.ts';
import { StepgateError } from '../errors.ts';
import type { Visitor } from '../flow/browser/visitor.ts';
import type { TokenBasis } from '../flow/facts/token-basis.ts';
import type { App } from '../policy/model/app.ts';
import type { Snapshot } from '../policy/revision/snapshot.ts';
import type { UnitOfWork } from '../stores/unit-of-work.ts';

/** The decision on an authorization request, and its input. */
export interface SignOn {
  readonly decision: Decision;
  readonly snapshot: Snapshot;
  readonly app: App;
  readonly request: RequestFacts;
  readonly facts: Facts;
  /** The transaction of the interaction that this request resumes. */
  readonly transaction?: Transaction;
}

/** A refresh token that counts. */
export interface RefreshedToken {
  readonly token: string;
  /** When it was checked (epoch seconds). If it counted then, it counts for the rest of the request. */
  readonly at: Seconds;
  /** It was replaced earlier, by the token with this SHA-256 (base64url). */
  readonly successor?: string;
}

/** What the storage adapter needs. Outside a request, each of its calls has its own scope. */
export interface StorageScope {
  readonly unit: UnitOfWork;
  /** Sessions (`uid`) that lost their id in this request without getting another: they end with the commit. */
  readonly endedSessions: Set<string>;
  /** The session was saved with the id and the end that it had, and outlives the browser or not as before. */
  isCookieUnchanged?: boolean;
  /** Ids of grants that this request has revoked, with all their tokens. */
  readonly revokedGrants: Set<string>;
  /** The refresh token that this request found and will replace. */
  refreshed?: RefreshedToken;
  /** The basis of this request's tokens. */
  tokenBasis?: TokenBasis;
  /** Claims that the request names but this request's access tokens must not release. */
  refusedClaims?: readonly string[];
}

export interface RequestScope extends StorageScope {
  readonly visitor: Visitor;
  /** Path and query of the request, to which the language selector returns. */
  readonly address: string;
  /** The version of each app, by client id, that this request has authenticated. */
  readonly apps: Map<string, App>;
  /**
   * One decision for each authorization request, by oidc-provider's object for it: oidc-provider asks first for the
   * grant and then for the prompt.
   */
  readonly signOns: Map<KoaContextWithOIDC['oidc'], Promise<SignOn>>;
  /** Its request object was refused. The app is told once, although the error handler looks the app up again. */
  hasRefusedRequestObject?: true;
  /** The interaction named by both the cookie and the address, once it has been read. */
  interaction?: InstanceType<Provider['Interaction']>;
  /**
   * Why this request cannot be served: the store does not answer, or the configuration is incomplete or damaged.
   * oidc-provider turns an unknown error into a 500, but this one must become a 503.
   */
  unserved?: StepgateError;
}

export function createStorageScope(unit: UnitOfWork): StorageScope {
  return { unit, endedSessions: new Set(), revokedGrants: new Set() };
}

export function createRequestScope(unit: UnitOfWork, visitor: Visitor, address = '/'): RequestScope {
  return { ...createStorageScope(unit), visitor, address, apps: new Map(), signOns: new Map() };
}

const scopes = new AsyncLocalStorage<RequestScope>();

/** Runs a request, and everything that it starts, in its scope. */
export function runInScope<T>(scope: RequestScope, run: () => Promise<T>): Promise<T> {
  return scopes.run(scope, run);
}

/** Throws `StepgateError('internal')` outside a request. */
export function currentRequest(): RequestScope {
  const scope = scopes.getStore();
  if (!scope) throw new StepgateError('internal', 'this code needs a request, and none is under way');
  return scope;
}

/** Undefined outside a request, such as in a background task. */
export function findRequest(): RequestScope | undefined {
  return scopes.getStore();
}
