/**
 * A small world for tests of the engine: a store in maps, authenticators whose secret is a text, policies as data, one
 * unit per request.
 */

import type { Authenticator, Credential } from '../../../src/authenticators/authenticator.ts';
import type { EnrollmentTerms } from '../../../src/core/model/enrollment-policy.ts';
import type { AuthenticatorDescriptor, RequestFacts } from '../../../src/core/model/facts.ts';
import { neutralRequest } from '../../../src/core/model/neutral-facts.ts';
import type { AcrLevel, Requirement, Rule } from '../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import type { Notice } from '../../../src/core/step/step.ts';
import { type NewTransaction, newTransaction, type Transaction } from '../../../src/core/step/transaction.ts';
import type { OutboxMessage } from '../../../src/delivery/outbox.ts';
import type { SsoSession } from '../../../src/flow/browser/sso-session.ts';
import type { Visitor } from '../../../src/flow/browser/visitor.ts';
import { submit, view } from '../../../src/flow/engine.ts';
import type { ServerSecrets } from '../../../src/flow/server-mac.ts';
import type { Services } from '../../../src/flow/services.ts';
import type { SignInResult, StepShown, Submission } from '../../../src/flow/sign-in-result.ts';
import type { OpenTransaction, TransactionRequest } from '../../../src/flow/transaction/open-transaction.ts';
import { parseTransaction, transactionEntry } from '../../../src/flow/transaction/store.ts';
import type { App } from '../../../src/policy/model/app.ts';
import type { Settings } from '../../../src/policy/model/settings.ts';
import type { Snapshot } from '../../../src/policy/revision/snapshot.ts';
import {
  credentialsKey,
  identifierKey,
  outboxMessageKey,
  ssoSessionKey,
  transactionKey,
  userKey,
} from '../../../src/stores/keys.ts';
import type { Op, Store } from '../../../src/stores/store.ts';
import { UnitOfWork } from '../../../src/stores/unit-of-work.ts';
import {
  parseCredentials,
  parseUser,
  serializeCredentials,
  serializeUser,
  type User,
} from '../../../src/users/record/user.ts';
import { fakeStore } from '../../support/stores/fake-store.ts';
import { checkAuditLine } from '../../support/values/check-audit-line.ts';

export const start = 1_800_000_000;

/** Takes the text of its credential for an answer; what it does beyond that is in `behaviour`. */
export function fakeAuthenticator(
  descriptor: Pick<AuthenticatorDescriptor, 'key'> & Partial<AuthenticatorDescriptor>,
  behaviour: Partial<Authenticator> = {},
): Authenticator {
  const { key } = descriptor;
  const complete = {
    factors: ['possession'],
    characteristics: ['userPresence'],
    enrollable: false,
    ...descriptor,
  } as const;
  const proof = { factors: complete.factors, characteristics: complete.characteristics, amr: [key] };
  return {
    descriptor: complete,
    configuration: {} as Authenticator['configuration'],
    attemptLimits: [{ limit: 3, window: 60 }],
    challenge: async (stored, { now }) => ({
      inputs: ['passcode'],
      public: { of: stored?.id ?? 'unknown' },
      private: {},
      expires: now + 300,
    }),
    verify: async (stored, { input }) =>
      stored !== undefined && stored.secret.text === input.passcode
        ? { ok: true, credential: stored.id, proof: { ...pick(stored), amr: [key] }, mustSave: false }
        : { ok: false, code: 'credentials.invalid' },
    beginEnrollment: async (_subject, { now }) => ({
      inputs: ['passcode'],
      public: { text: 'new' },
      private: { text: 'new' },
      expires: now + 300,
    }),
    enroll: async (_subject, { pending, input }) =>
      input.passcode === pending.text
        ? { ok: true, credential: { authenticator: key, ...pick(complete), secret: { text: 'new' } }, proof }
        : { ok: false, code: 'credentials.invalid' },
    ...behaviour,
  };
}

function pick({ factors: covered, characteristics }: Pick<AuthenticatorDescriptor, 'factors' | 'characteristics'>) {
  return { factors: covered, characteristics };
}

export const password = fakeAuthenticator({
  key: 'password',
  factors: ['knowledge'],
  askedWithIdentifier: true,
  decoys: { share: 1 },
});
export const totp = fakeAuthenticator({ key: 'totp', enrollable: true, decoys: { share: 1 } });

