/** `stepgate config apply`. */

import type { Command } from 'commander';
import { oneDay } from '../../../core/model/durations.ts';
import type { Seconds } from '../../../core/model/facts.ts';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import { StepgateError } from '../../../errors.ts';
import { createKeyring } from '../../../oidc/keys/keyring.ts';
import type { Documents } from '../../../policy/model/documents.ts';
import { durationText } from '../../../policy/model/duration-text.ts';
import type { AppliedRevision } from '../../../policy/revision/pointer-change.ts';
import { RevisionRefused } from '../../../policy/revision/revision-refused.ts';
import type { Store } from '../../../stores/store.ts';
import { newCommand } from '../../commands.ts';
import { refusal } from '../../shared/options/refusal.ts';
import { printResult } from '../../shared/output/print-result.ts';
import { withStore } from '../../shared/store/with-store.ts';
import { parseDuration } from '../../shared/values/durations.ts';
import { type CheckedFiles, checkedFiles, refuseErrors } from '../shared/checked-files.ts';
import type { ConfigContext } from '../shared/config-context.ts';
import { quantity, shortened } from '../shared/quantities.ts';
import { revisionsOf } from '../shared/revisions-of.ts';
import {
  type ActivatedRevision,
  activateRevision,
  applyOptions,
  type MoveOptions,
  type RevisionMove,
  readBase,
  waitingText,
  withMoveOptions,
  withRefusals,
} from './activate-revision.ts';

interface ApplyCommandOptions extends MoveOptions {
  readonly init: boolean;
  readonly confirm?: string;
}

export function applyCommand(context: ConfigContext): Command {
  const command = newCommand('config apply')
    .argument('[dir]', 'directory of the configuration', context.configDir)
    .option('--init', 'an empty Redis is a new store: make its keys', false)
    .option('--confirm <duration>', 'go back by itself unless `config confirm` comes in time, e.g. PT10M');
  return withMoveOptions(command).action((dir: string, options: ApplyCommandOptions) =>
    withRefusals(context, options, async () => {
      const confirmWithin = readConfirm(options);
      readBase(options);
      const checked = await checkedFiles(context, dir, options);
      if (checked === undefined) return;
      // A configuration that is already active stays so, whatever a newer analysis says about it.
      if (!(await isActive(context, checked.documents)) && refuseErrors(context, checked, options)) return;
      const move: RevisionMove = { ...checked, dir, ...omitUndefined({ confirmWithin }) };
      const moved = await applied(context, move, options);
      if (moved !== undefined) print(context, options, { moved, checked, confirmWithin });
    }),
  );
}

/** Seconds. A shorter time is not enough to check, and after a longer one the operator has forgotten. */
const bounds = { min: 30, max: oneDay };

function readConfirm({ confirm }: ApplyCommandOptions): Seconds | undefined {
  if (confirm === undefined) return undefined;
  const seconds = parseDuration(confirm);
  if (seconds === undefined || seconds < bounds.min || seconds > bounds.max)
    throw refusal(
      `--confirm takes a duration from ${durationText(bounds.min)} to ${durationText(bounds.max)}, e.g. PT10M`,
    );
  return seconds;
}

/** Whether this configuration is active in the store. False without a store, or if it is empty. */
async function isActive(context: ConfigContext, documents: Documents): Promise<boolean> {
  try {
    return await withStore(context, async (store) => {
      const changed = await revisionsOf(store, context).changedBy(documents);
      return changed.length === 0;
    });
  } catch (error) {
    if (error instanceof StepgateError) return false;
    throw error;
  }
}

/** A new store gets its keys first, and the pointer to the configuration last: with it the store is complete. */
async function applied(
  context: ConfigContext,
  move: RevisionMove,
  options: ApplyCommandOptions,
): Promise<ActivatedRevision | undefined> {
  let first: AppliedRevision | undefined;
  const openStore = (): Promise<Store> =>
    context.openNewStore(options.init, async (store) => {
      assertFirst(options);
      await createKeyring(store, Math.floor(Date.now() / 1000));
      first = await firstRevision(context, { store, move }, options);
    });
  return withStore({ openStore }, async (store) => {
    if (first !== undefined) return first;
    const isEmpty = (await revisionsOf(store, context).history(1)).length === 0;
    return isEmpty
      ? firstRevision(context, { store, move }, options)
      : activateRevision(context, { store, move }, options);
  });
}

/** Nothing is active yet, so there is nothing to compare with or to return to. */
async function firstRevision(
  context: ConfigContext,
  { store, move }: { readonly store: Store; readonly move: RevisionMove },
  options: MoveOptions,
): Promise<AppliedRevision> {
  if (move.confirmWithin !== undefined)
    throw refusal('--confirm: this is the first revision, so there is none to go back to');
  assertFirst(options);
  return revisionsOf(store, context).apply(move.documents, applyOptions(move, options));
}

/** Refuses a base revision where no revision is active yet. */
function assertFirst(options: MoveOptions): void {
  const base = readBase(options) ?? 0;
  if (base > 0)
    throw new RevisionRefused('revision_changed', `no revision is active, and this was compared with revision ${base}`);
}

interface Done {
  readonly moved: ActivatedRevision;
  readonly checked: CheckedFiles;
  readonly confirmWithin: Seconds | undefined;
}

function print(context: ConfigContext, options: MoveOptions, { moved, checked, confirmWithin }: Done): void {
  const { revision, changed, isTimeRenewed, diff, goesBackTo, isExpired } = moved;
  const { findings, invariants } = checked;
  const active = `revision ${revision} is active`;
  const changes = `${quantity(changed.length, 'change')}: ${shortened(changed)}`;
  const isTimed = changed.length > 0 || isTimeRenewed;
  const pending = confirmWithin !== undefined && isTimed ? context.now() + confirmWithin : undefined;
  const confirm = pending === undefined ? '' : confirmText(goesBackTo ?? revision - 1, pending);
  const kept = confirmWithin === undefined ? '' : '`--confirm` sets no time for what is active already.\n';
  const none = `no change: ${active}\n${isTimeRenewed ? confirm : `${waitingText(moved)}${kept}`}`;
  printResult(context, options, {
    text: changed.length === 0 ? none : `${active}: ${changes}\n${confirm}`,
    data: {
      ok: true,
      revision,
      changed,
      findings,
      invariants,
      ...omitUndefined({ confirmBefore: pending, goesBackTo, confirmationExpired: isExpired, diff }),
    },
  });
}

function confirmText(base: number, before: Seconds): string {
  const when = new Date(before * 1000).toISOString().slice(0, 19).replace('T', ' ');
  return `Unless \`config confirm\` comes before ${when} UTC, it goes back to what revision ${base} was.\n`;
}
