/** `stepgate config history`. */
import type { Command } from 'commander';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import { printable } from '../../../policy/model/printable.ts';
import type { RevisionInfo, Unconfirmed } from '../../../policy/revision/pointer-change.ts';
import { newCommand } from '../../commands.ts';
import { refusal } from '../../shared/options/refusal.ts';
import { printResult, type ResultOptions } from '../../shared/output/print-result.ts';
import { withStore } from '../../shared/store/with-store.ts';
import type { ConfigContext } from '../shared/config-context.ts';
import { shortened } from '../shared/quantities.ts';
import { revisionsOf } from '../shared/revisions-of.ts';

export function historyCommand(context: ConfigContext): Command {
  return newCommand('config history')
    .option('-n, --limit <number>', 'how many', '20')
    .action(({ limit, ...options }: ResultOptions & { readonly limit: string }) =>
      withStore(context, async (store) => {
        const revisions = revisionsOf(store, context);
        if (!/^[1-9]\d{0,3}$/.test(limit)) throw refusal(`--limit takes a number from 1 to 9999, not ${limit}`);
        const count = Number(limit);
        const pending = await revisions.unconfirmed();
        for (const entry of await revisions.history(count)) {
          const waits = pending?.revision === entry.revision ? pending : undefined;
          printResult(context, options, {
            text: historyLine(entry, waits),
            data: {
              ...historyData(entry),
              ...(waits && { goesBackTo: waits.back, ...(waits.isExpired && { confirmationExpired: true }) }),
            },
          });
        }
      }),
    );
}

/** `waits`: given where this revision is not confirmed. */
export function historyLine({ revision, at, by, message, back, changed }: RevisionInfo, waits?: Unconfirmed): string {
  const when = new Date(at * 1000).toISOString();
  const again = back === undefined ? '' : `  (revision ${back} again)`;
  const pending = waits === undefined ? '' : pendingText(waits);
  const line = `${revision}  ${when}  ${by}  ${message ?? '-'}  ${shortened(changed)}${again}${pending}`;
  return `${printable(line)}\n`;
}

function pendingText({ back, isExpired }: Unconfirmed): string {
  if (!isExpired) return `  (not confirmed: goes back to revision ${back})`;
  return `  (not confirmed in time: a server goes back to revision ${back} as soon as one runs)`;
}

export function historyData({ revision, at, by, message, back, changed }: RevisionInfo): object {
  return { revision, at, by, ...omitUndefined({ message, back }), changed };
}
