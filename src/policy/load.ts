/**
 * Loads the configuration of a directory: reads all files, checks them together (Law 12), and returns documents or
 * findings.
 */

import { omitUndefined } from '../core/model/omit-undefined.ts';
import { inOrderOfLocations } from '../core/model/source-location.ts';
import { checkAccount } from './check/check-account.ts';
import { checkAttainable } from './check/check-attainable.ts';
import { checkAuxiliary } from './check/check-auxiliary.ts';
import { checkBrand } from './check/check-brand.ts';
import { checkCatchAll } from './check/check-catch-all.ts';
import { checkClientCertificates } from './check/check-client-certificates.ts';
import { comparedNameFindings } from './check/check-compared-names.ts';
import { checkDemands } from './check/check-demands.ts';
import { checkDuplicates } from './check/check-duplicates.ts';
import { checkEnrollment } from './check/check-enrollment.ts';
import { checkFactSources } from './check/check-fact-sources.ts';
import { checkIdentify, identifyWarnings } from './check/check-identify.ts';
import { checkProfile } from './check/check-profile.ts';
import { checkReferences, knownNames } from './check/check-references.ts';
import { checkServices } from './check/check-service.ts';
import { checkSignOn } from './check/check-sign-on.ts';
import { checkSigning } from './check/check-signing.ts';
import { checkSwitchedOff, isSwitchedOn } from './check/check-switched-off.ts';
import { groupWarnings } from './check/group-warnings.ts';
import { userWarnings } from './check/user-warnings.ts';
import { configurationWarnings } from './check/warnings.ts';
import { attributeOptions, attributeTypes, checkAttributeTests } from './document-checks/check-attribute-tests.ts';
import { checkAttributes } from './document-checks/check-attributes.ts';
import { expressionFindings } from './document-checks/check-expressions.ts';
import type { AnalysisFinding } from './model/analysis-finding.ts';
import type { AuthenticatorKind } from './model/authenticator-kind.ts';
import { type Document, type Documents, documentKey, isSingleton, type WrittenKind } from './model/documents.ts';
import { type Finding, withLines } from './model/finding.ts';
import { schemaFor } from './schema/schemas.ts';
import { type ConfigurationFile, readConfigurationFiles } from './source/configuration-files.ts';
import { type RenamedKey, renamedKeys } from './source/renamed-keys.ts';
import { schemaFindings } from './source/schema-findings.ts';
import type { Variables } from './source/substitute-variables.ts';
import { valuesAt } from './source/values-at.ts';
import { type DocumentSource, linesOf, type ReadOptions, readYaml, type YamlSource } from './source/yaml-source.ts';

export interface LoadConfigurationOptions {
  /** All authenticators, enabled or not. */
  readonly authenticators: readonly AuthenticatorKind[];
  /** Values for `${NAME}` in the files, as in `process.env`. */
  readonly variables: Variables;
  /** The groups that users are in; absent: not known, so that only those of the settings count. */
  readonly groups?: readonly string[];
  /** Messages that cannot be sent go into an inbox (the demo), so that there is no warning about them. */
  readonly inbox?: boolean;
  /** Names that keys had before. Default: those of this release. */
  readonly renames?: readonly RenamedKey[];
}

export type LoadedConfiguration =
  /**
   * `warnings`: what is allowed but risky, by file, line and column; often none. What comments accept is among them.
   */
  | {
      readonly ok: true;
      readonly documents: Documents;
      readonly warnings: readonly AnalysisFinding[];
      /** The files, for the analysis. */
      readonly sources: readonly DocumentSource[];
    }
  /**
   * `findings`: never empty; by file, line and column. `documents`: what the files say, where each can be read and
   * none has the name of another. An earlier release may have applied it. `settings`: what `stepgate.yaml` says, where
   * it can be read.
   */
  | {
      readonly ok: false;
      readonly findings: readonly Finding[];
      readonly documents?: Documents;
      readonly settings?: unknown;
    };

/**
 * Reads and checks the configuration in `dir`. Reports all findings of all files at once. Does not reject because of
 * what the files contain.
 */
export async function loadConfiguration(dir: string, options: LoadConfigurationOptions): Promise<LoadedConfiguration> {
  const { files, pictures, findings: faulty, unreadable } = await readConfigurationFiles(dir);
  if (files.length === 0 && faulty.length > 0) return { ok: false, findings: faulty };
  const read = files.map(({ file, kind, text }) => ({ kind, ...readYaml(file, text, readOptions(kind, options)) }));
  const sources = read.flatMap(({ kind, source }): DocumentSource[] =>
    source === undefined ? [] : [{ kind, source }],
  );
  const settings = sources.find(({ kind }) => kind === 'settings')?.source.content;
  const refused = (errors: readonly Finding[], readable?: Documents) =>
    ({ ok: false, findings: inOrder(errors, files), ...omitUndefined({ documents: readable, settings }) }) as const;
  const unreadableKinds = new Set(unreadable);
  // What refers to a file that says nothing is no further fault.
  for (const { kind, source } of read) if (source === undefined || !isMapping(source)) unreadableKinds.add(kind);
  const brand = checkBrand(sources, pictures);
  const unread = [...faulty, ...read.flatMap((each) => each.findings)];
  const findings = [
    ...unread,
    ...missingFiles(new Set([...unreadableKinds, ...sources.map(({ kind }) => kind)])),
    ...checkSources(sources, unreadableKinds, options.authenticators),
    ...brand.findings,
  ];
  const counting = sources.filter(isSwitchedOn);
  const documents = toDocuments(counting, brand.documents);
  // Two of one name are one document.
  const isWhole =
    documents.size === counting.filter(({ kind }) => kind !== 'invariants').length + brand.documents.length;
  if (findings.length > 0) return refused(findings, unread.length === 0 && isWhole ? documents : undefined);
  const enrollment = sources.find(({ kind }) => kind === 'enrollment')?.source;
  const conflicts = [
    ...(enrollment ? checkEnrollment(enrollment, documents, options) : []),
    ...checkAttainable(sources, documents, options.authenticators),
    ...checkProfile(sources, documents, options.authenticators),
    ...checkAccount(sources, documents, options.authenticators),
    ...checkIdentify(sources, documents, options.authenticators),
  ];
  if (conflicts.length > 0) return refused(conflicts, documents);
  return {
    ok: true,
    documents,
    sources,
    warnings: [
      ...read.flatMap((each) => each.warnings ?? []),
      ...configurationWarnings(sources, documents, options),
      ...identifyWarnings(sources, documents, options.authenticators),
      ...groupWarnings(sources, options.groups),
      ...userWarnings(sources, documents, options),
      ...brand.warnings,
    ].sort(inOrderOfLocations),
  };
}

