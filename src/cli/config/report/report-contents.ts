/** The content of a report: the combined results of the other commands. */
import { join } from 'node:path';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import { StepgateError } from '../../../errors.ts';
import { type TestOutcome, testOutcome } from '../../policy-tests/policy-tests.ts';
import { diffAgainstActive } from '../diff/against-active.ts';
import type { ConfigDiff } from '../diff/compared/configuration-changes.ts';
import { replayOf } from '../diff/diff.ts';
import type { Replay } from '../diff/replay/replay.ts';
import { type AskedConfiguration, withAskedConfiguration } from '../questions/asked-configuration.ts';
import { type Matrix, matrixOf } from '../questions/matrix.ts';
import type { CheckedFiles } from '../shared/checked-files.ts';
import type { ConfigContext } from '../shared/config-context.ts';
import { type DocumentCounts, documentCounts } from '../shared/quantities.ts';
import { type StandardReport, standardReport } from '../shared/standard-option.ts';
import { type AppPolicies, appPolicies } from './app-policies.ts';
import { type PolicyDiagram, policyDiagrams } from './policy-diagram.ts';

export interface Report extends DocumentCounts, Pick<CheckedFiles, 'findings' | 'accepted' | 'invariants'> {
  /** The directory of the configuration. */
  readonly dir: string;
  /** When it was made (epoch seconds). */
  readonly at: number;
  readonly matrix: Matrix;
  readonly appPolicies: readonly AppPolicies[];
  readonly policies: readonly PolicyDiagram[];
  /** The requested standards. */
  readonly standards: readonly StandardReport[];
  readonly tests: ReportedTests;
  /** The comparison with the active configuration. Absent without a store, or if nothing is active in it. */
  readonly diff?: ConfigDiff;
  /** Absent if it was not requested, or if there is nothing to compare with. */
  readonly replay?: Replay;
}

export interface ReportedTests extends TestOutcome {
  /** Why there are none, in one sentence. */
  readonly none?: string;
}

export interface ReportOptions {
  readonly dir: string;
  /** Names of standards. */
  readonly standards: readonly string[];
  /** How far back to replay the audit log (seconds). Absent: no replay. */
  readonly back?: number;
}

/** Rejects with errors of the store, if it answered at first. */
export async function reportContents(
  context: ConfigContext,
  checked: CheckedFiles,
  { dir, standards: names, back }: ReportOptions,
): Promise<Report> {
  const { documents, findings, accepted, invariants } = checked;
  const standards: StandardReport[] = [];
  for (const standard of names) {
    const report = await standardReport(context, checked, { standard });
    if (report) standards.push(report);
  }
  const tests = await testsOf(context, dir);
  const { matrix, diff } = await withAskedConfiguration(context, { dir, documents }, async (configured) => ({
    matrix: await matrixOf(context, configured),
    diff: await diffOf(context, checked, configured),
  }));
  const replay = diff && back !== undefined ? await replayOf(context, checked, back) : undefined;
  return {
    dir,
    at: context.now(),
    ...documentCounts(documents),
    matrix,
    appPolicies: appPolicies(documents),
    policies: policyDiagrams(documents),
    findings,
    accepted,
    invariants,
    standards,
    tests,
    ...omitUndefined({ diff, replay }),
  };
}

/** Broken or missing tests are part of the report. */
async function testsOf(context: ConfigContext, dir: string): Promise<ReportedTests> {
  const outcome = await testOutcome(context, dir, join(dir, 'tests'));
  const [first] = outcome.findings;
  // A finding about the directory as a whole.
  return first?.file === '.' ? { ...outcome, findings: [], none: first.message } : outcome;
}

async function diffOf(
  context: ConfigContext,
  checked: CheckedFiles,
  { store }: AskedConfiguration,
): Promise<ConfigDiff | undefined> {
  try {
    return store && (await diffAgainstActive(store, checked, context));
  } catch (error) {
    if (error instanceof StepgateError && error.code === 'not_configured') return undefined;
    throw error;
  }
}
