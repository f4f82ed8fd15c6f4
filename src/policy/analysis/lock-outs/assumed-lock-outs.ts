/**
 * Lock-outs that there are if opaque parts of expressions hold, or if they do not, as findings: it could not be
 * decided. No example can show them.
 */
import type { RuleHead } from '../../../core/model/policy.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { analysedApps, rulesOfApp } from '../analysed/analysed-apps.ts';
import type { AssumedConfiguration } from '../analysed/assumed-configuration.ts';
import { namedRule } from '../analysed/configuration.ts';
import { distinctRules, mostNamed } from '../text/apps-text.ts';
import { lockOutsIn } from './combination-findings.ts';
import { undecidedLockOuts } from './undecided-lock-outs.ts';

/** `isTold`: a finding with an example, or with a proof, says of its rule that users are locked out. */
export async function assumedLockOuts(
  assumed: AssumedConfiguration,
  isTold: (finding: AnalysisFinding) => boolean,
): Promise<readonly AnalysisFinding[]> {
  const apps = await analysedApps(assumed.configuration);
  const assuming = distinctRules(apps.flatMap(({ policies }) => rulesOfApp(policies))).filter((rule) =>
    isAssumed(rule, assumed),
  );
  const found =
    assuming.length > 0 ? lockOutsIn(apps, assumed.configuration).filter((finding) => !isTold(finding)) : [];
  // Of several findings at a rule, a note says the least.
  const byRule = new Map(
    found
      .toSorted(notesLast)
      .toReversed()
      .map((finding) => [locationKeyOf(finding), finding] as const),
  );
  const left = undecidedLockOuts(apps, assumed.configuration).filter((finding) => !byRule.has(locationKeyOf(finding)));
  return [...[...byRule.values()].toReversed().map((finding) => undecided(finding, assuming)), ...left];
}

function notesLast(one: AnalysisFinding, other: AnalysisFinding): number {
  return Number(one.severity === 'note') - Number(other.severity === 'note');
}

function locationKeyOf({ file, path }: AnalysisFinding): string {
  return `${file} ${path}`;
}

function isAssumed(rule: RuleHead, { configuration, isAssumed: isAssumedAt }: AssumedConfiguration): boolean {
  const location = configuration.locationOf(rule);
  const index = location?.path.at(-1);
  return location !== undefined && typeof index === 'number' && isAssumedAt(location.source.file, index);
}

function undecided({ example: _, ...finding }: AnalysisFinding, assuming: readonly RuleHead[]): AnalysisFinding {
  // The search ran out of steps.
  if (finding.code === 'undecided') return finding;
  const what =
    finding.code === 'never-added'
      ? 'whether users can ever add what it is about could not be decided'
      : 'whether it locks users out could not be decided';
  return {
    ...finding,
    code: 'undecided',
    severity: finding.severity === 'note' ? 'note' : 'warning',
    message: `${what}: where the rules named here decide, too, users may be unable to show or to add what they are asked for, and an expression cannot be taken apart`,
    rules: namedWith(finding, assuming),
    advice: 'say for whom with other conditions than `expression`, such as `attributes`',
  };
}

/** Rules with an expression that may decide about the same sign-ins come last; those of other apps do not. */
function namedWith({ file, line, column, rules }: AnalysisFinding, assuming: readonly RuleHead[]) {
  const own = { file, line, column };
  const files = new Set([...rules, own].map((rule) => rule.file));
  const isSame = (one: typeof own, other: typeof own) =>
    one.file === other.file && one.line === other.line && one.column === other.column;
  const others = assuming
    .map(namedRule)
    .filter((rule) => files.has(rule.file) || !rule.file.startsWith('policies/sign-on/'))
    .filter((rule) => ![...rules, own].some((known) => isSame(known, rule)));
  return [...rules, ...others].slice(0, mostNamed);
}
