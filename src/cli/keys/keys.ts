/** `stepgate keys list` and `stepgate keys rotate`. */
import type { Command } from 'commander';
import { oneWeek } from '../../core/model/durations.ts';
import { loadKeyring, publishedKeys, rotateKeys, type SigningKey } from '../../oidc/keys/keyring.ts';
import type { Store } from '../../stores/store.ts';
import { newCommand, newCommandGroup } from '../commands.ts';
import type { ResultOptions } from '../shared/output/print-result.ts';
import { withStore } from '../shared/store/with-store.ts';

export interface KeysContext {
  openStore(): Promise<Store>;
  stdout(text: string): void;
}

function epochSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** One line for each, or a JSON array. Private parts of the keys are not shown. */
function printKeys(
  { stdout }: KeysContext,
  { json }: ResultOptions,
  { keys, now }: { readonly keys: readonly SigningKey[]; readonly now: number },
): void {
  const shown = keys.map(({ jwk: { kid }, type, activeFrom, retiredFrom }) => ({ kid, type, activeFrom, retiredFrom }));
  stdout(json ? `${JSON.stringify(shown)}\n` : keys.map((key) => lineOf(key, keys, now)).join(''));
}

function lineOf(key: SigningKey, keys: readonly SigningKey[], now: number): string {
  return `${key.jwk.kid}  ${key.type.padEnd(6)} ${stateText(key, keys, now)}\n`;
}

/** `keys`: as published, so that the first of a type that is active signs. */
function stateText(key: SigningKey, keys: readonly SigningKey[], now: number): string {
  if (key.activeFrom > now) return `signs from ${iso(key.activeFrom)}`;
  if (key.retiredFrom === undefined) return 'signs';
  const same = keys.filter(({ type }) => type === key.type);
  const successor = same.find(({ activeFrom }) => activeFrom > now);
  const isFirst = same.find(({ activeFrom }) => activeFrom <= now) === key;
  const signs = isFirst && successor !== undefined ? `signs until ${iso(successor.activeFrom)}, ` : '';
  return `${signs}published until ${iso(key.retiredFrom)}`;
}

function iso(time: number): string {
  return new Date(time * 1000).toISOString();
}

export function keysCommand(context: KeysContext): Command {
  return newCommandGroup('keys', [listCommand(context), rotateCommand(context)]);
}

function listCommand(context: KeysContext): Command {
  return newCommand('keys list').action((options: ResultOptions) =>
    withStore(context, async (store) => {
      const now = epochSeconds();
      printKeys(context, options, { keys: publishedKeys(await loadKeyring(store), now), now });
    }),
  );
}

function rotateCommand(context: KeysContext): Command {
  return newCommand('keys rotate')
    .option('--overlap <seconds>', 'how long they are published before they sign', '300')
    .option('--keep <seconds>', 'how long the old ones stay published after that', String(oneWeek))
    .action((options: ResultOptions & { readonly overlap: string; readonly keep: string }) =>
      withStore(context, async (store) => {
        const now = epochSeconds();
        const times = { overlap: seconds(options.overlap), keep: seconds(options.keep) };
        printKeys(context, options, { keys: await rotateKeys(store, now, times), now });
      }),
    );
}

function seconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`not a number of seconds: ${text}`);
  return Number(text);
}
