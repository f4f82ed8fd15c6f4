/** `stepgate config`: its subcommands. */
import type { Command } from 'commander';
import { newCommandGroup } from '../commands.ts';
import { initCommand } from '../init/init.ts';
import { configTestCommand } from '../policy-tests/policy-tests.ts';
import { applyCommand } from './apply.ts';
import { checkCommand } from './check.ts';
import type { ConfigContext } from './config-context.ts';
import { confirmCommand } from './confirm.ts';
import { diffCommand } from './diff/diff.ts';
import { fmtCommand } from './fmt.ts';
import { historyCommand } from './history.ts';
import { matrixCommand } from './matrix.ts';
import { reportCommand } from './report/report.ts';
import { rollbackCommand } from './rollback.ts';
import { schemaCommand } from './schema.ts';
import { shadowCommand } from './shadow/shadow.ts';
import { showCommand } from './show.ts';
import { whatCommand } from './what.ts';
import { whoCommand } from './who.ts';

/** The command with its subcommands. They reject with what the store rejects with. */
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
