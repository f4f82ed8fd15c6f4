/** The contract of the store port, put together from its parts. */
import { afterAll, beforeAll, describe } from '@jest/globals';
import { attemptsContract } from './store-attempts.ts';
import { batchesContract } from './store-batches.ts';
import { collectionsContract } from './store-collections.ts';
import { entriesContract } from './store-entries.ts';
import type { StoreHarness } from './store-harness.ts';
import { lifetimesContract } from './store-lifetimes.ts';
import { modelContract } from './store-model.ts';

/** Everything that a caller of the store port may rely on, tested on one kind of store. */
export function storeContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(name, () => {
    let harness: StoreHarness | undefined;
    const started = (): StoreHarness => {
      if (harness === undefined) throw new Error('the harness has not started');
      return harness;
    };
    beforeAll(async () => {
      harness = await start();
    });
    afterAll(() => harness?.stop());

    describe('entries', () => entriesContract(started));
    describe('lifetimes', () => lifetimesContract(started));
    describe('batches', () => batchesContract(started));
    describe('references and attempts', () => attemptsContract(started));
    describe('collections', () => collectionsContract(started));
    describe('against a model', () => modelContract(started));
  });
}