/** By file, line and column, each with its line. */
function inOrder(findings: readonly Finding[], files: readonly ConfigurationFile[]): readonly Finding[] {
  const named = new Set(findings.map(({ file }) => file));
  const texts = files.filter(({ file }) => named.has(file));
  const lines = new Map(texts.map(({ file, text }) => [file, linesOf(text)] as const));
  return withLines(findings.toSorted(inOrderOfLocations), (file) => lines.get(file));
}

function readOptions(
  of: WrittenKind,
  { variables, renames = renamedKeys }: Pick<LoadConfigurationOptions, 'variables' | 'renames'>,
): ReadOptions {
  return { variables, renames: renames.filter(({ kind }) => kind === of) };
}

function checkSources(
  all: readonly DocumentSource[],
  unreadableKinds: ReadonlySet<WrittenKind>,
  authenticators: readonly AuthenticatorKind[],
): readonly Finding[] {
  const ofSchemas = all.flatMap(({ kind, source }) => schemaFindings(schemaFor(kind, authenticators), source));
  const sources = all.filter(({ source }) => isMapping(source));
  const names = knownNames(sources, unreadableKinds, authenticators);
  const types = attributeTypes(sources);
  const settings = sources.find(({ kind }) => kind === 'settings')?.source.content;
  const ofEachFile = sources.flatMap((each) => [
    ...(hasCatchAll(each) ? checkCatchAll(each.source) : []),
    ...checkDuplicates(each.kind, each.source),
    ...checkReferences(each, names),
    ...checkDemands(each, authenticators),
    ...checkAttributeTests(each, types, (attribute) => attributeOptions(attribute, settings)),
    ...checkAuxiliary(each.source, authenticators),
    ...checkAttributes(each),
  ]);
  return [
    ...ofSchemas,
    ...ofEachFile,
    ...expressionFindings(sources),
    ...comparedNameFindings(sources, names),
    ...duplicateNames(sources),
    ...checkSigning(sources),
    ...checkServices(sources),
    ...checkClientCertificates(sources),
    ...checkFactSources(sources),
    ...checkSwitchedOff(sources),
    ...checkSignOn(sources, unreadableKinds),
  ];
}

function isMapping({ content }: YamlSource): boolean {
  return typeof content === 'object' && content !== null && !Array.isArray(content);
}

/** Sign-on policies that are read as one have it together: `checkSignOn` sees to them. */
function hasCatchAll(each: DocumentSource): boolean {
  return !['settings', 'app', 'sign-on', 'invariants'].includes(each.kind) && isSwitchedOn(each);
}

function missingFiles(present: ReadonlySet<WrittenKind>): readonly Finding[] {
  const needed: readonly [WrittenKind, string, string][] = [
    ['settings', 'stepgate.yaml', 'the settings of the whole provider'],
    ['session', 'policies/session.yaml', 'the policy for all sessions (see docs/policies.md)'],
  ];
  return needed
    .filter(([kind]) => !present.has(kind))
    .map(([, file, what]) => ({
      file,
      line: 1,
      column: 1,
      path: '',
      message: `is missing: it holds ${what}`,
      code: 'file_missing',
    }));
}

const nameField = { app: 'clientId', 'sign-on': 'name', profile: 'name', service: 'name' } as const;

function nameOf({ kind, source }: DocumentSource): string {
  if (isSingleton(kind)) return kind;
  const [found] = valuesAt(source.content, nameField[kind]);
  return typeof found?.value === 'string' ? found.value : '';
}

function duplicateNames(sources: readonly DocumentSource[]): readonly Finding[] {
  const seen = new Map<string, string>();
  const findings: Finding[] = [];
  for (const each of sources) {
    const { kind, source } = each;
    if (isSingleton(kind) || nameOf(each) === '') continue;
    const key = documentKey(kind, nameOf(each));
    const first = seen.get(key);
    if (first === undefined) seen.set(key, source.file);
    else
      findings.push(
        source.finding('duplicate_name', [nameField[kind]], `\`${nameOf(each)}\` stands in ${first} already`),
      );
  }
  return findings;
}

function toDocuments(sources: readonly DocumentSource[], files: readonly Document[]): Documents {
  const written = sources.flatMap((each): readonly Document[] => {
    const { kind, source } = each;
    if (kind === 'invariants') return [];
    const named = { kind, name: nameOf(each), file: source.file, content: source.content };
    if (kind === 'app' || kind === 'settings') return [{ ...named, ruleLines: [] }];
    const locations = valuesAt(source.content, 'rules.*').map(({ path }) => source.locationOf(path));
    return [
      { ...named, ruleLines: locations.map(({ line }) => line), ruleColumns: locations.map(({ column }) => column) },
    ];
  });
  return new Map([...written, ...files].map((each) => [documentKey(each.kind, each.name), each]));
}
