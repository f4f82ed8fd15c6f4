/** One revision of the configuration, ready to be used. */

import type { AuthenticatorDescriptor } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { ServiceRule } from '../../core/model/service-policy.ts';
import { type CompiledPolicy, compilePolicy, type PolicySet } from '../../core/policy/rules/compile.ts';
import { StepgateError } from '../../errors.ts';
import { NetworkFiles } from '../../network-data.ts';
import type { App } from '../model/app.ts';
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import type { BrandFile } from '../model/brand.ts';
import { type Document, type DocumentKind, type Documents, documentKey } from '../model/documents.ts';
import type { IdentifyPage, Settings } from '../model/settings.ts';
import { once } from './call-once.ts';
import { findDocument, type Manifest, readDocument, readDocuments } from './document-store.ts';
import { enabledAuthenticators } from './enabled-authenticators.ts';
import { type EquivalentApps, equivalentApps } from './equivalent-apps.ts';
import { type HashedDocument, LaterFaults } from './later-faults.ts';
import { openNetworkFiles } from './network-files.ts';
import { policyReaders } from './policy-readers.ts';
import { readApp, readBrandFile, readLabelledPolicy, readSettings } from './read-document.ts';
import { refreshTokensOf } from './refresh-tokens.ts';
import { type RequestReader, requestReader } from './request-reader.ts';
import type { LabelledPolicy } from './sign-on-policies.ts';
import { newCaches, type SnapshotSources } from './snapshot-sources.ts';

/**
 * Never changes. What it reads from the store on demand rejects with `StoreUnavailable` when the store does not answer.
 */
export interface Snapshot extends RequestReader {
  readonly revision: number;
  readonly settings: Settings;
  /** Since when sign-ins are recorded (epoch seconds). Absent: no policy asks about them. */
  readonly historySince?: number;
  /** A policy asks about risk or distance, so usual networks and failed attempts are recorded as well. */
  readonly recordsPlaces?: true;
  /** The app with this client id, read on demand; `undefined`: there is none. */
  app(clientId: string): Promise<App | undefined>;
  /** What decides over sign-ins to this app; compiled once. */
  policies(app: App): Promise<PolicySet>;
  /** What decides over tokens for this app as itself; `undefined`: its configuration alone does. */
  servicePolicy(app: App): Promise<CompiledPolicy<ServiceRule> | undefined>;
  /** The password policy; absent: there is none. Compiled once. */
  passwordPolicy(): Promise<PolicySet['password']>;
  /** All apps that users sign in to, those together for which the policies decide alike. Reads every app, once. */
  equivalentApps(): Promise<readonly EquivalentApps[]>;
  /** SHA-256 of the document with this file of a brand; `undefined`: there is none. */
  fileHash(file: string): string | undefined;
  /** A file of a brand, of this revision or any other; `undefined`: no document with this hash holds one. */
  brandFile(hash: string): Promise<BrandFile | undefined>;
  /** What documents that were read say and this release refuses, as an earlier one applied them; for the operator. */
  laterFaults(): readonly string[];
}

/** Where the documents of one revision come from. */
interface DocumentSourceOfRevision {
  readonly revision: number;
  readonly recording: Pick<Manifest, 'historySince' | 'recordsPlaces'>;
  /** By document key: the hash of its content; `undefined`: there is none. */
  hashOf(key: string): string | undefined;
  read(hash: string): Promise<Document>;
  /** `undefined`: there is none with this hash. */
  find(hash: string): Promise<Document | undefined>;
  /** All of a kind, in pages. */
  all(kind: DocumentKind): AsyncIterable<readonly Document[]>;
}

/**
 * Reads the settings, with the MaxMind DB files that they need, and all else when it is asked for. Rejects like
 * `readDocument`. `keyOf`: where a document is, by its hash; absent: where those of revisions are.
 */
export async function openSnapshot(
  manifest: Manifest,
  sources: SnapshotSources,
  keyOf?: (hash: string) => string,
): Promise<Snapshot> {
  const { documents, revision, historySince, recordsPlaces } = manifest;
  const snapshot = await snapshotOf(
    {
      revision,
      recording: omitUndefined({ historySince, recordsPlaces }),
      hashOf: (key) => (Object.hasOwn(documents, key) ? documents[key] : undefined),
      read: async (hash) => readDocument(sources.store, hash, keyOf),
      find: async (hash) => findDocument(sources.store, hash),
      all: (kind) => readDocuments(sources.store, hashesOf(manifest, kind), keyOf),
    },
    sources,
  );
  await openNetworkFiles(snapshot.settings, sources.networkFiles, manifest);
  return snapshot;
}

/** The documents as if they were a revision, without a store. */
export async function snapshotOfDocuments(
  documents: Documents,
  authenticators: readonly AuthenticatorKind[],
): Promise<Snapshot> {
  const read = async (key: string) => {
    const document = documents.get(key);
    if (document === undefined) throw new StepgateError('not_configured', `there is no ${key}`);
    return document;
  };
  const all = async function* (kind: DocumentKind) {
    yield [...documents.values()].filter((document) => document.kind === kind);
  };
  const hashOf = (key: string) => (documents.has(key) ? key : undefined);
  const find = async (key: string) => documents.get(key);
  const caches = newCaches(documents.size);
  const sources = { ...caches, authenticators, networkFiles: new NetworkFiles(), laterFaults: new LaterFaults() };
  return snapshotOf({ revision: 0, recording: {}, hashOf, read, find, all }, sources);
}

