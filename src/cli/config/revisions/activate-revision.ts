/** Activates another revision, for every command that does so: compares, shows, asks for confirmation, and records. */
import type { Command } from 'commander';
import type { Seconds } from '../../../core/model/facts.ts';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import { StepgateError } from '../../../errors.ts';
import { auditOp } from '../../../flow/audit.ts';
import type { AppliedRevision, ApplyOptions } from '../../../policy/revision/pointer-change.ts';
import { type RevisionRefusal, RevisionRefused } from '../../../policy/revision/revision-refused.ts';
import type { Revisions } from '../../../policy/revision/revisions.ts';
import type { Store } from '../../../stores/store.ts';
import { readActiveRevision } from '../../shared/configuration/read-active-revision.ts';
import { refusal } from '../../shared/options/refusal.ts';
import type { ResultOptions } from '../../shared/output/print-result.ts';
import { operatorName } from '../../shared/store/operator-name.ts';
import { orphanedBy } from '../../shared/store/orphaned-credentials.ts';
import { type Draft, diffAgainstActive, locationsOfKeys } from '../diff/against-active.ts';
import { activeConfiguration, nextConfiguration } from '../diff/compared/compared-configuration.ts';
import type { ConfigDiff } from '../diff/compared/configuration-changes.ts';
import { diffText } from '../diff/output/diff-text.ts';
import { weakerFindings } from '../diff/weaker/weaker.ts';
import { weakerText } from '../diff/weaker/weaker-text.ts';
import { refuseOrphaned } from '../files/orphaned-passkeys.ts';
import type { ConfigContext } from '../shared/config-context.ts';
import { revisionsOf } from '../shared/revisions-of.ts';
import { enabledEarlier } from './enabled-earlier.ts';
import { newIdentifiers, newIdentifiersText } from './new-identifiers.ts';

/** The options as commander parses them. */
export interface MoveOptions extends ResultOptions {
  readonly reason?: string;
  readonly message?: string;
  readonly by?: string;
  readonly yes?: true;
  readonly base?: string;
  readonly orphanPasskeys: boolean;
  /** If false, a configuration that is weaker than the active one is refused. */
  readonly weaker: boolean;
}

/** The documents to activate, and how. */
export interface RevisionMove extends Draft {
  /** The earlier revision from which the documents come. */
  readonly back?: number;
  /** The directory of the files, for examples. */
  readonly dir?: string;
  readonly confirmWithin?: Seconds;
}

/** The revision that is now active, and what it changed. */
export interface ActivatedRevision extends AppliedRevision {
  /** Absent if it was not shown. */
  readonly diff?: ConfigDiff;
  /**
   * Set while the active revision waits for confirmation: the last confirmed revision, which becomes active again
   * without it.
   */
  readonly goesBackTo?: number;
  /** Its time is over, and no server has gone back yet. */
  readonly isExpired?: true;
}

/** One line while the active revision waits for confirmation; otherwise empty. */
export function waitingText({ goesBackTo, isExpired }: ActivatedRevision): string {
  if (goesBackTo === undefined) return '';
  if (isExpired)
    return `It was not confirmed in time: a server goes back to what revision ${goesBackTo} was as soon as one runs.\n`;
  return `It is not confirmed: unless \`config confirm\` comes in time, it goes back to what revision ${goesBackTo} was.\n`;
}

/** The options that all these commands have. */
export function withMoveOptions(command: Command): Command {
  return command
    .option('--reason <text>', 'why; kept in the history and in the audit log')
    .option('-m, --message <text>', 'the same')
    .option('--by <name>', 'who (default: the user of this process)')
    .option('--yes', 'show what changes, and do not ask')
    .option('--no-weaker', 'refuse what lets a user in with less than before, and what cannot be decided')
    .option('--base <revision>', 'only if this revision is the active one')
    .option('--orphan-passkeys', 'change the relying party although passkeys stop working', false);
}

/**
 * Activates documents in a store that has a configuration. Undefined if it refused and printed the reason. Rejects with
 * one sentence, or with errors of the store.
 */
export async function activateRevision(
  context: ConfigContext,
  { store, move }: Moving,
  options: MoveOptions,
): Promise<ActivatedRevision | undefined> {
  const revisions = revisionsOf(store, context);
  const given = readBase(options);
  if (given !== undefined) await revisions.assertBase(given);
  const base = given ?? (await revisions.history(1))[0]?.revision ?? 0;
  const changed = await revisions.changedBy(move.documents);
  // If the configuration is already active, there is nothing to compare.
  if (changed.length === 0) {
    return withPending(await revisions.apply(move.documents, applyOptions(move, options, base)), revisions);
  }
  await revisions.assertBase(base);
  const orphaned = options.orphanPasskeys ? [] : await orphanedBy(store, move.documents, context);
  if (orphaned.length > 0) {
    refuseOrphaned(context, orphaned, options);
    return undefined;
  }
  if (!options.weaker && (await isWeaker(context, { store, move }, options))) return undefined;
  const decided = await shownAndWanted(context, { store, move, base }, options);
  if (decided === 'unwanted') {
    context.stderr('nothing was changed\n');
    context.setExitCode(1);
    return undefined;
  }
  context.stderr(newIdentifiersText(await newIdentifiers(store, move.documents, context)));
  const applied = await revisions.apply(move.documents, applyOptions(move, options, base));
  return { ...(await withPending(applied, revisions)), ...(decided && { diff: decided }) };
}

