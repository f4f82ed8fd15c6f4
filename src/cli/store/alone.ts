/**
 * `stepgate store alone`: the operator declares that all replicas are dead, so that the store must work without them.
 */

import type { Command } from 'commander';
import { oneDay } from '../../core/model/durations.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { auditOp } from '../../flow/audit.ts';
import { durationText } from '../../policy/model/duration-text.ts';
import { endStandAloneOp, readStoreAlone, standAloneOp, storeAloneText } from '../../stores/redis/store-alone.ts';
import type { Store } from '../../stores/store.ts';
import { newCommand } from '../commands.ts';
import { printResult, type ResultOptions } from '../shared/output/print-result.ts';
import { operatorName } from '../shared/store/operator-name.ts';
import { withStore } from '../shared/store/with-store.ts';
import { parseDuration } from '../shared/values/durations.ts';

export interface StoreAloneContext {
  openStore(): Promise<Store>;
  stdout(text: string): void;
  /** Directory of the embedded store. Absent for Redis. */
  readonly dataDir?: string;
  /** Epoch seconds. */
  now(): Seconds;
}

interface Options extends ResultOptions {
  readonly for?: string;
  readonly off?: true;
}

/** Seconds. A longer time is no longer an emergency. */
const bounds = { min: 60, max: oneDay };

/** Rejects before anything is written if no duration is given, or if the store is the embedded one. */
export function storeAloneCommand(context: StoreAloneContext): Command {
  return newCommand('store alone')
    .option('--for <duration>', 'for how long: PT1M to P1D')
    .option('--off', 'end it now')
    .action(async (options: Options) => {
      const lifetime = readLifetime(options);
      if (context.dataDir !== undefined) throw new Error('the embedded store has no replicas: it never waits for any');
      await withStore(context, (store) =>
        lifetime === undefined
          ? end(context, store, options)
          : beginStandAlone(context, store, { lifetime, ...options }),
      );
    });
}

/** Undefined if the declaration ends now. */
function readLifetime({ for: text, off }: Options): Seconds | undefined {
  if ((text === undefined) === (off === undefined))
    throw new Error('give either how long the store stands alone (--for PT4H), or --off, which ends that');
  if (text === undefined) return undefined;
  const lifetime = parseDuration(text);
  if (lifetime === undefined || lifetime < bounds.min || lifetime > bounds.max)
    throw new Error(`--for must be a duration from ${durationText(bounds.min)} to ${durationText(bounds.max)}`);
  return lifetime;
}

async function beginStandAlone(
  context: StoreAloneContext,
  store: Store,
  { lifetime, ...options }: ResultOptions & { readonly lifetime: Seconds },
): Promise<void> {
  const by = operatorName();
  const declaration = { until: context.now() + lifetime, by };
  await store.commit([
    standAloneOp(declaration, lifetime),
    auditOp({ event: 'store.alone', outcome: 'success', by, lifetime }).op,
  ]);
  printResult(context, options, { text: `${storeAloneText(declaration)}\n`, data: declaration });
}

async function end(context: StoreAloneContext, store: Store, options: ResultOptions): Promise<void> {
  const declaration = await readStoreAlone(store);
  if (declaration !== undefined)
    await store.commit([
      endStandAloneOp,
      auditOp({ event: 'store.alone_ended', outcome: 'success', by: operatorName() }).op,
    ]);
  const text = declaration === undefined ? 'the store did not stand alone' : 'the store no longer stands alone';
  printResult(context, options, { text: `${text}\n`, data: { stoodAlone: declaration !== undefined } });
}