export const factors = (count: 1 | 2 | 3): Requirement => ({ anyOf: [{ factors: count, demands: [] }] });
export const allow = (requirement: Requirement, more: object = {}): Rule['then'] => ({
  kind: 'allow',
  requirement,
  ...more,
});

export interface WorldOptions {
  readonly authenticators?: readonly Authenticator[];
  readonly session?: Rule['then'];
  /** Rules of the app, in order; one that always holds, as a rule. */
  readonly app?: Rule['then'] | readonly Rule[];
  readonly enrollment?: Partial<EnrollmentTerms>;
  readonly acrLevels?: readonly AcrLevel[];
  /** Without it the app is not configured. */
  readonly hasApp?: boolean;
  canMail?: boolean;
  readonly visitor?: Partial<Visitor>;
  /** What the settings say beyond what every sign-in needs. */
  readonly settings?: Partial<Settings>;
  /** Policies beside those of the other options. They are read anew for each decision. */
  readonly policies?: Partial<PolicySet>;
  /** Wraps the store of the requests. */
  readonly around?: (store: Store) => Store;
}

export type World = ReturnType<typeof createWorld>;

/** `credential('totp', '123456')` with the id `totp`. */
export function credential(authenticator: string, text: string, changes: Partial<Credential> = {}): Credential {
  const isPassword = authenticator === 'password';
  return {
    id: authenticator,
    authenticator,
    createdAt: start - 1000,
    factors: [isPassword ? 'knowledge' : 'possession'],
    characteristics: ['userPresence'],
    secret: { text },
    ...changes,
  };
}

export function createWorld(options: WorldOptions = {}) {
  const recorded = recordedServices(options);
  const { store, services, clock } = recorded;
  const visitor: Visitor = { ip: '192.0.2.1', userAgent: 'Firefox', acceptLanguage: 'en', ...options.visitor };
  const inRequest = requestsOf(options.around?.(store) ?? store, visitor);
  const stored = storedIn(store);
  return { ...recorded, ...stored, ...signInsBy({ services, clock, inRequest, stored }), visitor, inRequest };
}

/** The services of the flow, and what was done with them. */
function recordedServices(options: WorldOptions) {
  const { authenticators = [password, totp], canMail = true, hasApp = true } = options;
  const store = fakeStore();
  const clock = { now: start };
  const secrets: { all: ServerSecrets } = { all: [Buffer.alloc(32, 1).toString('base64url')] };
  const lines: Readonly<Record<string, unknown>>[] = [];
  const ended: string[] = [];
  const kept: (readonly [uid: string, validAfter: number, withTokens: boolean])[] = [];
  const woken = { times: 0 };
  const snapshot = snapshotOf(options, authenticators, hasApp);
  const services: Services = {
    store,
    authenticators: new Map(authenticators.map((authenticator) => [authenticator.descriptor.key, authenticator])),
    audit(line) {
      checkAuditLine(line);
      lines.push(line);
    },
    sessions: {
      end: async (uid) => void ended.push(uid),
      keep: (uid, validAfter, withTokens) => void kept.push([uid, validAfter, withTokens]),
    },
    apps: { offlineAccess: async () => [], end: async (client) => void ended.push(client) },
    issuer: 'https://id.test',
    knownSnapshot: () => undefined,
    secrets: () => secrets.all,
    snapshot: async () => snapshot,
    now: () => clock.now,
    canMail: () => canMail,
    secretIn: () => undefined,
    messagesWait: () => {
      woken.times += 1;
    },
    warn: () => undefined,
    shadow: { take: () => undefined },
  };
  /** `event outcome` of each audit line since the last call, with the authenticator and the reason. */
  const events = (): readonly string[] =>
    lines.splice(0).map(({ event, authenticator, reason }) => [event, authenticator, reason].filter(Boolean).join(' '));
  return { store, services, snapshot, clock, secrets, lines, ended, kept, woken, events };
}

type InRequest = <T>(uid: string, run: (request: TransactionRequest) => Promise<T>, session?: string) => Promise<T>;