async function withPending(
  applied: AppliedRevision,
  revisions: Pick<Revisions, 'unconfirmed'>,
): Promise<ActivatedRevision> {
  const pending = await revisions.unconfirmed();
  if (pending?.revision !== applied.revision) return applied;
  return { ...applied, goesBackTo: pending.back, ...(pending.isExpired && { isExpired: true as const }) };
}

interface Moving {
  readonly store: Store;
  readonly move: RevisionMove;
}

/** Prints what is weaker or undecided, and ends the command. False if there is nothing. */
async function isWeaker(context: ConfigContext, { store, move }: Moving, { json }: ResultOptions): Promise<boolean> {
  const active = activeConfiguration(store, await readActiveRevision(store, context.authenticators));
  const next = await nextConfiguration(move.documents, context.authenticators);
  const findings = await weakerFindings(active, next, {
    now: context.now(),
    locationOf: locationsOfKeys(move.sources ?? []),
    enabledEarlier: await enabledEarlier(revisionsOf(store, context), { active, next }, context.authenticators),
  });
  if (findings.weaker.length + findings.undecided.length === 0) return false;
  if (json) context.stdout(`${JSON.stringify({ ok: false, code: 'weaker' satisfies RevisionRefusal, ...findings })}\n`);
  else context.stderr(weakerText(findings, move.dir));
  context.setExitCode(1);
  return true;
}

/**
 * On a terminal, shows the diff and asks for confirmation. With `--yes` the diff is shown as well. With neither a
 * terminal nor `--yes`, a script works as before (decision 73). Returns the diff that was shown.
 */
async function shownAndWanted(
  context: ConfigContext,
  moving: Moving & { readonly base: number },
  { yes, json }: MoveOptions,
): Promise<ConfigDiff | 'unwanted' | undefined> {
  const questions = yes || json ? undefined : await context.openQuestions();
  if (!yes && !json && questions === undefined && context.isUnseen)
    throw refusal(
      'standard error is redirected, so nothing can be shown or asked: use --yes to continue without a question',
    );
  if (!yes && questions === undefined) return undefined;
  try {
    const diff = await comparison(context, moving);
    if (!json && diff !== undefined) context.stderr(`${diffText(diff)}\n`);
    if (questions === undefined) return diff;
    const { base, move } = moving;
    const what = move.back === undefined ? 'Apply this' : `Go back to revision ${move.back}`;
    const answer = await questions.ask(`${what}, as revision ${base + 1}? [y/N] `);
    return /^y(es)?$/i.test(answer.trim()) ? diff : 'unwanted';
  } finally {
    questions?.close();
  }
}

/** If the active revision cannot be read and is about to be replaced, there is nothing to compare. */
async function comparison(context: ConfigContext, { store, move }: Moving): Promise<ConfigDiff | undefined> {
  try {
    return await diffAgainstActive(store, move, context);
  } catch (error) {
    if (!(error instanceof StepgateError) || error.code !== 'not_configured') throw error;
    context.stderr(`the active revision cannot be compared with: ${error.message}\n`);
    return undefined;
  }
}

/** How the change is recorded: in the history and, by the same commit, in the audit log. */
export function applyOptions({ back, confirmWithin }: RevisionMove, options: MoveOptions, base?: number): ApplyOptions {
  const { by = operatorName() } = options;
  const message = readReason(options);
  const event = back === undefined ? 'config.applied' : 'config.rolled_back';
  return {
    by,
    ...omitUndefined({ message, base, back, confirmWithin }),
    ops: (policyRevision) => [
      auditOp({ event, outcome: 'success', by, policyRevision, ...omitUndefined({ message, back }) }).op,
    ],
  };
}

/** It must fit into one line of the history. */
const longestReason = 500;

function readReason({ message, reason = message }: MoveOptions): string | undefined {
  if (reason !== undefined && reason.length > longestReason)
    throw refusal(`a reason has at most ${longestReason} characters; this one has ${reason.length}`);
  return reason;
}

/** An invalid number is refused before anything is read. */
export function readBase({ base }: MoveOptions): number | undefined {
  if (base === undefined) return undefined;
  if (!/^\d{1,9}$/.test(base)) throw refusal(`--base takes the number of a revision, not ${base}`);
  return Number(base);
}

/** With `--json`, prints a refusal as data. */
export async function withRefusals(
  context: ConfigContext,
  { json }: ResultOptions,
  move: () => Promise<void>,
): Promise<void> {
  try {
    await move();
  } catch (error) {
    if (!json || !(error instanceof RevisionRefused)) throw error;
    context.stdout(`${JSON.stringify({ ok: false, code: error.refusal, message: error.message })}\n`);
    context.setExitCode(1);
  }
}
