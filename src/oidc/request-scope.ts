/**
 * What one request works with, from its first middleware to its commit. oidc-provider calls us back many times during a
 * request and hands over only its own context, so the scope travels along with the asynchronous calls.
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

/** The decision on an authorization request, and what it was made from. */
export interface SignOn {
  readonly decision: Decision;
  readonly snapshot: Snapshot;
  readonly app: App;
  readonly request: RequestFacts;
  readonly facts: Facts;
  /** Of the interaction that this request resumes. */
  readonly transaction?: Transaction;
}

/** A refresh token that counts. */
export interface RefreshedToken {
  readonly token: string;
  /** When it was looked at (epoch seconds): one that counted then goes on to count during the request. */
  readonly at: Seconds;
  /** It was replaced before, by the token with this SHA-256 (base64url). */
  readonly successor?: string;
}

/** What the storage adapter needs. Outside a request, each of its calls has a scope of its own. */
export interface StorageScope {
  readonly unit: UnitOfWork;
  /** Sessions (`uid`) whose id this request gave up without giving them another: they end with the commit. */
  readonly endedSessions: Set<string>;
  /** Ids of the grants that this request has revoked, with all tokens that were issued under them. */
  readonly revokedGrants: Set<string>;
  /** The refresh token that this request has found, and which is to be replaced. */
  refreshed?: RefreshedToken;
  /** What the tokens of this request rest on. */
  tokenBasis?: TokenBasis;
  /** Claims that the request names and access tokens of this request do not release. */
  refusedClaims?: readonly string[];
}

export interface RequestScope extends StorageScope {
  readonly visitor: Visitor;
  /** Path and query of the request: a page that changes its language comes back to it. */
  readonly address: string;
  /** The version of each app, by client id, that this request has authenticated. */
  readonly apps: Map<string, App>;
  /**
   * The decision is made once for each authorization request, by what oidc-provider holds of it: it asks for the grant
   * first, and for the prompt afterwards.
   */
  readonly signOns: Map<KoaContextWithOIDC['oidc'], Promise<SignOn>>;
  /** Its request object was refused, which the app is told once: the error handler looks the app up again. */
  hasRefusedRequestObject?: true;
  /** The interaction that the cookie and the address agree on, once it was read. */
  interaction?: InstanceType<Provider['Interaction']>;
  /**
   * Why this request cannot be served: the store does not answer, or the configuration is incomplete or damaged.
   * oidc-provider turns an unknown error into a 500; this one must become a 503.
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

/** `undefined` outside a request, such as in a background task. */
export function findRequest(): RequestScope | undefined {
  return scopes.getStore();
}
