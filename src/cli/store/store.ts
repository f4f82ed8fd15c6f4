/** `stepgate store`: what only the operator can know of the store. */
import type { Command } from 'commander';
import { newCommandGroup } from '../commands.ts';
import { type StoreAloneContext, storeAloneCommand } from './alone.ts';

export type StoreContext = StoreAloneContext;

export function storeCommand(context: StoreContext): Command {
  return newCommandGroup('store', [storeAloneCommand(context)]);
}
