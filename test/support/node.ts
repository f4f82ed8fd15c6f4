/** One Stepgate node in this process, as `serve` runs it, on a free port, with a configuration of its own. */

import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseDocument } from 'yaml';
import { createApp, type ServerApp } from '../../src/app.ts';
import { emailCredential } from '../../src/authenticators/email/email.ts';
import { authenticatorKinds } from '../../src/authenticators/index.ts';
import { passwordCredential } from '../../src/authenticators/password/credential.ts';
import { owaspHashingCost } from '../../src/authenticators/shared/hashing-queue.ts';
import { demoUsers } from '../../src/demo/demo-users.ts';
import { createLogger } from '../../src/log.ts';
import { parseKeyring } from '../../src/oidc/keys/keyring.ts';
import { loadConfiguration } from '../../src/policy/load.ts';
import { findingLine } from '../../src/policy/model/finding.ts';
import { openEmbedded } from '../../src/stores/embedded.ts';
import { keyringKey } from '../../src/stores/keys.ts';
import { releaseSchema } from '../../src/stores/schema.ts';
import type { Store } from '../../src/stores/store.ts';
import { createState } from '../../src/stores/store-state.ts';
import { cheapHashing } from './cheap-hashing.ts';
import { checkAuditLine } from './check-audit-line.ts';
import { openServer } from './http-server.ts';
import { randomName } from './random-name.ts';
import { recordingStore } from './recording-store.ts';

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

export interface TestNodeOptions {
  readonly store?: Store;
  /** Another node's issuer: this one serves the same. */
  readonly issuer?: string;
  readonly files?: Readonly<Record<string, string | undefined>>;
  readonly now?: () => number;
  readonly users?: boolean;
  /**
   * Those that are enabled, without an enrollment policy; `demo`: as the demo has them, with its policy. Default:
   * password and totp, so that a new one changes no test about others.
   */
  readonly authenticators?: readonly string[] | 'demo';
  /** `signing.algorithms`. Default: those of the demo. */
  readonly algorithms?: readonly string[];
  /** Mail has a transport. Nothing goes out: this node sends only what is in the demo. */
  readonly mail?: boolean;
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
  const dir = await configurationDir(options);
  const { server, port, close } = await openServer();
  const origin = `http://localhost:${port}`;
  const issuer = options.issuer ?? origin;
  const { app, audit, errors } = createTestApp(store, issuer, options);
  const configure = async (files: Readonly<Record<string, string | undefined>>): Promise<void> => {
    await writeFiles(dir, files);
    await applyConfiguration(app, dir, options.variables);
  };
  const stop = async (): Promise<void> => {
    app.activeRevision.stop();
    app.storeHealth.stop();
    await app.outbox.stop();
    await close();
    if (!options.store) await store.close();
    await rm(dir, { recursive: true, force: true });
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
    configure: async (files) => {
      await configure(files);
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

/** A directory with the configuration of the demo, changed as the options say. */
async function configurationDir({ authenticators, mail, algorithms }: TestNodeOptions): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'stepgate-config-'));
  // Tests change the policies of the demo at will, and so break what it promises.
  await cp('config', dir, { recursive: true, filter: (file) => !file.endsWith('invariants.yaml') });
  await enableOnly(authenticators ?? ['password', 'totp'], dir);
  if (mail) await writeMail(join(dir, 'stepgate.yaml'));
  if (algorithms) await enableAlgorithms(algorithms, join(dir, 'stepgate.yaml'));
  return dir;
}

async function writeFiles(dir: string, files: Readonly<Record<string, string | undefined>>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    if (text === undefined) await rm(join(dir, file), { force: true });
    else {
      await mkdir(dirname(join(dir, file)), { recursive: true });
      await writeFile(join(dir, file), text);
    }
  }
}

async function applyConfiguration(
  app: ServerApp,
  dir: string,
  variables: TestNodeOptions['variables'] = {},
): Promise<void> {
  const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables });
  if (!loaded.ok) throw new Error(loaded.findings.map(findingLine).join('\n'));
  await app.revisions.apply(loaded.documents, { by: 'test' });
}

/** The policy of an app that takes any proof. */
const openTo = (app: string) => `name: ${app}\nrules:\n  - name: All\n    then: { allow: { factors: 1 } }\n`;

/** What the policies of the demo need one of: a policy that no user could meet is refused. */
const neededByDemo = { shop: ['email', 'webauthn'], payroll: ['totp', 'webauthn'] } as const;

async function enableOnly(authenticators: readonly string[] | 'demo', dir: string): Promise<void> {
  const file = join(dir, 'stepgate.yaml');
  const settings = parseDocument(await readFile(file, 'utf8'));
  // All users of a test come from one address.
  settings.setIn(['authenticators', 'email', 'limits'], { network: 100_000 });
  settings.setIn(['proofOfWork', 'free'], 100_000);
  settings.setIn(['proofOfWork', 'wrongPasswords'], 100_000);
  if (authenticators !== 'demo') {
    await rm(join(dir, 'policies/enrollment.yaml'));
    for (const { key } of authenticatorKinds)
      settings.setIn(['authenticators', key, 'enabled'], authenticators.includes(key));
    for (const [app, needed] of Object.entries(neededByDemo))
      if (!needed.some((key) => authenticators.includes(key)))
        await writeFile(join(dir, `policies/sign-on/${app}.yaml`), openTo(app));
  }
  await writeFile(file, settings.toString());
}

async function enableAlgorithms(algorithms: readonly string[], file: string): Promise<void> {
  const settings = parseDocument(await readFile(file, 'utf8'));
  settings.setIn(['signing', 'algorithms'], algorithms);
  await writeFile(file, settings.toString());
}

async function writeMail(file: string): Promise<void> {
  const settings = parseDocument(await readFile(file, 'utf8'));
  settings.set('mail', { from: 'id@acme.test', smtp: { host: 'mail.acme.test' } });
  await writeFile(file, settings.toString());
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
