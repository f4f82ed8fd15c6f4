/** What commands need of the process and of the store. It loads next to nothing: packages come with their commands. */
import { once } from 'node:events';
import { styleText } from 'node:util';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import { openAsItIs, openStore, readDurability, type StoreSettings } from '../stores/open.ts';
import type { AuditContext } from './audit/audit-context.ts';
import type { ConfigContext } from './config/config-context.ts';
import type { DoctorContext } from './doctor/doctor.ts';
import type { ExplainContext } from './explain/explain.ts';
import type { KeysContext } from './keys/keys.ts';
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

/** Without what `authenticator-context.ts` and the commands about whole stores add. */
export type BaseContext = Omit<
  AllContexts,
  'authenticators' | 'recoveryCodes' | 'passwords' | 'addressCredential' | 'numberCredential' | 'accessCodes'
> & {
  readonly storeSettings: StoreSettings;
  /** The operator's own directory of views. */
  readonly ownViewsDir: string | undefined;
};

export function baseContext(env: Environment): BaseContext {
  const stdout = (text: string): void => void process.stdout.write(text);
  const stderr = (text: string): void => void process.stderr.write(text);
  const dataDir = env.DATA_DIR ?? 'data';
  const redisUrl = env.REDIS_URL || undefined;
  const warn = (text: string): void => stderr(`${text}\n`);
  const durability = readDurability(env.REDIS_DURABILITY);
  const storeSettings = { ...omitUndefined({ redisUrl, durability }), dataDir, warn, isPatient: true };
  return {
    storeSettings,
    stdout,
    stdoutTaken: async () => {
      if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
    },
    stderr,
    stdin: process.stdin,
    paint: (colour, text) => styleText(colour, text, { stream: process.stdout }),
    setExitCode: (code) => {
      process.exitCode = code;
    },
    interrupted,
    openQuestions: async () =>
      process.stdin.isTTY && process.stderr.isTTY
        ? (await import('./init/questions.ts')).terminalQuestions(process.stdin, process.stderr)
        : undefined,
    isUnseen: process.stdin.isTTY && !process.stderr.isTTY,
    now: () => Math.floor(Date.now() / 1000),
    openStore: () => openStore(storeSettings),
    // An empty data directory is a first start; an empty Redis may have lost everything.
    openNewStore: (init, initialise) =>
      openStore(storeSettings, init || redisUrl === undefined ? initialise : undefined),
    finishUpgrade: async () => (await import('../stores/finish-upgrade.ts')).finishUpgrade(storeSettings),
    openAsItIs: (warn) => openAsItIs({ ...storeSettings, warn }),
    configDir: env.CONFIG_DIR ?? 'config',
    ownViewsDir: env.VIEWS_DIR || undefined,
    checkViews: async () => (env.VIEWS_DIR ? (await import('../own-views.ts')).checkOwnViews(env.VIEWS_DIR) : []),
    ...omitUndefined({ dataDir: redisUrl === undefined ? dataDir : undefined, issuer: env.ISSUER || undefined }),
    fetch,
    nodeVersion: process.versions.node,
    // The demo's relying party listens on the next port; files that name it must mean the same here as in the server.
    variables: { DEMO_RP_PORT: String(Number(env.PORT ?? 3000) + 1), ...env },
  };
}

/** Aborts on Ctrl-C. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}
