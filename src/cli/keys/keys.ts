/** `stepgate keys list` and `stepgate keys rotate`. */
import type { Command } from 'commander';
import { loadKeyring, publishedKeys, rotateKeys, type SigningKey } from '../../oidc/keys/keyring.ts';
import type { Store } from '../../stores/store.ts';
import { newCommand, newCommandGroup } from '../commands.ts';
import { withStore } from '../shared/with-store.ts';

export interface KeysContext {
  openStore(): Promise<Store>;
  stdout(text: string): void;
}

function epochSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function lineOf(key: SigningKey, now: number): string {
  const state =
    key.activeFrom > now
      ? `signs from ${iso(key.activeFrom)}`
      : key.retiredFrom === undefined
        ? 'signs'
        : `published until ${iso(key.retiredFrom)}`;
  return `${key.jwk.kid}  ${key.type.padEnd(6)} ${state}\n`;
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

export function keysCommand(context: KeysContext): Command {
  return newCommandGroup('keys', [listCommand(context), rotateCommand(context)]);
}

function listCommand(context: KeysContext): Command {
  return newCommand('keys list').action(() =>
    withStore(context, async (store) => {
      const now = epochSeconds();
      for (const key of publishedKeys(await loadKeyring(store), now)) context.stdout(lineOf(key, now));
    }),
  );
}

function rotateCommand(context: KeysContext): Command {
  return newCommand('keys rotate')
    .option('--overlap <seconds>', 'how long they are published before they sign', '300')
    .option('--keep <seconds>', 'how long the old ones stay published after that', '604800')
    .action((options: { overlap: string; keep: string }) =>
      withStore(context, async (store) => {
        const now = epochSeconds();
        const times = { overlap: seconds(options.overlap), keep: seconds(options.keep) };
        for (const key of await rotateKeys(store, now, times)) context.stdout(lineOf(key, now));
      }),
    );
}

function seconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`not a number of seconds: ${text}`);
  return Number(text);
}
