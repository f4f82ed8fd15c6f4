/**
 * What commands need from the process and the store. It loads almost nothing: packages are loaded by the commands that
 * need them.
 */
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import { filesOfStore } from '../stores/data-dir.ts';
import { openAsItIs, openStore, readDurability, type StoreSettings } from '../stores/open.ts';
import type { AuditContext } from './audit/audit-context.ts';
import type { ConfigContext } from './config/shared/config-context.ts';
import type { DoctorContext } from './doctor/doctor.ts';
import type { ExplainContext } from './explain/explain.ts';
import type { KeysContext } from './keys/keys.ts';
import { printOnce } from './shared/output/print-once.ts';
import type { StoreContext } from './store/store.ts';
import type { UsersContext } from './users/users-context.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

type AllContexts = AuditContext &
  ConfigContext &
  DoctorContext &
  ExplainContext &
  KeysContext &
  StoreContext &
  UsersContext;

/** Without the parts that `authenticator-context.ts` and the commands about whole stores add. */
export type BaseContext = Omit<
  AllContexts,
  'authenticators' | 'recoveryCodes' | 'passwords' | 'addressCredential' | 'numberCredential' | 'accessCodes'
> & {
  readonly storeSettings: StoreSettings;
  /** The operator's directory of views. */
  readonly operatorViewsDir: string | undefined;
};

/** A stream, which may be a terminal with this many columns. */
type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** The parts of Node's `process` that commands use. */
export interface CommandProcess {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  exitCode?: NodeJS.Process['exitCode'];
  /** Ends the process at once, with `exitCode` if no code is given. */
  exit(code?: number): void;
  once(signal: 'SIGINT' | 'SIGTERM', heard: () => void): unknown;
}

export function baseContext(env: Environment, own: CommandProcess = process): BaseContext {
  const { stdin, stdout, stderr } = own;
  const complain = (text: string): void => void stderr.write(text);
  const dataDir = env.DATA_DIR ?? 'data';
  const redisUrl = env.REDIS_URL || undefined;
  const warn = (text: string): void => complain(`${text}\n`);
  // A command may open the store several times, and examines it each time. A second outage is news.
  const advise = printOnce(warn);
  const durability = readDurability(env.REDIS_DURABILITY);
  const storeSettings = { ...omitUndefined({ redisUrl, durability }), dataDir, warn, isPatient: true, advise };
  return {
    storeSettings,
    stdout: (text) => void stdout.write(text),
    stdoutTaken: async () => {
      if (stdout.writableNeedDrain) await once(stdout, 'drain');
    },
    stderr: complain,
    stdin,
    paint: (colour, text) => styleText(colour, text, { stream: stdout }),
    setExitCode: (code) => {
      own.exitCode = code;
    },
    interrupted: () => interrupted(own),
    openQuestions: async () =>
      stdin.isTTY && stderr.isTTY ? (await import('./init/questions.ts')).terminalQuestions(stdin, stderr) : undefined,
    hasStore: (dir) => filesOfStore(dir).length > 0,
    isUnseen: stdin.isTTY === true && !stderr.isTTY,
    now: () => Math.floor(Date.now() / 1000),
    openStore: () => openStore(storeSettings),
    // An empty data directory is a first start; an empty Redis may have lost everything.
    openNewStore: (init, initialise) =>
      openStore(storeSettings, init || redisUrl === undefined ? initialise : undefined),
    finishUpgrade: async () => (await import('../stores/finish-upgrade.ts')).finishUpgrade(storeSettings),
    openAsItIs: (tell) => openAsItIs({ ...storeSettings, warn: tell, advise: tell }),
    configDir: env.CONFIG_DIR ?? 'config',
    operatorViewsDir: env.VIEWS_DIR || undefined,
    checkViews: async () =>
      env.VIEWS_DIR ? (await import('../operator-views.ts')).checkOperatorViews(env.VIEWS_DIR) : [],
    ...omitUndefined({ dataDir: redisUrl === undefined ? dataDir : undefined, issuer: env.ISSUER || undefined }),
    fetch,
    nodeVersion: process.versions.node,
    // The demo's relying party uses the next port. Files that name it must mean the same here as in the server.
    variables: { DEMO_RP_PORT: String(Number(env.PORT ?? 3000) + 1), ...env },
  };
}

/** Aborts on Ctrl-C. */
function interrupted(own: CommandProcess): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) own.once(signal, () => controller.abort());
  return controller.signal;
}
