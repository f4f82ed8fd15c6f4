/**
 * `stepgate config shadow`: compares a draft with the active configuration on real sign-ins, and reports what would
 * change.
 */
import type { Command } from 'commander';
import { Revisions } from '../../../policy/revision/revisions.ts';
import { currentShadow, type ShadowDraft, startShadow, stopShadow } from '../../../policy/revision/shadow-draft.ts';
import {
  parseShadowUser,
  parseTotals,
  type ShadowTotals,
  shadowUserKeys,
  type UnknownToShadow,
} from '../../../policy/revision/shadow-record.ts';
import { shadowTotalsKey } from '../../../stores/keys.ts';
import type { Store } from '../../../stores/store.ts';
import { newCommand } from '../../commands.ts';
import { refusal } from '../../shared/options/refusal.ts';
import { printResult, type ResultOptions } from '../../shared/output/print-result.ts';
import { operatorName } from '../../shared/store/operator-name.ts';
import { withStore } from '../../shared/store/with-store.ts';
import { checkedFiles, refuseErrors } from '../shared/checked-files.ts';
import type { ConfigContext } from '../shared/config-context.ts';
import { quantity } from '../shared/quantities.ts';
import { differenceLines, forWhomText } from './differences-text.ts';
import { Tally } from './tally.ts';

interface ShadowOptions extends ResultOptions {
  readonly by?: string;
}

export function shadowCommand(context: ConfigContext): Command {
  return newCommand('config shadow')
    .argument('<dir>', 'directory of the draft; or `report`: what would have changed; or `stop`')
    .option('--by <name>', 'who (default: the user of this process)')
    .action(async (what: string, options: ShadowOptions) => {
      if (what === 'report') return withStore(context, (store) => report(context, store, options));
      if (what === 'stop') return withStore(context, (store) => stop(context, store, options));
      return start(context, what, options);
    });
}

async function start(context: ConfigContext, dir: string, options: ShadowOptions): Promise<void> {
  const checked = await checkedFiles(context, dir, options);
  if (checked === undefined || refuseErrors(context, checked, options)) return;
  const { documents } = checked;
  await withStore(context, async (store) => {
    const changed = await new Revisions(store, context).changedBy(documents);
    if (changed.length === 0) throw refusal(`${dir} is the active configuration: there is nothing to compare`);
    const { by = operatorName() } = options;
    const before = await currentShadow(store);
    if (before) await stopShadow(store, shadowUserKeys(store));
    const draft = await startShadow(store, documents, { by, dir, now: context.now() });
    const replaced = before ? `; the one of ${before.dir} ended` : '';
    printResult(context, options, {
      text: `sign-ins are compared with ${dir}, without effect, until ${day(draft.until)}${replaced}\n`,
      data: { ok: true, until: draft.until, changed },
    });
  });
}

async function stop(context: ConfigContext, store: Store, options: ShadowOptions): Promise<void> {
  const draft = await running(store);
  await stopShadow(store, shadowUserKeys(store));
  printResult(context, options, {
    text: `the comparison with ${draft.dir} ended, and what it found is deleted\n`,
    data: { ok: true },
  });
}

async function running(store: Store): Promise<ShadowDraft> {
  const draft = await currentShadow(store);
  if (draft === undefined) throw refusal('no draft is compared: begin with `config shadow DIR`');
  return draft;
}

/** Users read in one load. */
const pageSize = 200;

async function report(context: ConfigContext, store: Store, options: ShadowOptions): Promise<void> {
  const draft = await running(store);
  const tally = await tallyOf(store, draft);
  const value = (await store.load([shadowTotalsKey])).entries.get(shadowTotalsKey)?.value;
  const totals = value === undefined ? undefined : parseTotals(value);
  const own = totals?.id === draft.id ? totals : undefined;
  const { dir, by, at, until } = draft;
  const { unidentified: seen, ...counts } = own ?? { unidentified: [] };
  for (const { signIns, ...difference } of seen) tally.addUnidentified(difference, signIns);
  const { users, unidentified } = tally;
  const differences = tally.differences();
  printResult(context, options, {
    text: `${[...headLines(draft, own, tally), ...differenceLines(differences)].join('\n')}\n`,
    data: { draft: { dir, by, at, until }, ...(own && { totals: counts }), users, unidentified, differences },
  });
}

async function tallyOf(store: Store, draft: ShadowDraft): Promise<Tally> {
  const tally = new Tally();
  const known = new Set<string>();
  for await (const all of shadowUserKeys(store)) {
    // A set may return a member twice.
    const keys = all.filter((key) => !known.has(key));
    for (const key of keys) known.add(key);
    for (let from = 0; from < keys.length; from += pageSize) {
      const { entries } = await store.load(keys.slice(from, from + pageSize));
      for (const entry of entries.values()) {
        const user = entry && parseShadowUser(entry.value);
        if (user?.id === draft.id) tally.addUser(user.seen);
      }
    }
  }
  return tally;
}

function headLines(draft: ShadowDraft, totals: ShadowTotals | undefined, tally: Tally): readonly string[] {
  const since = new Date(draft.at * 1000).toISOString().slice(0, 16).replace('T', ' ');
  const head = `${draft.dir} compared with the active revision, since ${since} by ${draft.by}, until ${day(draft.until)}`;
  if (totals === undefined) return [head, 'no sign-in was compared yet'];
  const { signIns, tokens, leftOut, firstRevision: first, lastRevision: last, unrecorded } = totals;
  const left = leftOutTexts(leftOut);
  if (signIns + tokens === 0) return [head, 'no sign-in could be compared', ...left, ...uncomparedTexts(totals)];
  const revisions = first === last ? `revision ${last}` : `revisions ${first} to ${last}`;
  const changed = Object.values(totals.byApp).flatMap((counts) =>
    Object.entries(counts).flatMap(([change, count]) => (change === 'none' ? [] : count)),
  );
  const sum = changed.reduce((all, count) => all + count, 0);
  return [
    head,
    `compared with ${revisions}: ${quantity(signIns, 'sign-in')} and ${quantity(tokens, 'exchange')} for tokens`,
    sum === 0 ? nothingChanged(left.length > 0) : `${sum} of them would have come out otherwise${forWhomText(tally)}`,
    ...(unrecorded > 0 ? [`${unrecorded} of them are not shown below: there was no room to record them`] : []),
    ...(tally.left > 0 ? [`${tally.left} differences more are not shown below`] : []),
    ...left,
    ...uncomparedTexts(totals),
  ];
}

function nothingChanged(areSomeLeftOut: boolean): string {
  return areSomeLeftOut ? 'none of them would have come out otherwise' : 'nothing would have changed';
}

function uncomparedTexts({ failed, dropped }: ShadowTotals): readonly string[] {
  return [
    ...(failed > 0 ? [`${failed} could not be compared: the draft failed`] : []),
    ...(dropped > 0 ? [`${dropped} were not compared: a node had no time`] : []),
  ];
}

const leftOutReasons: Readonly<Record<UnknownToShadow, string>> = {
  device: 'the active revision reads signals of the device from other sources than the draft',
  risk: 'what the draft asks about risk was not recorded',
  distance: 'the distance that the draft asks about was not recorded',
  lastSignIn: 'the last sign-in that the draft asks about was not recorded',
};

function leftOutTexts(leftOut: ShadowTotals['leftOut']): readonly string[] {
  return Object.entries(leftOutReasons).flatMap(([name, reason]) => {
    const count = leftOut[name as UnknownToShadow];
    return count === undefined ? [] : [`${count} left out: ${reason}`];
  });
}

function day(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}
