/** Reads the policies of a revision, each compiled once. */

import type { RuleHead } from '../../core/model/policy.ts';
import type { ProfileRule } from '../../core/model/profile-policy.ts';
import type { ServiceRule } from '../../core/model/service-policy.ts';
import { compileAccountPolicy } from '../../core/policy/rules/account-policy.ts';
import { type CompiledAccountPolicy, type CompiledPolicy, compilePolicy } from '../../core/policy/rules/compile.ts';
import type { App } from '../model/app.ts';
import { type Document, documentKey } from '../model/documents.ts';
import type { LruCache } from './lru-cache.ts';
import {
  readAccountPolicy,
  readEnrollmentPolicy,
  readPasswordPolicy,
  readPolicy,
  readProfilePolicy,
  readServicePolicy,
} from './read-document.ts';
import { joinedName, type LabelledPolicy, policiesOfApp } from './sign-on-policies.ts';
import type { SnapshotCaches } from './snapshot-sources.ts';

/** How the documents of one revision are read. */
interface DocumentReaders {
  readonly hashOf: (key: string) => string | undefined;
  readonly read: (hash: string) => Promise<Document>;
  /** All sign-on policies; read for apps that name none. */
  readonly labelled: () => Promise<readonly LabelledPolicy[]>;
}

/** Reads policies, each once for all snapshots that have it. */
export function policyReaders(sources: SnapshotCaches, { hashOf, read, labelled }: DocumentReaders) {
  const readerOf =
    <Of extends RuleHead>(
      cache: LruCache<CompiledPolicy<Of>>,
      parse: (document: Document) => { readonly name: string; readonly rules: readonly Of[] },
    ) =>
    async (key: string): Promise<CompiledPolicy<Of> | undefined> => {
      const hash = hashOf(key);
      return hash === undefined ? undefined : cache.get(hash, async () => compilePolicy(parse(await read(hash))));
    };
  const enrollment = readerOf(sources.enrollment, readEnrollmentPolicy);
  const password = readerOf(sources.password, readPasswordPolicy);
  const profile = readerOf(sources.profiles, readProfilePolicy);
  const service = readerOf(sources.services, readServicePolicy);
  return {
    policy: readerOf(sources.compiled, readPolicy),
    /** Several are read as one. `undefined`: there is none, or one of them is not there, which denies (Law 4). */
    async signOnPolicy(app: App): Promise<CompiledPolicy | undefined> {
      const { signOnPolicies } = app;
      if (signOnPolicies === undefined) return undefined;
      const names = policiesOfApp(app, signOnPolicies.length === 0 ? await labelled() : []);
      const hashes = names.map((name) => hashOf(documentKey('sign-on', name)));
      if (names.length === 0 || hashes.includes(undefined)) return undefined;
      return sources.compiled.get(hashes.join(' '), async () => {
        const policies = await Promise.all(hashes.map(async (hash) => readPolicy(await read(hash ?? ''))));
        return compilePolicy({ name: joinedName(names), rules: policies.flatMap(({ rules }) => rules) });
      });
    },
    async accountPolicy(): Promise<CompiledAccountPolicy | undefined> {
      const hash = hashOf(documentKey('account', 'account'));
      if (hash === undefined) return undefined;
      return sources.account.get(hash, async () => compileAccountPolicy(readAccountPolicy(await read(hash))));
    },
    enrollmentPolicy: () => enrollment(documentKey('enrollment', 'enrollment')),
    passwordPolicy: () => password(documentKey('password', 'password')),
    /** A policy that an app names and that is not there has no rules, so that it denies (Law 4). */
    async profilePolicy(name: string | undefined): Promise<CompiledPolicy<ProfileRule> | undefined> {
      const found = await profile(documentKey('profile', name ?? 'default'));
      return found ?? (name === undefined ? undefined : compilePolicy({ name, rules: [] }));
    },
    async servicePolicy(name: string | undefined): Promise<CompiledPolicy<ServiceRule> | undefined> {
      const found = await service(documentKey('service', name ?? 'default'));
      return found ?? (name === undefined ? undefined : compilePolicy({ name, rules: [] }));
    },
  };
}
