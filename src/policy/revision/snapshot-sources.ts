/** What snapshots are made from, and the caches that they share. */
import type { EnrollmentRule } from '../../core/model/enrollment-policy.ts';
import type { PasswordRule } from '../../core/model/password-policy.ts';
import type { ProfileRule } from '../../core/model/profile-policy.ts';
import type { ServiceRule } from '../../core/model/service-policy.ts';
import type { CompiledAccountPolicy, CompiledPolicy } from '../../core/policy/rules/compile.ts';
import { NetworkFiles } from '../../network-data.ts';
import type { Store } from '../../stores/store.ts';
import type { App } from '../model/app.ts';
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import { LaterFaults } from './later-faults.ts';
import { LruCache } from './lru-cache.ts';

/** By content hash, so that what did not change is not read again for a new revision. */
export interface SnapshotCaches {
  readonly apps: LruCache<App>;
  readonly compiled: LruCache<CompiledPolicy>;
  readonly account: LruCache<CompiledAccountPolicy>;
  readonly enrollment: LruCache<CompiledPolicy<EnrollmentRule>>;
  readonly password: LruCache<CompiledPolicy<PasswordRule>>;
  readonly profiles: LruCache<CompiledPolicy<ProfileRule>>;
  readonly services: LruCache<CompiledPolicy<ServiceRule>>;
}

/** What snapshots share. */
export interface SnapshotSources extends SnapshotCaches {
  readonly store: Store;
  readonly authenticators: readonly AuthenticatorKind[];
  readonly networkFiles: NetworkFiles;
  readonly laterFaults: LaterFaults;
  /** Overrides the issuer of the settings. */
  readonly issuer?: string;
}

/** Caches of a snapshot that hold this many documents of each kind. */
export function newCaches(size: number, apps = size): SnapshotCaches {
  return {
    apps: new LruCache(apps),
    compiled: new LruCache(size),
    account: new LruCache(2),
    enrollment: new LruCache(2),
    password: new LruCache(2),
    profiles: new LruCache(size),
    services: new LruCache(size),
  };
}

export interface RevisionsOptions {
  /** All authenticators, enabled or not. */
  readonly authenticators: readonly AuthenticatorKind[];
  /** Overrides the issuer of the settings on this node (the environment variable ISSUER). */
  readonly issuer?: string;
  /** Apps that are kept ready. Default 1,000. */
  readonly keptApps?: number;
  /** Those that this process reads. Default: its own. */
  readonly networkFiles?: NetworkFiles;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Told what a document says that this release refuses, when it is read for the first time. Default: not told. */
  readonly warn?: (message: string) => void;
}

const keptPolicies = 1_000;

export function newSources(store: Store, options: RevisionsOptions): SnapshotSources {
  const { authenticators, issuer, keptApps = 1_000, networkFiles = new NetworkFiles(), warn } = options;
  return {
    store,
    authenticators,
    networkFiles,
    laterFaults: new LaterFaults(warn),
    ...newCaches(keptPolicies, keptApps),
    ...(issuer !== undefined && { issuer }),
  };
}
