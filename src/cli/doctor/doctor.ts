/**
 * `stepgate doctor`: checks everything that a sign-in needs, and gives advice about problems. It writes nothing except
 * the probe that nodes write as well.
 */
import type { Command } from 'commander';
import type { Seconds } from '../../core/model/facts.ts';
import { StoreUnavailable } from '../../errors.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import { printable } from '../../policy/model/printable.ts';
import type { Variables } from '../../policy/source/substitute-variables.ts';
import { keyringKey, revisionPointerKey, usersKey } from '../../stores/keys.ts';
import { readStoreAlone, storeAloneText } from '../../stores/redis/store-alone.ts';
import { releaseSchema, type StoreSchema } from '../../stores/schema.ts';
import type { Store } from '../../stores/store.ts';
import { writeProbe } from '../../stores/store-health.ts';
import { newCommand } from '../commands.ts';
import type { Paint } from '../shared/output/paint.ts';
import { checkConfiguration } from './configuration.ts';
import { checkDataDir } from './data-dir.ts';
import { type CheckResult, fail, ok, warn } from './finding.ts';
import { checkKeys } from './keys.ts';
import type { Fetch } from './relying-party.ts';
import { checkStoreState } from './store-state.ts';
import { checkUsers } from './users.ts';

export interface DoctorContext {
  /** Opens even an empty store. `warn` is called with warnings for the administrator. */
  openAsItIs(warn: (text: string) => void): Promise<Store>;
  /** Prints whole lines. */
  stdout(text: string): void;
  readonly paint: Paint;
  readonly authenticators: readonly AuthenticatorKind[];
  readonly variables: Variables;
  /** Directory of the embedded store. Absent for Redis. */
  readonly dataDir?: string;
  readonly configDir: string;
  /** Overrides the issuer of the settings. */
  readonly issuer?: string;
  /** Sends an HTTPS request to another host. */
  readonly fetch: Fetch;
  /** Default: the schema of this release. */
  readonly schema?: StoreSchema;
  /** The version of Node, e.g. `24.15.0`. */
  readonly nodeVersion: string;
  /** Epoch seconds. */
  now(): Seconds;
  /** 1: something is wrong. */
  setExitCode(code: 0 | 1): void;
}

/** Findings never make it reject. */
export function doctorCommand(context: DoctorContext): Command {
  return newCommand('doctor').action(async ({ json }: { json?: true }) => {
    const findings = await examine(context);
    if (json) context.stdout(`${JSON.stringify(findings, null, 2)}\n`);
    else for (const finding of findings) context.stdout(findingText(finding, context.paint));
    context.setExitCode(findings.some(({ level }) => level === 'fail') ? 1 : 0);
  });
}

const colours = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

function findingText({ level, about, text, remedy }: CheckResult, paint: Paint): string {
  const line = `${paint(colours[level], level.padEnd(4))}  ${about.padEnd(14)}  ${printable(text)}\n`;
  return remedy === undefined ? line : `${line}${' '.repeat(22)}${paint('bold', remedy)}\n`;
}

async function examine(context: DoctorContext): Promise<readonly CheckResult[]> {
  const files = context.dataDir === undefined ? undefined : await checkDataDir(context.dataDir);
  const before = [checkNode(context.nodeVersion), ...(files?.findings ?? [])];
  if (files?.usable === false) return before;
  const warnings: string[] = [];
  try {
    const store = await context.openAsItIs((text) => warnings.push(text));
    try {
      await store.ping();
      const trouble = [...new Set(warnings)].map((text) => warn('store', text));
      return [...before, ok('store', 'answers'), ...trouble, ...(await examineStore(context, store))];
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    const { dataDir } = context;
    const remedy = dataDir === undefined ? 'look at REDIS_URL, and at the Redis itself' : remedyForFiles(dataDir);
    return [...before, fail('store', error.message, remedy)];
  }
}

function remedyForFiles(dataDir: string): string {
  return `look at ${dataDir}, and at the disk`;
}

async function examineStore(context: DoctorContext, store: Store): Promise<readonly CheckResult[]> {
  // Everything else that is missing follows from this. Nothing is written to such a store, not even a probe.
  if (await isEmpty(store)) return [emptyStore(context.dataDir)];
  return [
    ...(await checkWrites(store, context.dataDir)),
    ...(await checkConfiguration(store, context)),
    ...(await checkStoreState(store, context.schema ?? releaseSchema)),
    ...(await checkStoreAlone(store)),
    ...(await checkKeys(store, context.now())),
    await checkUsers(store),
  ];
}

async function isEmpty(store: Store): Promise<boolean> {
  const { entries } = await store.load([keyringKey, revisionPointerKey]);
  if (entries.get(keyringKey) !== undefined || entries.get(revisionPointerKey) !== undefined) return false;
  for await (const ids of store.members(usersKey)) if (ids.length > 0) return false;
  return true;
}

function emptyStore(dataDir: string | undefined): CheckResult {
  if (dataDir !== undefined)
    return fail(
      'store',
      'it is empty: no keys, no configuration, no users',
      `restore it from a backup, or empty ${dataDir} to start again`,
    );
  const remedy = 'if it is new: npm run stepgate -- config apply --init; if it was in use, restore it from a backup';
  return fail('store', 'this Redis holds no store of Stepgate', remedy);
}

/**
 * The same check that tells a node whether it is ready: a full disk still allows reads, so something must be written
 * and reach every replica.
 */
async function checkWrites(store: Store, dataDir: string | undefined): Promise<readonly CheckResult[]> {
  try {
    await writeProbe(store);
    return [];
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    const replica = 'bring the replica back; where it is gone for good, see "Stores" in docs/operations.md';
    const remedy = dataDir === undefined ? replica : remedyForFiles(dataDir);
    return [fail('store', `it keeps no promises now: ${error.message}`, remedy)];
  }
}

async function checkStoreAlone(store: Store): Promise<readonly CheckResult[]> {
  const declaration = await readStoreAlone(store);
  if (declaration === undefined) return [];
  return [
    warn('store', storeAloneText(declaration), 'bring a replica back, then: npm run stepgate -- store alone --off'),
  ];
}

function checkNode(version: string): CheckResult {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 24 || (major === 24 && minor >= 15)) return ok('node', `Node ${version}`);
  return fail('node', `Node ${version} is too old`, 'install Node 24.15 or newer');
}
