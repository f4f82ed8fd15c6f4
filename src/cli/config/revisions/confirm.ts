/** `stepgate config confirm`. */
import type { Command } from 'commander';
import { auditOp } from '../../../flow/audit.ts';
import { newCommand } from '../../commands.ts';
import { printResult, type ResultOptions } from '../../shared/output/print-result.ts';
import { operatorName } from '../../shared/store/operator-name.ts';
import { withStore } from '../../shared/store/with-store.ts';
import type { ConfigContext } from '../shared/config-context.ts';
import { readRevision } from '../shared/quantities.ts';
import { revisionsOf } from '../shared/revisions-of.ts';
import { withRefusals } from './activate-revision.ts';

interface ConfirmOptions extends ResultOptions {
  readonly by?: string;
}

export function confirmCommand(context: ConfigContext): Command {
  return newCommand('config confirm')
    .argument('[revision]', 'only if this revision is the active one')
    .option('--by <name>', 'who (default: the user of this process)')
    .action((only: string | undefined, { by = operatorName(), ...options }: ConfirmOptions) =>
      withRefusals(context, options, () =>
        withStore(context, async (store) => {
          const revision = await revisionsOf(store, context).confirm({
            ...(only !== undefined && { only: readRevision(only) }),
            ops: (policyRevision) => [
              auditOp({ event: 'config.confirmed', outcome: 'success', by, policyRevision }).op,
            ],
          });
          printResult(context, options, {
            text: `revision ${revision} is confirmed, and stays active\n`,
            data: { ok: true, revision },
          });
        }),
      ),
    );
}
