/** `stepgate config rollback`. */
import type { Command } from 'commander';
import { newCommand } from '../../commands.ts';
import { printResult } from '../../shared/output/print-result.ts';
import { withStore } from '../../shared/store/with-store.ts';
import type { ConfigContext } from '../shared/config-context.ts';
import { quantity, readRevision, shortened } from '../shared/quantities.ts';
import { revisionsOf } from '../shared/revisions-of.ts';
import { activateRevision, type MoveOptions, waitingText, withMoveOptions, withRefusals } from './activate-revision.ts';

/** The documents were active before, so they are not analysed again: findings may change with the release. */
export function rollbackCommand(context: ConfigContext): Command {
  const command = newCommand('config rollback').argument('<revision>', 'number of an earlier revision');
  return withMoveOptions(command).action((text: string, options: MoveOptions) =>
    withRefusals(context, options, () =>
      withStore(context, async (store) => {
        const back = readRevision(text);
        const documents = await revisionsOf(store, context).documentsOf(back);
        const moved = await activateRevision(context, { store, move: { documents, back } }, options);
        if (moved === undefined) return;
        const { revision, changed, diff } = moved;
        const isSame = changed.length === 0;
        const changes = `${quantity(changed.length, 'change')}: ${shortened(changed)}`;
        printResult(context, options, {
          text: isSame
            ? `no change: revision ${revision} is active, and says the same\n${waitingText(moved)}`
            : `revision ${revision} is active, with the content of revision ${back}: ${changes}\n`,
          data: { ok: true, revision, back, changed, ...(diff && { diff }) },
        });
      }),
    ),
  );
}
