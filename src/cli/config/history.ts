/** `stepgate config history`. */
import type { Command } from 'commander';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { Revisions } from '../../policy/revision/revisions.ts';
import { newCommand } from '../commands.ts';
import { printResult, type ResultOptions } from '../shared/print-result.ts';
import { withStore } from '../shared/with-store.ts';
import type { ConfigContext } from './config-context.ts';
import { shortened } from './quantities.ts';

export function historyCommand(context: ConfigContext): Command {
  return newCommand('config history')
    .option('-n, --limit <number>', 'how many', '20')
    .action(({ limit, ...options }: ResultOptions & { readonly limit: string }) =>
      withRevisions(context, async (revisions) => {
        const count = /^[1-9]\d{0,3}$/.test(limit) ? Number(limit) : 20;
        for (const entry of await revisions.history(count)) {
          const { revision, at, by, message, changed } = entry;
          const when = new Date(at * 1000).toISOString();
          printResult(context, options, {
            text: `${revision}  ${when}  ${by}  ${message ?? '-'}  ${shortened(changed)}\n`,
            data: { revision, at, by, ...omitUndefined({ message }), changed },
          });
        }
      }),
    );
}

async function withRevisions(context: ConfigContext, use: (revisions: Revisions) => Promise<void>): Promise<void> {
  await withStore(context, (store) => use(new Revisions(store, { authenticators: context.authenticators })));
}
