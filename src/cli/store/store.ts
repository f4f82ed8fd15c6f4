/** `stepgate store`: what is done to the store as a whole. */
import type { Command } from 'commander';
import { newCommandGroup } from '../commands.ts';
import { type FinishUpgradeContext, finishUpgradeCommand } from './finish-upgrade.ts';
import { type NewEpochContext, newEpochCommand } from './new-epoch.ts';

export type StoreContext = NewEpochContext & FinishUpgradeContext;

export function storeCommand(context: StoreContext): Command {
  return newCommandGroup('store', [newEpochCommand(context), finishUpgradeCommand(context)]);
}
