/** A valid configuration as the analysis works with it: policies with their locations, apps, and what can be at all. */

import { oneDay } from '../../../core/model/durations.ts';
import type { Seconds } from '../../../core/model/facts.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import { type RefusedNames, scopesOf } from '../../../core/policy/claim-scopes.ts';
import type { Universe } from '../../../core/policy/theories/theory.ts';
import { readAttribute } from '../../../core/profile/attribute-value.ts';
import type { NamedRule } from '../../model/analysis-finding.ts';
import type { App } from '../../model/app.ts';
import type { AuthenticatorKind } from '../../model/authenticator-kind.ts';
import { type Document, type Documents, ruleIndexAt } from '../../model/documents.ts';
import type { Settings } from '../../model/settings.ts';
import { readApp } from '../../revision/read-document.ts';
import { type Snapshot, snapshotOfDocuments } from '../../revision/snapshot.ts';
import type { FileLocation } from '../../source/finding-at.ts';
import type { DocumentSource, YamlSource } from '../../source/yaml-source.ts';
import { type AnalysedPolicy, analysedPolicies, readPolicies } from './analysed-policies.ts';
import { believableDevices } from './believable-devices.ts';
import { refusedToApps } from './refused-to-apps.ts';
import { examplePlaces, placesOnFile } from './zones-on-file.ts';

interface ReadFile {
  readonly document: Document;
  readonly source: YamlSource;
}

export interface AnalysedConfiguration {
  readonly snapshot: Snapshot;
  readonly documents: Documents;
  /** With the invariants. */
  readonly sources: readonly DocumentSource[];
  readonly policies: readonly AnalysedPolicy[];
  /** Sorted as their files. */
  readonly apps: readonly { readonly app: App; readonly source: YamlSource }[];
  /** `stepgate.yaml`. */
  readonly settings: YamlSource | undefined;
  /** What can be at all in sign-ins to these apps, from now on. Requests ask for what their app may ask for. */
  universe(clientIds: readonly string[]): Universe;
  /** What the app cannot ask for. Undefined: nothing that conditions ask about. Equal results are one object. */
  refused(clientId: string): RefusedNames | undefined;
  /** The location of a rule. Two rules of the session policy may share one. */
  locationOf(rule: RuleHead): FileLocation | undefined;
}

export type ReadSources = { readonly sources: readonly DocumentSource[]; readonly documents: Documents };

/** Cached by the sources: a check that is asked about a standard examines them twice. */
const known = new WeakMap<
  ReadSources['sources'],
  {
    readonly documents: Documents;
    readonly authenticators: readonly AuthenticatorKind[];
    readonly since: Seconds;
    readonly made: Promise<AnalysedConfiguration>;
  }
>();

export interface AnalysisContext {
  /** All authenticators, enabled or not. */
  readonly authenticators: readonly AuthenticatorKind[];
  /** Epoch seconds: what comes before is over. */
  readonly now: Seconds;
}

/** Reads documents that were checked. */
export function analysedConfiguration(
  { sources, documents }: ReadSources,
  { authenticators, now }: AnalysisContext,
): Promise<AnalysedConfiguration> {
  const since = beginningOf(now);
  const found = known.get(sources);
  if (found?.documents === documents && found.authenticators === authenticators && found.since === since)
    return found.made;
  const made = readConfiguration({ sources, documents }, { authenticators, now });
  known.set(sources, { documents, authenticators, since, made });
  return made;
}

/** Since the beginning of the day, so that all runs of a day find the same. */
function beginningOf(now: Seconds): Seconds {
  return Math.floor(now / oneDay) * oneDay;
}

