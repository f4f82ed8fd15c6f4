/** One Stepgate node in this process, as `serve` runs it, on a free port, with a configuration of its own. */

import { readFileSync } from 'node:fs';
import { createApp, type ServerApp } from '../../../src/app.ts';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { passwordCredential } from '../../../src/authenticators/password/credential.ts';
import { owaspHashingCost } from '../../../src/authenticators/shared/hashing-queue.ts';
import { demoUsers } from '../../../src/demo/demo-users.ts';
import { createLogger } from '../../../src/log.ts';
import { parseKeyring } from '../../../src/oidc/keys/keyring.ts';
import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import { keyringKey } from '../../../src/stores/keys.ts';
import { releaseSchema } from '../../../src/stores/schema.ts';
import type { Store } from '../../../src/stores/store.ts';
import { createState } from '../../../src/stores/store-state.ts';
import { type BaseOptions, baseFiles, type ConfigurationFiles, checkedDocuments } from '../shared/configurations.ts';
import { sharedViews } from '../shared/views.ts';
import { recordingStore } from '../stores/recording-store.ts';
import { checkAuditLine } from '../values/check-audit-line.ts';
import { randomName } from '../values/random-name.ts';
import { cheapHashing } from './cheap-hashing.ts';
import { openServer } from './http-server.ts';

export const password = 'correct horse battery staple';

/** Of `password`, by what it costs: test users share one, so that no test spends time on making them. */
const passwordHashes = new Map([
  [
    cheapHashing.memoryCost,
    '$argon2id$v=19$m=64,t=1,p=1$2A4eh8Osb04+yLZugYsyCg$HsE6pX412sRpGeKMupzQGlqCK7vOs5qLIomk6koDYv8',
  ],
  [
    owaspHashingCost.memoryCost,
    '$argon2id$v=19$m=19456,t=2,p=1$JKFYqIpCDxyo59cmjIUjCQ$GOlp+aa1RdbmBGnBOVoX04h9WoQYI2+4wtLQo2BpBB0',
  ],
]);

/** No request is refused because the machine is busy with other things (seconds). */
const patientQueue = { maxWait: 120, capacity: 10_000 } as const;

/**
 * The same keys and server secret in every run: what a decoy seems to have is drawn from the secret, and making keys
 * takes time.
 */
const keyring = readFileSync(new URL('keyring.json', import.meta.url), 'utf8');
export const testKeyring = parseKeyring(keyring);

export interface TestNode {
  readonly app: ServerApp;
  readonly store: Store;
  readonly issuer: string;
  /** Where this node listens; differs from the issuer when several nodes share one. */
  readonly origin: string;
  readonly audit: readonly Readonly<Record<string, unknown>>[];
  readonly errors: readonly unknown[];
  /** Writes files (relative path to text; `undefined` removes it) over the demo configuration and applies all. */
  configure(files: Readonly<Record<string, string | undefined>>): Promise<void>;
  stop(): Promise<void>;
}

export interface TestNodeOptions extends BaseOptions {
  readonly store?: Store;
  /** Another node's issuer: this one serves the same. */
  readonly issuer?: string;
  readonly files?: Readonly<Record<string, string | undefined>>;
  readonly now?: () => number;
  readonly users?: boolean;
  /** Messages go into the inbox of the demo. */
  readonly demo?: boolean;
  /** Sends what waits in the outbox, as the demo does: to apps that hear of logouts. */
  readonly sendOutbox?: boolean;
  /** Takes the lines that the process would write to stdout. */
  readonly write?: (line: string) => void;
  /** Passwords cost what they cost in production. */
  readonly productionHashing?: boolean;
  /** For `${NAME}` in the configuration. */
  readonly variables?: Readonly<Record<string, string>>;
}

