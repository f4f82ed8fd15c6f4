/** Checks and analyses the files of a configuration, and prints the findings. */
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import { StepgateError } from '../../../errors.ts';
import type { AcceptedFinding } from '../../../policy/analysis/findings/accepted-findings.ts';
import { analysis } from '../../../policy/analysis/findings/analyse.ts';
import { type ExaminedInvariant, overallVerdict } from '../../../policy/analysis/invariants/invariants.ts';
import { type LoadedConfiguration, loadConfiguration } from '../../../policy/load.ts';
import { type AnalysisFinding, findingsText } from '../../../policy/model/analysis-finding.ts';
import type { Documents } from '../../../policy/model/documents.ts';
import type { Finding } from '../../../policy/model/finding.ts';
import type { DocumentSource } from '../../../policy/source/yaml-source.ts';
import { groupsWithMembers } from '../../../users/directory/member-groups.ts';
import { printFindings } from '../../shared/output/print-findings.ts';
import type { ResultOptions } from '../../shared/output/print-result.ts';
import { withStore } from '../../shared/store/with-store.ts';
import type { ConfigContext } from './config-context.ts';
import { invariantText } from './invariant-text.ts';
import { quantity } from './quantities.ts';

export interface CheckedFiles {
  readonly documents: Documents;
  readonly sources: readonly DocumentSource[];
  /** All findings of the checks and the analysis, including errors. */
  readonly findings: readonly AnalysisFinding[];
  /** Findings that comments in the files accept. */
  readonly accepted: readonly AcceptedFinding[];
  /** The results of the invariants. */
  readonly invariants: readonly InvariantResult[];
}

export interface InvariantResult {
  readonly name: string;
  readonly verdict: ReturnType<typeof overallVerdict>;
  /** The number of apps that it covers. */
  readonly apps: number;
  /** The conditions, in words: which users, from where. Empty: every sign-in. */
  readonly when: readonly string[];
  /** What must hold, in words. */
  readonly guarantee: string;
}

export interface CheckOptions extends ResultOptions {
  readonly notes?: true;
}

/**
 * Reads, checks and analyses the files, and prints the findings. Undefined if they are not a valid configuration; the
 * command then ends. The command decides what to do about errors of the analysis.
 */
export async function checkedFiles(
  context: ConfigContext,
  dir: string,
  options: CheckOptions,
): Promise<CheckedFiles | undefined> {
  const loaded = await validFiles(context, dir, options);
  return loaded && analysedFiles(context, { ...loaded, dir }, options);
}

/** Files that were read and checked. */
type ValidFiles = Extract<LoadedConfiguration, { readonly ok: true }>;

/** Analyses valid files, and prints the findings. */
export async function analysedFiles(
  context: ConfigContext,
  { dir, ...loaded }: ValidFiles & { readonly dir: string },
  options: CheckOptions,
): Promise<CheckedFiles> {
  const { documents, sources } = loaded;
  const found = await analysis(loaded, { authenticators: context.authenticators, now: context.now() });
  const { findings, accepted } = found;
  const invariants = found.invariants.map(resultOf);
  const checked = { documents, sources, findings, accepted, invariants };
  if (options.json) return checked;
  const shown = findings.filter(({ severity }) => options.notes || severity !== 'note');
  context.stderr(findingsText(shown, { config: dir }));
  return checked;
}

/** The same without the analysis, for commands that would not tell its findings. */
export async function validFiles(
  context: ConfigContext,
  dir: string,
  { json }: ResultOptions,
): Promise<ValidFiles | undefined> {
  const loaded = await loadConfiguration(dir, {
    ...context,
    ...omitUndefined({ groups: await memberGroups(context) }),
  });
  // A node needs both configuration and views to start.
  const refused = [...(loaded.ok ? [] : loaded.findings), ...(await context.checkViews())];
  if (loaded.ok && refused.length === 0) return loaded;
  refuseFindings(context, refused, json);
  return undefined;
}

function resultOf(examined: ExaminedInvariant): InvariantResult {
  const apps = examined.apps.reduce((sum, { count }) => sum + count, 0);
  return { ...invariantText(examined.invariant), verdict: overallVerdict(examined), apps };
}

/** Prints the findings about files, and ends the command. */
export function refuseFindings(
  context: Pick<ConfigContext, 'stdout' | 'stderr' | 'setExitCode'>,
  refused: readonly Finding[],
  json: true | undefined,
): void {
  printFindings(context, refused, { ...(json && { json }) });
  if (json) return;
  const files = new Set(refused.map(({ file }) => file).filter((file) => file !== '.')).size;
  const where = files === 0 ? '' : ` in ${quantity(files, 'file')}`;
  context.stderr(`${quantity(refused.length, 'finding')}${where}; nothing was changed\n`);
}

/**
 * Ends the command if the analysis found errors, which are already printed unless the output is JSON. `standard`: the
 * JSON data about a standard.
 */
export function refuseErrors(
  context: ConfigContext,
  { findings, invariants, standard }: Pick<CheckedFiles, 'findings' | 'invariants'> & { readonly standard?: object },
  { json }: ResultOptions,
): boolean {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return false;
  context.setExitCode(1);
  if (json) context.stdout(`${JSON.stringify({ ok: false, findings, invariants, standard })}\n`);
  else
    context.stderr(
      `${quantity(errors.length, 'error')}; nothing was changed. A comment in the file can accept one: docs/findings.md\n`,
    );
  return true;
}

/**
 * The groups that users are in. Undefined if there is no store, or it does not answer: files can be checked without
 * one, for example on a build server.
 */
async function memberGroups(context: ConfigContext): Promise<readonly string[] | undefined> {
  try {
    return await withStore(context, groupsWithMembers);
  } catch (error) {
    if (error instanceof StepgateError) return undefined;
    throw error;
  }
}
