/**
 * The static analysis of a valid configuration: what its rules can never do, and what they let happen. Findings may
 * differ from release to release, so they never stop a configuration that is already active.
 */
import type { Seconds } from '../../../core/model/facts.ts';
import { locationKey } from '../../../core/model/location-key.ts';
import { inOrderOfLocations } from '../../../core/model/source-location.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import type { AuthenticatorKind } from '../../model/authenticator-kind.ts';
import type { Documents } from '../../model/documents.ts';
import type { DocumentSource } from '../../source/yaml-source.ts';
import { type AnalysedApp, analysedApps } from '../analysed/analysed-apps.ts';
import { type AssumedConfiguration, assumedConfiguration } from '../analysed/assumed-configuration.ts';
import { type AnalysedConfiguration, analysedConfiguration, withOldGrants } from '../analysed/configuration.ts';
import { invariantFindings } from '../invariants/invariant-findings.ts';
import { type ExaminedInvariant, examinedInvariants } from '../invariants/invariants.ts';
import { assumedLockOuts } from '../lock-outs/assumed-lock-outs.ts';
import { combinationFindings } from '../lock-outs/combination-findings.ts';
import { undecidedLockOuts } from '../lock-outs/undecided-lock-outs.ts';
import { deadRuleFindings, type ExaminedRule, examineRules, unexaminedFindings } from '../rules/dead-rule-findings.ts';
import { expiredTimeFindings } from '../rules/expired-times.ts';
import { formulaFindings } from '../rules/formula-findings.ts';
import { ruleFindings } from '../rules/rule-findings.ts';
import { unaskableScopes } from '../rules/unaskable-scopes.ts';
import { unreachedFindings } from '../rules/unreachable-rules.ts';
import { unusedFindings } from '../rules/unused-names.ts';
import { mostNamed } from '../text/apps-text.ts';
import { type AcceptedFinding, dayOf, sortedByComments } from './accepted-findings.ts';

export interface AnalysisOptions {
  /** All authenticators, enabled or not. */
  readonly authenticators: readonly AuthenticatorKind[];
  /** Epoch seconds. */
  readonly now: Seconds;
}

/** What the analysis says about files that were checked. */
export interface Analysis {
  /** Sorted by file, line and column, without those that comments in the files accept. */
  readonly findings: readonly AnalysisFinding[];
  /** What comments in the files accept. */
  readonly accepted: readonly AcceptedFinding[];
  /** Sorted as in their file. */
  readonly invariants: readonly ExaminedInvariant[];
}

export interface CheckedSources {
  readonly sources: readonly DocumentSource[];
  readonly documents: Documents;
}

/** The files, with the findings of the checks before the analysis. */
export interface CheckedConfiguration extends CheckedSources {
  readonly warnings: readonly AnalysisFinding[];
}

/** The findings alone. */
export async function analyse(
  checked: CheckedConfiguration,
  options: AnalysisOptions,
): Promise<readonly AnalysisFinding[]> {
  return (await analysis(checked, options)).findings;
}

/** Findings, those of the checks before it among them, and invariants. */
export async function analysis(
  checked: CheckedConfiguration,
  { authenticators, now }: AnalysisOptions,
): Promise<Analysis> {
  const configuration = await analysedConfiguration(checked, { authenticators, now });
  const invariants = await examinedInvariants(checked.sources, configuration);
  const sources = checked.sources.map(({ source }) => source);
  const assumed = await assumedConfiguration(checked, { authenticators, now }, configuration);
  const ofRules = await allFindings(configuration, assumed, now);
  // A rule whose time is over gets no further finding about a part of it.
  const isTold = (finding: AnalysisFinding) =>
    ofRules.some((earlier) => earlier.code === 'past' && ruleOf(earlier) === ruleOf(finding));
  const all = [
    ...checked.warnings,
    ...ofRules,
    ...formulaFindings(checked.sources, now).filter((finding) => finding.code !== 'past' || !isTold(finding)),
    ...invariantFindings(invariants),
  ];
  const sorted = sortedByComments(all, sources, dayOf(now));
  const findings = sorted.findings.toSorted(inOrderOfLocations);
  return { findings, accepted: sorted.accepted, invariants };
}