/** Requests of one browser: the unit of each is committed at its end. `session`: the one that the browser has. */
function requestsOf(store: Store, visitor: Visitor): InRequest {
  /** What the browser keeps. */
  const jar: { secret: string | undefined } = { secret: undefined };
  return async (uid, run, session) => {
    const unit = new UnitOfWork(store);
    const result = await run({
      unit,
      uid,
      visitor,
      proofSecret: {
        presented: jar.secret,
        give(secret) {
          jar.secret = secret;
        },
      },
      session: async () => (session ? sessionIn(unit, session) : undefined),
    });
    await unit.commit();
    return result;
  };
}

type FakeStore = ReturnType<typeof fakeStore>;

/** What is in the store, written and read past the flow. */
function storedIn(store: FakeStore) {
  async function write(...ops: Op[]): Promise<void> {
    const done = await store.commit(ops);
    if (!done.ok) throw new Error(`not written: ${JSON.stringify(done.failed)}`);
  }
  const storedValue = async (key: string) => (await store.load([key])).entries.get(key)?.value;
  return {
    write,
    addUser: (name: string, credentials: readonly Credential[], changes: Partial<User> = {}): Promise<void> =>
      write(...opsOfUser(name, credentials, changes)),
    user: async (name: string): Promise<User> => parseUser((await storedValue(userKey(`user-${name}`))) ?? ''),
    credentials: async (name: string): Promise<readonly Credential[]> =>
      parseCredentials((await storedValue(credentialsKey(`user-${name}`))) ?? '[]'),
    async transaction(uid = 'tx'): Promise<Transaction | undefined> {
      const value = await storedValue(transactionKey(uid));
      return value === undefined ? undefined : parseTransaction(value);
    },
    async addSession(uid: string, session: Partial<SsoSession>): Promise<void> {
      const whole = { uid, startedAt: start, authorizations: {}, evidence: [], payload: {}, ...session };
      await write({ op: 'put', key: ssoSessionKey(uid), value: JSON.stringify(whole) });
    },
    /** The messages that wait to be sent. */
    async outbox(): Promise<readonly OutboxMessage[]> {
      const keys = store.commits
        .flat()
        .flatMap((op) => ('key' in op && op.key.startsWith(outboxMessageKey('')) ? [op.key] : []));
      const { entries } = await store.load([...new Set(keys)]);
      return [...entries.values()].flatMap((entry) => (entry ? [JSON.parse(entry.value) as OutboxMessage] : []));
    },
  };
}

function opsOfUser(name: string, credentials: readonly Credential[], changes: Partial<User>): readonly Op[] {
  const user: User = {
    id: `user-${name}`,
    status: 'active',
    identifiers: [name],
    profile: {},
    groups: [],
    createdAt: start - 1000,
    updatedAt: start - 1000,
    validAfter: start - 1000,
    ...changes,
  };
  const reservation = JSON.stringify({ user: user.id, at: start });
  return [
    { op: 'put', key: identifierKey(name), value: reservation, refs: [userKey(user.id)] },
    { op: 'put', key: userKey(user.id), value: serializeUser(user), refs: [credentialsKey(user.id)] },
    { op: 'put', key: credentialsKey(user.id), value: serializeCredentials(credentials) },
  ];
}

interface SigningIn {
  readonly services: Services;
  readonly clock: { readonly now: number };
  readonly inRequest: InRequest;
  readonly stored: Pick<ReturnType<typeof storedIn>, 'write'>;
}

/** What the browser does with the pages of one sign-in. */
function signInsBy({ services, clock, inRequest, stored }: SigningIn) {
  const viewPage = (uid = 'tx', session?: string): Promise<SignInResult> =>
    inRequest(uid, (request) => view(services, request), session);

  async function beginSignIn(
    request: Partial<RequestFacts> = {},
    more: Partial<NewTransaction> = {},
  ): Promise<StepShown> {
    const given: RequestFacts = { ...neutralRequest('notes', ['openid']), ...request };
    const transaction = newTransaction({ id: 'tx', request: given, now: clock.now, lifetime: 3600, ...more });
    await stored.write({ op: 'put', key: transactionKey('tx'), ...transactionEntry(transaction, 3600) });
    return asStep(await viewPage());
  }

  /** Sends a form of the page. */
  function send(
    { handle }: Pick<StepShown, 'handle'>,
    fields: Submission['fields'] = {},
    { step = 'answer', session }: { readonly step?: Submission['step']; readonly session?: string } = {},
  ): Promise<SignInResult> {
    return inRequest('tx', (request) => submit(services, request, { step, handle, fields }), session);
  }

  /** From the first page to the one after the identifier. */
  const identify = async (identifier: string, fields: Submission['fields'] = {}): Promise<StepShown> =>
    asStep(await send(await beginSignIn(), { identifier, ...fields }));

  return { view: viewPage, beginSignIn, send, identify };
}

