/** `stepgate store alone`: the operator's word that all replicas are dead, and that the store must do without them. */
import type { Command } from 'commander';
import type { Seconds } from '../../core/model/facts.ts';
import { auditOp } from '../../flow/audit.ts';
import type { Store } from '../../stores/store.ts';
import { endStandAloneOp, readStoreAlone, standAloneOp, storeAloneText } from '../../stores/store-alone.ts';
import { newCommand } from '../commands.ts';
import { durationText, parseDuration } from '../shared/durations.ts';
import { operatorName } from '../shared/operator.ts';
import { withStore } from '../shared/with-store.ts';

export interface StoreAloneContext {
  openStore(): Promise<Store>;
  stdout(text: string): void;
  /** Directory of the embedded store; absent: the store is Redis. */
  readonly dataDir?: string;
  /** Epoch seconds. */
  now(): Seconds;
}

interface Options {
  readonly for?: string;
  readonly off?: true;
}

/** Seconds. Longer is no emergency any more. */
const bounds = { min: 60, max: 86_400 };

/** Rejects, before anything is written, when it is not said for how long, and on the embedded store. */
export function storeAloneCommand(context: StoreAloneContext): Command {
  return newCommand('store alone')
    .option('--for <duration>', 'for how long: PT1M to P1D')
    .option('--off', 'end it now')
    .action(async (options: Options) => {
      const lifetime = readLifetime(options);
      if (context.dataDir !== undefined) throw new Error('the embedded store has no replicas: it never waits for any');
      await withStore(context, (store) =>
        lifetime === undefined ? end(context, store) : begin(context, store, lifetime),
      );
    });
}

/** `undefined`: it ends now. */
function readLifetime({ for: text, off }: Options): Seconds | undefined {
  if ((text === undefined) === (off === undefined))
    throw new Error('say either for how long the store stands alone (--for PT4H), or that it does no more (--off)');
  if (text === undefined) return undefined;
  const lifetime = parseDuration(text);
  if (lifetime === undefined || lifetime < bounds.min || lifetime > bounds.max)
    throw new Error(`--for must be a duration from ${durationText(bounds.min)} to ${durationText(bounds.max)}`);
  return lifetime;
}

async function begin({ stdout, now }: StoreAloneContext, store: Store, lifetime: Seconds): Promise<void> {
  const by = operatorName();
  const word = { until: now() + lifetime, by };
  await store.commit([
    standAloneOp(word, lifetime),
    auditOp({ event: 'store.alone', outcome: 'success', by, lifetime }).op,
  ]);
  stdout(`${storeAloneText(word)}\n`);
}

async function end({ stdout }: StoreAloneContext, store: Store): Promise<void> {
  const word = await readStoreAlone(store);
  if (word !== undefined)
    await store.commit([
      endStandAloneOp,
      auditOp({ event: 'store.alone_ended', outcome: 'success', by: operatorName() }).op,
    ]);
  stdout(word === undefined ? 'the store did not stand alone\n' : 'the store does not stand alone any more\n');
}
