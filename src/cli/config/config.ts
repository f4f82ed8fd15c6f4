/** `stepgate config` and its subcommands. */
import type { Command } from 'commander';
import { newCommandGroup } from '../commands.ts';
import { initCommand } from '../init/init.ts';
import { configTestCommand } from '../policy-tests/policy-tests.ts';
import { diffCommand } from './diff/diff.ts';
import { checkCommand } from './files/check.ts';
import { fmtCommand } from './files/fmt.ts';
import { schemaCommand } from './files/schema.ts';
import { matrixCommand } from './questions/matrix.ts';
import { whatCommand } from './questions/what.ts';
import { whoCommand } from './questions/who.ts';
import { reportCommand } from './report/report.ts';
import { applyCommand } from './revisions/apply.ts';
import { confirmCommand } from './revisions/confirm.ts';
import { historyCommand } from './revisions/history.ts';
import { rollbackCommand } from './revisions/rollback.ts';
import { showCommand } from './revisions/show.ts';
import { shadowCommand } from './shadow/shadow.ts';
import type { ConfigContext } from './shared/config-context.ts';

/** The command with its subcommands. They reject with errors of the store. */
export function configCommand(context: ConfigContext): Command {
  return newCommandGroup('config', [
    initCommand(context),
    fmtCommand(context),
    checkCommand(context),
    diffCommand(context),
    applyCommand(context),
    configTestCommand(context),
    shadowCommand(context),
    confirmCommand(context),
    rollbackCommand(context),
    historyCommand(context),
    showCommand(context),
    schemaCommand(context),
    matrixCommand(context),
    whoCommand(context),
    whatCommand(context),
    reportCommand(context),
  ]);
}