export async function startNode(options: TestNodeOptions = {}): Promise<TestNode> {
  const store = options.store ?? openEmbedded({ file: ':memory:' });
  const { server, port, close } = await openServer();
  const origin = `http://localhost:${port}`;
  const issuer = options.issuer ?? origin;
  const { app, audit, errors } = createTestApp(store, issuer, options);
  let files = await baseFiles(options);
  const configure = async (changed: Readonly<Record<string, string | undefined>>): Promise<void> => {
    files = withFiles(files, changed);
    await app.revisions.apply(await checkedDocuments(files, options.variables ?? {}), { by: 'test' });
  };
  const stop = async (): Promise<void> => {
    app.activeRevision.stop();
    app.storeHealth.stop();
    await app.outbox.stop();
    await close();
    if (!options.store) await store.close();
  };
  try {
    await createState(store, releaseSchema);
    // Fails where another node has left one already.
    await store.commit([{ op: 'create', key: keyringKey, value: keyring }]);
    if (options.issuer === undefined || options.files) await configure(options.files ?? {});
    await app.activeRevision.start();
    app.storeHealth.start();
    if (options.demo || options.sendOutbox) app.outbox.start();
    if (options.users !== false && options.issuer === undefined) await addUsers(app, options.authenticators === 'demo');
  } catch (error) {
    await stop();
    throw error;
  }
  const handler = app.koa.callback();
  server.on('request', (req, res) => void handler(req, res));
  return {
    app,
    store,
    issuer,
    origin,
    audit,
    errors,
    configure: async (changed) => {
      await configure(changed);
      await app.activeRevision.refresh();
    },
    stop,
  };
}

/** The parts of the program, put together as `serve` does, and what they log. */
function createTestApp(store: Store, issuer: string, options: TestNodeOptions) {
  const audit: Readonly<Record<string, unknown>>[] = [];
  const errors: unknown[] = [];
  const logger = createLogger(options.write ?? (() => {}));
  const app = createApp({
    store: recordingStore(store),
    issuer,
    demo: options.demo ?? false,
    variables: options.variables ?? {},
    views: sharedViews(),
    hashing: { ...patientQueue, cost: options.productionHashing ? owaspHashingCost : cheapHashing },
    log: {
      audit(line) {
        checkAuditLine(line);
        audit.push(line);
        logger.audit(line);
      },
      warn: (message) => logger.warn(message),
      error(error, context) {
        errors.push(error);
        logger.error(error, context);
      },
    },
    ...(options.now ? { now: options.now } : {}),
  });
  return { app, audit, errors };
}

function withFiles(
  files: ConfigurationFiles,
  changed: Readonly<Record<string, string | undefined>>,
): ConfigurationFiles {
  const kept = Object.entries({ ...files, ...changed }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(kept);
}

/** The credential of `password`. */
export function testPassword({ hashing }: Pick<ServerApp, 'hashing'>): ReturnType<typeof passwordCredential> {
  const hash = passwordHashes.get(hashing.cost.memoryCost);
  if (hash === undefined) throw new Error('there is no hash of the test password for this cost');
  return passwordCredential(hash);
}

/** `withEmail`: as the demo makes them, with a mailbox that counts. */
async function addUsers(app: ServerApp, withEmail: boolean): Promise<void> {
  for (const { identifier, displayName, groups } of demoUsers) {
    await app.directory.create({
      identifiers: [identifier],
      profile: { displayName, email: identifier, emailVerified: true },
      groups,
      credentials: [testPassword(app), ...(withEmail ? [emailCredential(identifier)] : [])],
    });
  }
}

/** A new user, so that no test consumes the codes of another one. */
export async function newTestUser(
  { app }: TestNode,
  groups: readonly string[] = ['staff'],
): Promise<{ id: string; identifier: string; password: string }> {
  const identifier = `${randomName()}@demo.test`;
  const created = await app.directory.create({ identifiers: [identifier], groups, credentials: [testPassword(app)] });
  if (!created.ok) throw new Error(created.code);
  return { id: created.user.id, identifier, password };
}
