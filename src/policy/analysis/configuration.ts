/** A valid configuration as the analysis works with it: policies with their places, apps, and what can be at all. */
import type { RuleHead } from '../../core/model/policy.ts';
import { type CompiledPolicy, compilePolicy } from '../../core/policy/compile.ts';
import type { Universe } from '../../core/policy/theory.ts';
import { readAttribute } from '../../core/profile/attribute-value.ts';
import { accountClientId } from '../model/account-client-id.ts';
import type { AnalysisFinding, FindingCode, NamedRule } from '../model/analysis-finding.ts';
import { findingCodes } from '../model/analysis-finding.ts';
import type { App } from '../model/app.ts';
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import type { Document, Documents } from '../model/documents.ts';
import type { Settings } from '../model/settings.ts';
import {
  readApp,
  readEnrollmentPolicy,
  readPasswordPolicy,
  readPolicy,
  readProfilePolicy,
  readServicePolicy,
} from '../revision/read-document.ts';
import { type Snapshot, snapshotOfDocuments } from '../revision/snapshot.ts';
import type { DocumentSource, Path, YamlSource } from '../source/yaml-source.ts';
import { placesIn } from './places.ts';

/** A policy with the file that it is from. */
export interface AnalysedPolicy {
  readonly document: Document;
  readonly source: YamlSource;
  readonly policy: CompiledPolicy<RuleHead>;
}

export interface AnalysedConfiguration {
  readonly snapshot: Snapshot;
  readonly documents: Documents;
  /** The policies of all kinds, in the order of their files. */
  readonly policies: readonly AnalysedPolicy[];
  /** In the order of their files. */
  readonly apps: readonly { readonly app: App; readonly source: YamlSource }[];
  /** `stepgate.yaml`. */
  readonly settings: YamlSource | undefined;
  /** What can be at all in sign-ins to these apps. */
  universe(clientIds: readonly string[]): Universe;
}

/** Reads documents that were checked. */
export async function analysedConfiguration(
  { sources, documents }: { readonly sources: readonly DocumentSource[]; readonly documents: Documents },
  authenticators: readonly AuthenticatorKind[],
): Promise<AnalysedConfiguration> {
  const byFile = new Map([...documents.values()].map((document) => [document.file, document]));
  const read = sources.flatMap(({ source }) => {
    const document = byFile.get(source.file);
    return document === undefined ? [] : [{ document, source }];
  });
  const snapshot = await snapshotOfDocuments(documents, authenticators);
  const known = knownIn(snapshot.settings);
  return {
    snapshot,
    documents,
    policies: read.flatMap(({ document, source }) => {
      const policy = policyIn(document);
      return policy === undefined ? [] : [{ document, source, policy }];
    }),
    apps: read.flatMap(({ document, source }) => (document.kind === 'app' ? [{ app: readApp(document), source }] : [])),
    settings: sources.find(({ kind }) => kind === 'settings')?.source,
    universe: (clientIds) => ({ ...known, clientIds }),
  };
}

function knownIn({ zones, attributes }: Settings): Omit<Universe, 'clientIds'> {
  const attribute: Universe['attribute'] = (name) =>
    Object.hasOwn(attributes.attributes, name) ? attributes.attributes[name] : undefined;
  return {
    places: placesIn(zones),
    attribute,
    isKept: (name, value) => {
      const found = attribute(name);
      if (found === undefined) return !attributes.closed;
      const kept = readAttribute(found, found.type === 'list' ? [value] : value);
      return kept.ok && [kept.value].flat()[0] === value;
    },
  };
}

function policyIn(document: Document): CompiledPolicy<RuleHead> | undefined {
  switch (document.kind) {
    case 'app':
    case 'settings':
      return undefined;
    case 'enrollment':
      return compilePolicy<RuleHead>(readEnrollmentPolicy(document));
    case 'password':
      return compilePolicy<RuleHead>(readPasswordPolicy(document));
    case 'profile':
      return compilePolicy<RuleHead>(readProfilePolicy(document));
    case 'service':
      return compilePolicy<RuleHead>(readServicePolicy(document));
    default:
      return compilePolicy<RuleHead>(readPolicy(document));
  }
}

/**
 * Client ids of the apps that a policy decides about: those that its rules name, and one that stands for all others.
 * Where no app uses it, it is looked at as if all did.
 */
export function clientIdsUnder(
  { document, policy }: AnalysedPolicy,
  { apps }: AnalysedConfiguration,
): readonly string[] {
  const all = apps.map(({ app }) => app);
  const used = all.filter((app) => uses(app, document)).map(({ clientId }) => clientId);
  const isShared = ['session', 'enrollment', 'password', 'recovery'].includes(document.kind);
  const clientIds = isShared || used.length === 0 ? [...used, accountClientId] : used;
  const named = new Set(
    policy.rules.flatMap(({ rule }) => [rule.when.apps?.any ?? [], rule.when.apps?.none ?? []].flat()),
  );
  const other = clientIds.find((clientId) => !named.has(clientId));
  return [...(other === undefined ? [] : [other]), ...clientIds.filter((clientId) => named.has(clientId))];
}

/** Whether the policy decides about the app. */
export function uses({ signOnPolicy, profilePolicy = 'default', service }: App, { kind, name }: Document): boolean {
  if (kind === 'service') return service !== undefined && (service.policy ?? 'default') === name;
  if (signOnPolicy === undefined) return false;
  if (kind === 'sign-on') return signOnPolicy === name;
  return kind !== 'profile' || profilePolicy === name;
}

/** Where a rule stands in its file; two rules of the session policy may be one there. */
export function rulePath({ document }: AnalysedPolicy, { location }: RuleHead): Path {
  return ['rules', document.ruleLines.indexOf(location?.line ?? 0)];
}

export function namedRule({ name, location }: RuleHead): NamedRule {
  return { name, file: location?.file ?? '', line: location?.line ?? 1 };
}

/** What a finding says besides its code and its place. */
export type FindingParts = Pick<AnalysisFinding, 'message' | 'advice'> &
  Partial<Pick<AnalysisFinding, 'severity' | 'rules' | 'example'>> & {
    /** The finding is about this key at its path. */
    readonly key?: string;
  };

/** A finding about what stands at the path. */
export function analysisFinding(
  code: FindingCode,
  { source, path }: { readonly source: YamlSource; readonly path: Path },
  { message, key, ...parts }: FindingParts,
): AnalysisFinding {
  const finding = source.finding(path, message, key);
  return {
    severity: findingCodes[code].severity,
    rules: [],
    ...parts,
    ...finding,
    code,
    text: source.lines[finding.line - 1] ?? '',
  };
}
