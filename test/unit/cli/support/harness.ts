/** The commands on a store in memory, with what they print. */
import type { Command } from 'commander';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import type { ConfigContext } from '../../../../src/cli/config/shared/config-context.ts';
import type { Paint } from '../../../../src/cli/shared/output/paint.ts';
import { Revisions } from '../../../../src/policy/revision/revisions.ts';
import { openEmbedded } from '../../../../src/stores/embedded/embedded.ts';
import type { Store } from '../../../../src/stores/store.ts';
import { Directory } from '../../../../src/users/directory/directory.ts';
import { documentsIn } from '../../../support/shared/configurations.ts';
import { recordingStore } from '../../../support/stores/recording-store.ts';

export const fixedNow = Date.parse('2026-11-24T09:00:00Z') / 1000;

/** A terminal in front of one store. Commands close what they open, so they get a store that stays open. */
export interface Terminal {
  readonly store: Store;
  readonly directory: Directory;
  /** What was printed since the last look. */
  printed(): string;
  exitCode(): number;
  readonly context: {
    openStore(): Promise<Store>;
    stdout(text: string): void;
    /** Goes nowhere, unless a test gives its own. */
    stderr(text: string): void;
    readonly paint: Paint;
    readonly authenticators: typeof authenticatorKinds;
    readonly variables: Readonly<Record<string, string>>;
    now(): number;
    setExitCode(code: 0 | 1): void;
  };
}

/** `now`: the clock of the commands and of the store, in epoch seconds. */
export function openTerminal(now: () => number = () => fixedNow): Terminal {
  const store = recordingStore(openEmbedded({ file: ':memory:', now: () => now() * 1000 }));
  let output = '';
  let code = 0;
  return {
    store,
    directory: new Directory(store, now),
    printed() {
      const text = output;
      output = '';
      return text;
    },
    exitCode: () => code,
    context: {
      openStore: async () => ({ ...store, close: async () => undefined }),
      stdout: (text) => {
        output += text;
      },
      stderr: () => undefined,
      paint: (_colour, text) => text,
      authenticators: authenticatorKinds,
      variables: {},
      now,
      setExitCode: (to) => {
        code = to;
      },
    },
  };
}

/** For `config`: there is no terminal to ask at, and no check of views, unless `own` has them. */
export function configContext({ context }: Terminal, own: Partial<ConfigContext> = {}): ConfigContext {
  return {
    ...context,
    openNewStore: context.openStore,
    // Each command of these tests names its directory.
    configDir: 'none',
    checkViews: async () => [],
    interrupted: () => new AbortController().signal,
    openQuestions: async () => undefined,
    hasStore: () => false,
    ...own,
  };
}

export async function applyDemo(store: Store, dir = 'config'): Promise<void> {
  const documents = await documentsIn(dir, {});
  const revisions = new Revisions(store, { authenticators: authenticatorKinds, now: () => fixedNow * 1000 });
  await revisions.apply(documents, { by: 'test' });
}

/** Runs a command line; rejects with what the command rejects with. */
export async function run(command: Command, ...words: string[]): Promise<void> {
  await command.exitOverride().parseAsync(words, { from: 'user' });
}
