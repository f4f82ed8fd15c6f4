/** `stepgate store`: commands about the store as a whole. */
import type { Command } from 'commander';
import { newCommandGroup } from '../commands.ts';
import { type StoreAloneContext, storeAloneCommand } from './alone.ts';
import { type FinishUpgradeContext, finishUpgradeCommand } from './finish-upgrade.ts';
import { type NewEpochContext, newEpochCommand } from './new-epoch.ts';

export type StoreContext = StoreAloneContext & NewEpochContext & FinishUpgradeContext;

export function storeCommand(context: StoreContext): Command {
  return newCommandGroup('store', [
    storeAloneCommand(context),
    newEpochCommand(context),
    finishUpgradeCommand(context),
  ]);
}