/** A rule that never decides gets this finding and no other. */
async function allFindings(
  configuration: AnalysedConfiguration,
  assumed: AssumedConfiguration | undefined,
  now: Seconds,
): Promise<readonly AnalysisFinding[]> {
  const anyRequest = withOldGrants(configuration);
  const examined = examineRules(anyRequest);
  const mayDecide = ({ verdict: { kind } }: ExaminedRule) => kind !== 'contradictory' && kind !== 'shadowed';
  const alive = examined.filter(mayDecide).map(({ rule }) => rule);
  const apps = await analysedApps(configuration);
  const ofAnyRequest = anyRequest === configuration ? apps : await analysedApps(anyRequest);
  const combined = combinationFindings(apps, configuration);
  const lockOuts = Map.groupBy(combined.filter(isLockOut), ruleOf);
  const undecided = assumed
    ? await assumedLockOuts(assumed, (finding) => lockOuts.get(ruleOf(finding))?.some(tellsOf(finding)) ?? false)
    : undecidedLockOuts(apps, configuration);
  const isTold = (finding: AnalysisFinding) =>
    finding.code === 'undecided' && undecided.some((analysisFinding) => ruleOf(analysisFinding) === ruleOf(finding));
  const dead = deadRuleFindings(withoutSeen(examined, apps), configuration).filter((finding) => !isTold(finding));
  const others = [
    ...combined,
    ...ruleFindings({ apps: ofAnyRequest, alive }, anyRequest),
    ...unreachedFindings({ apps: ofAnyRequest, alive }, anyRequest),
  ];
  const isDead = (finding: AnalysisFinding) =>
    dead.some(
      (analysisFinding) =>
        (analysisFinding.code !== 'undecided' || finding.code === 'undecided') &&
        ruleOf(analysisFinding) === ruleOf(finding),
    );
  return [
    ...dead,
    ...unexaminedFindings(examined, configuration),
    ...undecided,
    ...others.filter((finding) => !isDead(finding) && !isTold(finding) && !isConsequence(finding, combined)),
    ...unusedFindings(configuration),
    ...unaskableScopes(configuration),
    ...expiredTimeFindings(configuration, now),
  ];
}

/** Without rules of which it is undecided whether they ever decide, and that do at one of the apps. */
function withoutSeen(examined: readonly ExaminedRule[], apps: readonly AnalysedApp[]): readonly ExaminedRule[] {
  const undecided = examined
    .filter(({ verdict: { kind } }) => kind === 'undecided')
    .map(({ rule }) => locationKey(rule));
  if (undecided.length === 0) return examined;
  const atApps = apps.flatMap(({ combinations }) => combinations.flatMap(({ session, app }) => [session, app]));
  const seen = new Set([...new Set(atApps)].map(locationKey));
  const decided = new Set(undecided.filter((key) => seen.has(key)));
  return examined.filter(({ rule }) => !decided.has(locationKey(rule)));
}

/** A rule never counts because of rules that lock users out: the error at these says so. */
function isConsequence({ code, rules }: AnalysisFinding, combined: readonly AnalysisFinding[]): boolean {
  // If there are more rules, not all of them are named.
  if (code !== 'unreachable' || rules.length === 0 || rules.length >= mostNamed) return false;
  const errors = combined.filter((finding) => finding.code === 'lock-out' && finding.severity === 'error');
  const causes = errors.flatMap((finding) => [finding, ...finding.rules]);
  return rules.every(({ file, line, column }) =>
    causes.some((cause) => cause.file === file && cause.line === line && cause.column === column),
  );
}

/**
 * A warning about new users, or about some place, does not tell that users are locked out for good, and a note not that
 * there are users who are denied.
 */
function tellsOf({ severity }: AnalysisFinding): (known: AnalysisFinding) => boolean {
  return (known) =>
    severity === 'note' ||
    (severity === 'warning' && known.severity !== 'note') ||
    known.severity === 'error' ||
    known.code === 'never-added';
}

function isLockOut({ code }: AnalysisFinding): boolean {
  return code.includes('lock-out') || code === 'never-added';
}

/** The rule that it is about, or about a part of it. */
function ruleOf({ file, path }: AnalysisFinding): string {
  return `${file} ${/^rules\[\d+\]/.exec(path)?.[0]}`;
}