async function snapshotOf(
  { revision, recording, hashOf, find, all, ...source }: DocumentSourceOfRevision,
  sources: Omit<SnapshotSources, 'store'>,
): Promise<Snapshot> {
  const settingsHash = hashOf(documentKey('settings', 'settings')) ?? '';
  const stored = { hash: settingsHash, document: await source.read(settingsHash) };
  const noteFaults = (each: HashedDocument) => sources.laterFaults.note(each, stored, sources.authenticators);
  noteFaults(stored);
  const written = readSettings(stored.document, sources.authenticators);
  const read = async (hash: string) => {
    const document = await source.read(hash);
    noteFaults({ hash, document });
    return document;
  };
  const settings: Settings = sources.issuer === undefined ? written : { ...written, issuer: sources.issuer };
  const authenticators = enabledAuthenticators(sources.authenticators, settings);
  const labelled = once(async () => {
    const policies: LabelledPolicy[] = [];
    for await (const page of all('sign-on')) policies.push(...page.map(readLabelledPolicy));
    return policies;
  });
  const readers = policyReaders(sources, { hashOf, read, labelled });
  const known = { settings, authenticators, scopeOfClaim: scopesOfClaims(settings) };
  const compose = (app: App) => composePolicies(readers, app, known);
  const sets = new WeakMap<App, Promise<PolicySet>>();
  const policies = (app: App): Promise<PolicySet> => {
    const present = sets.get(app);
    if (present !== undefined) return present;
    const made = compose(app);
    sets.set(app, made);
    made.catch(() => sets.delete(app));
    return made;
  };
  const allApps = async function* () {
    for await (const page of all('app')) yield page.map(readApp).filter(isForUsers);
  };
  return {
    revision,
    settings,
    ...recording,
    ...requestReader(settings, sources.networkFiles, recording),
    async app(clientId) {
      const hash = hashOf(documentKey('app', clientId));
      return hash === undefined ? undefined : sources.apps.get(hash, async () => readApp(await read(hash)));
    },
    policies,
    servicePolicy: (app) => readers.servicePolicy(app.service?.policy),
    passwordPolicy: readers.passwordPolicy,
    equivalentApps: once(() => equivalentApps(allApps(), policies, [])),
    fileHash: (file) => hashOf(documentKey('file', file)),
    async brandFile(hash) {
      const document = await find(hash);
      return document && readBrandFile(document);
    },
    laterFaults: () => sources.laterFaults.of(hashOf, stored),
  };
}

interface KnownToPolicies {
  readonly settings: Settings;
  readonly authenticators: readonly AuthenticatorDescriptor[];
  readonly scopeOfClaim: Readonly<Record<string, string>>;
}

async function composePolicies(
  readers: ReturnType<typeof policyReaders>,
  application: App,
  known: KnownToPolicies,
): Promise<PolicySet> {
  const { minimumAcr, profilePolicy: profileName, firstParty, requiredScopes, identify } = application;
  const { policy, signOnPolicy, accountPolicy, enrollmentPolicy, passwordPolicy, profilePolicy } = readers;
  const refreshTokens = refreshTokensOf(application, known.settings);
  const [session, app, enrollment, password, recovery, profile, account] = await Promise.all([
    policy(documentKey('session', 'session')),
    signOnPolicy(application),
    enrollmentPolicy(),
    passwordPolicy(),
    policy(documentKey('recovery', 'recovery')),
    profilePolicy(profileName),
    accountPolicy(),
  ]);
  return {
    session: session ?? denyAll,
    ...(app && { app }),
    ...(enrollment && { enrollment }),
    ...(password && { password }),
    ...(recovery && { recovery }),
    ...(account && { accountPolicy: account }),
    ...(profile && { profile }),
    ...(identifyPageOf(known.settings, { identify }).identifierFirst && { identifierFirst: true }),
    ...(refreshTokens && { refreshTokens }),
    ...(!firstParty && { consent: { required: requiredScopes, scopeOfClaim: known.scopeOfClaim } }),
    acrLevels: known.settings.acrValues,
    ...(minimumAcr !== undefined && { minimumAcr }),
    authenticators: known.authenticators,
  };
}

function isForUsers({ signOnPolicies }: App): boolean {
  return signOnPolicies !== undefined;
}

/** What the app says, and the settings where it does not. An attribute that alone identifies labels the field. */
export function identifyPageOf(
  { identify, attributes }: Pick<Settings, 'identify' | 'attributes'>,
  app: { readonly identify?: IdentifyPage | undefined },
): IdentifyPage {
  const page = { ...identify, ...app.identify };
  const [only, ...others] = page.by ?? [];
  const label = only !== undefined && others.length === 0 ? attributes.attributes[only]?.label : undefined;
  return label === undefined ? page : { label, ...page };
}

/** By claim: the first scope that releases it. */
function scopesOfClaims({ scopes }: Settings): Readonly<Record<string, string>> {
  const pairs = Object.entries(scopes).flatMap(([scope, claims]) => claims.map((claim) => [claim, scope] as const));
  return Object.fromEntries(pairs.reverse());
}

function hashesOf({ documents }: Manifest, kind: DocumentKind): readonly string[] {
  const prefix = documentKey(kind, '');
  return Object.entries(documents).flatMap(([key, hash]) => (key.startsWith(prefix) ? [hash] : []));
}

/** Without a session policy every sign-in is denied (Law 4). */
const denyAll = compilePolicy({ name: 'session', rules: [] });