/** Reads them each time. */
export async function readConfiguration(
  { sources, documents }: ReadSources,
  { authenticators, now }: AnalysisContext,
): Promise<AnalysedConfiguration> {
  const since = beginningOf(now);
  const byFile = new Map([...documents.values()].map((document) => [document.file, document]));
  const files = sources.flatMap(({ source }): readonly ReadFile[] => {
    const document = byFile.get(source.file);
    return document === undefined ? [] : [{ document, source }];
  });
  const byName = new Map(files.map((file) => [file.source.file, file]));
  const snapshot = await snapshotOfDocuments(documents, authenticators);
  const settings = { ...knownIn(snapshot.settings), places: placesOnFile(snapshot) };
  const apps = files.flatMap(({ document, source }) =>
    document.kind === 'app' ? [{ app: readApp(document), source }] : [],
  );
  const all = apps.map(({ app }) => app);
  const policies = readPolicies(documents, all);
  const refused = refusedToApps(all, { policies, sources, declared: snapshot.settings.scopes });
  return {
    snapshot,
    documents,
    sources,
    policies: analysedPolicies(policies, refused),
    apps,
    settings: sources.find(({ kind }) => kind === 'settings')?.source,
    universe: (clientIds) => ({
      ...settings,
      ...{ clientIds, since, areZonesAsWritten: true, refused },
      ...(clientIds.length === 1 && { isOneApp: true }),
    }),
    refused,
    locationOf: (rule) => locationIn(byName, rule),
  };
}

/**
 * The same, where requests may ask for anything: a grant from before the app lost a scope still has it, and the rules
 * decide at each refresh (decision 193).
 */
export function withOldGrants(configuration: AnalysedConfiguration): AnalysedConfiguration {
  const { apps, refused, universe } = configuration;
  if (apps.every(({ app }) => refused(app.clientId) === undefined)) return configuration;
  const anything = (clientIds: readonly string[]): Universe => {
    const { refused: _, ...others } = universe(clientIds);
    return others;
  };
  return { ...configuration, universe: anything, refused: () => undefined };
}

function locationIn(files: ReadonlyMap<string, ReadFile>, rule: RuleHead): FileLocation | undefined {
  const file = files.get(rule.location?.file ?? '');
  const index = file ? ruleIndexAt(file.document, rule) : -1;
  return file && index >= 0 ? { source: file.source, path: ['rules', index] } : undefined;
}

/** What can be at all by these settings. */
export function knownIn({
  zones,
  attributes,
  risk,
  networkData,
  deviceSignals,
  scopes,
}: Settings): Omit<Universe, 'clientIds'> {
  const attribute: Universe['attribute'] = (name) =>
    Object.hasOwn(attributes.attributes, name) ? attributes.attributes[name] : undefined;
  // A proof of an address or a number writes both that and that it is verified.
  const proved = Object.entries(attributes.attributes).flatMap(([name, { verifiedBy }]) =>
    verifiedBy === undefined ? [] : [name, verifiedBy],
  );
  return {
    places: examplePlaces(zones),
    risk,
    scopesOf: (claim) => scopesOf(claim, scopes),
    devices: onceByNames((names) => believableDevices(deviceSignals, names)),
    knowsCountries: networkData?.country !== undefined,
    attribute,
    isKept: (name, value) => {
      const found = attribute(name);
      if (found === undefined) return !attributes.closed;
      const kept = readAttribute(found, found.type === 'list' ? [value] : value);
      return kept.ok && [kept.value].flat()[0] === value;
    },
    isLasting: (name) => attribute(name)?.write !== 'user' && !proved.includes(name),
  };
}

/** Many apps ask about the same names. */
function onceByNames<Found>(find: (names: readonly string[]) => Found): (names: readonly string[]) => Found {
  const foundByNames = new Map<string, Found>();
  return (names) => {
    const key = JSON.stringify(names.toSorted());
    const found = foundByNames.has(key) ? (foundByNames.get(key) as Found) : find(names);
    foundByNames.set(key, found);
    return found;
  };
}

export function namedRule({ name, location }: RuleHead): NamedRule {
  return { name, file: location?.file ?? '', line: location?.line ?? 1, column: location?.column ?? 1 };
}