async function sessionIn(unit: UnitOfWork, uid: string): Promise<SsoSession | undefined> {
  const entry = await unit.get(ssoSessionKey(uid));
  return entry && (JSON.parse(entry.value) as SsoSession);
}

function snapshotOf(
  { session = allow(factors(1)), app = allow(factors(1)), enrollment, acrLevels = [], ...more }: WorldOptions,
  authenticators: readonly Authenticator[],
  hasApp: boolean,
): Snapshot {
  const always = (then: Rule['then']): Rule => ({ name: 'always', when: {}, then });
  const terms: EnrollmentTerms = { required: [], optional: [], promoted: [], disabled: [], ...enrollment };
  const policies: PolicySet = {
    session: compilePolicy({ name: 'session', rules: [always(session)] }),
    app: compilePolicy({ name: 'notes', rules: 'kind' in app ? [always(app)] : app }),
    ...(enrollment
      ? { enrollment: compilePolicy({ name: 'enrollment', rules: [{ name: 'all', when: {}, then: terms }] }) }
      : {}),
    acrLevels,
    authenticators: authenticators.map(({ descriptor }) => descriptor),
  };
  const notes: App = {
    clientId: 'notes',
    name: 'Notes',
    firstParty: true,
    requiredScopes: [],
    pkce: 'required',
    popups: false,
    scopeClaimsInIdToken: true,
    refreshTokenGrace: 10,
    labels: [],
    signOnPolicies: ['notes'],
    client: {} as App['client'],
  };
  return {
    revision: 7,
    settings: {
      brand: { name: 'Brand' },
      authenticators: {},
      zones: {},
      acrValues: acrLevels,
      attributes: { attributes: {}, closed: false },
      identify: {},
      proofOfWork: { free: 20, wrongPasswords: 20, difficulty: 4 },
      ...more.settings,
    } as unknown as Settings,
    app: async (clientId) => (hasApp && clientId === notes.clientId ? notes : undefined),
    policies: async () => ({ ...policies, ...more.policies }),
    servicePolicy: async () => undefined,
    passwordPolicy: async () => undefined,
    equivalentApps: async () => [],
    zonesOf: () => ({ zones: [] }),
    prefixOf: () => 0,
    placeOf: () => ({}),
    deviceSignals: () => ({}),
    signalHeaders: [],
    networkFault: () => undefined,
    networkWarning: () => undefined,
    fileHash: () => undefined,
    brandFile: async () => undefined,
    laterFaults: () => [],
  };
}

/** Runs a function on the transaction of the world as it is stored now. */
export function opened<T>(world: World, run: (context: OpenTransaction) => T | Promise<T>): Promise<T> {
  return world.inRequest('tx', async (request) => {
    const [transaction, app] = [await world.transaction(), await world.snapshot.app('notes')];
    if (!transaction || !app) throw new Error('no transaction');
    const { services, snapshot } = world;
    return run({ services, request, transaction, version: 1, snapshot, app });
  });
}

export function asStep(result: SignInResult): StepShown {
  if (result.kind !== 'step') throw new Error(`no step but ${JSON.stringify(result)}`);
  return result;
}

/** `challenge:totp`, `identify`, `denied:rule`, `complete`, `cancelled:unmet`. */
export function currentStep(result: SignInResult): string {
  if (result.kind === 'complete' || result.kind === 'lost') return result.kind;
  if (result.kind === 'cancelled') return `cancelled:${result.reason}`;
  const { step } = result;
  if (step.kind === 'denied') return `denied:${step.reason}`;
  return 'authenticator' in step ? `${step.kind}:${step.authenticator}` : step.kind;
}

/** `level code field` of each notice. */
export function noticesOf(result: SignInResult): readonly string[] {
  const notices: readonly Notice[] = result.kind === 'step' ? result.step.notices : [];
  return notices.map(({ level, code, field }) => [level, code, field].filter(Boolean).join(' '));
}
