/** Backups of every kind of store: what they hold, and what is refused before anything is written. */
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { Redis } from 'ioredis';
import { recoveryCodeKey } from '../../src/authenticators/recovery-code/recovery-code.ts';
import { backupCommand } from '../../src/cli/backup/backup.ts';
import { restoreCommand } from '../../src/cli/restore/restore.ts';
import { newEpochCommand } from '../../src/cli/store/new-epoch.ts';
import { createKeyring, loadKeyring } from '../../src/oidc/keys/keyring.ts';
import { backUp, type RestoreOptions, restoreBackup } from '../../src/stores/backup/backup.ts';
import { keyOf } from '../../src/stores/key-table.ts';
import {
  attemptCounter,
  auditKey,
  keyringKey,
  revisionPointerKey,
  ssoSessionKey,
  usersKey,
} from '../../src/stores/keys.ts';
import { openStore } from '../../src/stores/open.ts';
import type { Store } from '../../src/stores/store.ts';
import { changeState, readState } from '../../src/stores/store-state.ts';
import { Directory } from '../../src/users/directory/directory.ts';
import { listUsers } from '../../src/users/directory/list-users.ts';
import { recordingStore } from '../support/stores/recording-store.ts';
import { clusterPlace, kindsOfPlace, type StorePlace, sentinelPlace } from '../support/stores/store-places.ts';
import { membersOf, write } from './store-harness.ts';

const limits = [
  { limit: 5, window: 300 },
  { limit: 100, window: 0 },
];
const line = (event: string) => JSON.stringify({ time: '', event, outcome: 'success' });
const identity = await generateX25519Identity();
const recipient = await identityToRecipient(identity);

/** Runs the commands on a place, as an operator does. */
function terminalAt(place: StorePlace) {
  let printed = '';
  const print = (text: string): void => {
    printed += text;
  };
  const now = Date.now();
  const context = {
    stdout: print,
    stderr: print,
    now: () => Math.floor(now / 1000),
    recoveryCodes: recoveryCodeKey,
    openStore: async () => recordingStore(await openStore(place.settings)),
    backUp: (file: string, encryption: object) =>
      backUp(place.settings, file, { encryption: { ...encryption, scryptCost: 4 }, now }),
    restoreBackup: (file: string, options: Omit<RestoreOptions, 'now' | 'settle'>) =>
      restoreBackup(place.settings, file, { ...options, now, settle: 0 }),
  };
  const run = (command: ReturnType<typeof backupCommand>, words: readonly string[]) =>
    command.exitOverride().parseAsync(words, { from: 'user' });
  return {
    printed: () => printed,
    backup: (...words: string[]) => run(backupCommand(context), words),
    restore: (...words: string[]) => run(restoreCommand(context), words),
    newEpoch: (...words: string[]) => run(newEpochCommand(context), words),
  };
}

describe.each([...kindsOfPlace, sentinelPlace, clusterPlace])('on the $name store', ({ make }) => {
  let place: StorePlace;
  let store: Store;
  let dir: string;
  let file: string;
  let terminal: ReturnType<typeof terminalAt>;
  let userId: string;

  beforeAll(async () => {
    place = await make();
    store = await place.connect();
    await createKeyring(store, 0);
    await write(store, { op: 'create', key: revisionPointerKey, value: 'pointer' });
  });
  afterAll(() => place.stop());
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stepgate-backup-'));
    file = join(dir, 'a.backup');
    terminal = terminalAt(place);
    const directory = new Directory(store);
    const codes = { authenticator: recoveryCodeKey, factors: ['possession' as const], characteristics: [], secret: {} };
    const made = await directory.create({ identifiers: [`u${Date.now()}@x.test`], credentials: [codes] });
    userId = made.ok ? made.user.id : '';
    await store.reserve(attemptCounter(userId, 'password'), limits);
    await write(
      store,
      { op: 'append', key: auditKey, value: line('one'), keep: 100_000 },
      { op: 'append', key: auditKey, value: line('two'), keep: 100_000 },
      { op: 'put', key: ssoSessionKey('session'), value: '{}', ttl: 600 },
    );
  });
  afterEach(async () => {
    await rm(dir, { recursive: true, force: true });
  });

  const user = (id = userId) => new Directory(store).get(id);

  test('a restore brings back what lasts, with its counters and logs, and nothing else', async () => {
    await terminal.backup(file);
    const before = await loadKeyring(store);
    await new Directory(store).delete(userId);
    const later = await new Directory(store).create({ identifiers: ['later@x.test'] });
    await terminal.restore(file, '--replace');
    expect((await user())?.user.identifiers).toHaveLength(1);
    expect(await new Directory(store).findByIdentifier('later@x.test')).toBeUndefined();
    expect(await membersOf(store, usersKey)).not.toContain(later.ok ? later.user.id : '');
    expect(await loadKeyring(store)).toEqual(before);
    expect(await store.reserve(attemptCounter(userId, 'password'), limits)).toMatchObject({ remaining: 3 });
    expect((await store.load([ssoSessionKey('session')])).entries.get(ssoSessionKey('session'))).toBeUndefined();
    const events = (await store.tail(auditKey, undefined, 100)).map(({ value }) => JSON.parse(value).event);
    expect(events.slice(-3)).toEqual(['one', 'two', 'store.restored']);
    expect(terminal.printed()).toMatch(/restored \d+ users as of .*recovery codes stay valid/s);
  });

  test('each restore is a new epoch, and no version of an entry is one that it had before', async () => {
    await terminal.backup(file);
    const versions: number[] = [];
    const epochs: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const key = keyOf('user', userId);
      versions.push((await store.load([key])).entries.get(key)?.version ?? 0);
      epochs.push((await readState(store)).state.epoch);
      await terminal.restore(file, '--replace');
    }
    expect(versions.every((version, at) => at === 0 || version > 1)).toBe(true);
    expect(new Set(epochs).size).toBe(3);
    expect([...epochs].sort((a, b) => a - b)).toEqual(epochs);
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ['by a passphrase', ['--passphrase-file', 'pass'], ['--passphrase-file', 'pass']],
    ['for a public key', ['--recipient', recipient], ['--identity-file', 'key']],
  ])('encrypted %s, it opens with that alone', async (_, lock, unlock) => {
    await writeFile(join(dir, 'pass'), 'a long passphrase\n');
    await writeFile(join(dir, 'wrong'), 'another passphrase\n');
    await writeFile(join(dir, 'key'), `# made for this test\n${identity}\n`);
    const at = (words: readonly string[]) => words.map((word) => (/^(pass|key)$/.test(word) ? join(dir, word) : word));
    await terminal.backup(file, ...at(lock));
    expect(terminal.printed()).not.toContain('not encrypted');
    expect((await readFile(file)).includes('age-encryption.org/v1')).toBe(true);
    await expect(terminal.restore(file, '--replace')).rejects.toThrow(/^backup_locked: /);
    await expect(terminal.restore(file, '--replace', '--passphrase-file', join(dir, 'wrong'))).rejects.toThrow(
      /^backup_locked: /,
    );
    await terminal.restore(file, '--replace', ...at(unlock));
    expect(await user()).toBeDefined();
  });

  test('a store that is not empty is replaced only on request', async () => {
    await terminal.backup(file);
    const { state } = await readState(store);
    await expect(terminal.restore(file)).rejects.toThrow(/^store_not_empty: .*--replace/);
    expect((await readState(store)).state).toEqual(state);
  });

  test('an incomplete backup is refused, and nothing is written', async () => {
    await terminal.backup(file);
    const whole = await readFile(file);
    const text = gunzipSync(whole).toString();
    const lines = text.trimEnd().split('\n');
    const { state } = await readState(store);
    const cases: readonly (readonly [string, Uint8Array | string])[] = [
      ['backup_foreign', 'another file'],
      ['backup_foreign', gzipSync('{"format":"other"}\n')],
      ['backup_cut', whole.subarray(0, whole.length - 20)],
      ['backup_cut', gzipSync(`${lines.slice(0, -1).join('\n')}\n`)],
      ['backup_damaged', gzipSync(`${lines.toSpliced(2, 1).join('\n')}\n`)],
      ['backup_damaged', gzipSync(text.replace('identifiers', 'identifierS'))],
      ['backup_damaged', gzipSync(`${text}{"is":"entry"}\n`)],
      ['backup_damaged', gzipSync(text.replace('"is":"entry"', '"is":"thing"'))],
      ['backup_version', gzipSync(text.replace('"version":1', '"version":2'))],
      ['backup_version', gzipSync(text.replace('"schema":1', '"schema":2'))],
    ];
    for (const [code, content] of cases) {
      await writeFile(file, content);
      await expect(terminal.restore(file, '--replace')).rejects.toThrow(new RegExp(`^${code}: `));
    }
    expect((await readState(store)).state).toEqual(state);
    expect(await user()).toBeDefined();
  });

  test('an encrypted file that was cut is refused', async () => {
    await terminal.backup(file, '--recipient', recipient);
    await writeFile(join(dir, 'key'), identity);
    await truncate(file, (await stat(file)).size - 30);
    await expect(terminal.restore(file, '--replace', '--identity-file', join(dir, 'key'))).rejects.toThrow(
      /^backup_(cut|damaged): /,
    );
  });

  test('a backup takes the place of no file, and only its owner reads it', async () => {
    await terminal.backup(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(terminal.printed()).toContain('is not encrypted');
    await expect(terminal.backup(file)).rejects.toThrow(/^file_exists: /);
    expect(await readdir(dir)).toEqual(['a.backup']);
  });

  test('of users who are added meanwhile, each that is restored is whole', async () => {
    const directory = new Directory(store);
    let goesOn = true;
    const adding = (async () => {
      for (let i = 0; goesOn; i += 1) await directory.create({ identifiers: [`m${i}-${Date.now()}@x.test`] });
    })();
    await terminal.backup(file);
    goesOn = false;
    await adding;
    await terminal.restore(file, '--replace');
    const { accounts } = await listUsers(store, { limit: 10_000, matches: () => true });
    expect(accounts.map(({ user: { id } }) => id)).toContain(userId);
    for (const { user: one } of accounts)
      expect((await directory.findByIdentifier(one.identifiers[0] ?? ''))?.user.id).toBe(one.id);
  });

  test('a restore that was interrupted is refused until it is run again', async () => {
    await terminal.backup(file);
    const { entry, state } = await readState(store);
    await changeState(store, entry, { ...state, restoring: true });
    await expect(openStore(place.settings)).rejects.toThrow(/a restore of this store was not finished/);
    await expect(store.load([keyringKey])).rejects.toThrow(/a restore of this store was not finished/);
    await terminal.restore(file, '--replace');
    expect(await user()).toBeDefined();
  });

  test('recovery codes and keys go, where that is asked for', async () => {
    await terminal.backup(file);
    const before = await loadKeyring(store);
    await terminal.restore(file, '--replace', '--void-recovery-codes', '--replace-keys');
    expect((await user())?.credentials).toEqual([]);
    const after = await loadKeyring(store);
    expect(after.secrets).toEqual(before.secrets);
    expect(after.keys.map(({ type }) => type)).toEqual(before.keys.map(({ type }) => type));
    const ids = before.keys.map(({ jwk }) => jwk.kid);
    expect(after.keys.filter(({ jwk }) => ids.includes(jwk.kid))).toEqual([]);
    expect(terminal.printed()).toContain('recovery codes are void');
  });

  test('`store new-epoch` does the same to a store that is not restored', async () => {
    const before = await loadKeyring(store);
    const { epoch } = (await readState(store)).state;
    await terminal.newEpoch();
    const [last] = (await store.tail(auditKey, undefined, 1_000)).slice(-1);
    expect(JSON.parse(last?.value ?? '')).toMatchObject({ event: 'store.epoch_began' });
    expect((await readState(store)).state.epoch).toBeGreaterThan(epoch);
    expect((await store.load([ssoSessionKey('session')])).entries.get(ssoSessionKey('session'))).toBeUndefined();
    expect((await user())?.credentials).toHaveLength(1);
    await terminal.newEpoch('--void-recovery-codes', '--replace-keys');
    expect((await user())?.credentials).toEqual([]);
    expect((await loadKeyring(store)).keys).not.toEqual(before.keys);
  });
});

test('a backup of one kind of store can be restored into the other', async () => {
  const [from, to] = await Promise.all(kindsOfPlace.map(({ make }) => make()));
  if (!from || !to) throw new Error('there are two kinds');
  const dir = await mkdtemp(join(tmpdir(), 'stepgate-backup-'));
  try {
    const store = await from.connect();
    await createKeyring(store, 0);
    await write(store, { op: 'create', key: revisionPointerKey, value: 'pointer' });
    await new Directory(store).create({ identifiers: ['moved@x.test'] });
    await terminalAt(from).backup(join(dir, 'a'));
    await terminalAt(to).restore(join(dir, 'a'));
    await terminalAt(to).backup(join(dir, 'b'));
    expect(await new Directory(await to.connect()).findByIdentifier('moved@x.test')).toBeDefined();
    await terminalAt(from).restore(join(dir, 'b'), '--replace');
    expect(await new Directory(store).findByIdentifier('moved@x.test')).toBeDefined();
  } finally {
    await from.stop();
    await to.stop();
    await rm(dir, { recursive: true, force: true });
  }
});

describe('on Redis', () => {
  let place: StorePlace;
  let admin: Redis;
  let dir: string;
  let file: string;

  beforeEach(async () => {
    const redis = kindsOfPlace.find(({ name }) => name === 'redis');
    if (redis === undefined) throw new Error('no place on Redis');
    place = await redis.make();
    const store = await place.connect();
    await createKeyring(store, 0);
    await write(store, { op: 'create', key: revisionPointerKey, value: 'pointer' });
    await new Directory(store).create({ identifiers: ['ann'] });
    admin = new Redis(place.settings.redisUrl ?? '');
    dir = await mkdtemp(join(tmpdir(), 'stepgate-backup-'));
    file = join(dir, 'a.backup');
  });
  afterEach(async () => {
    admin.disconnect();
    await place.stop();
    await rm(dir, { recursive: true, force: true });
  });

  test('a backup leaves out a document that a restore would refuse, and says which', async () => {
    await admin.hset('stepgate:user:{odd}', { v: '9:1:{}', r: '', n: 1 });
    await expect(terminalAt(place).backup(file)).rejects.toThrow(/cannot read .*: user:\{odd\}$/);
    await terminalAt(place).restore(file, '--replace');
    expect(await new Directory(await place.connect()).findByIdentifier('ann')).toBeDefined();
  });

  test('a Redis that lost everything is empty, although the nodes write their probes', async () => {
    await terminalAt(place).backup(file);
    await admin.flushall();
    await admin.hset(`stepgate:${keyOf('write-probe')}`, { v: '1:0:x', r: '', n: 1 });
    await terminalAt(place).restore(file);
    expect(await new Directory(await place.connect()).findByIdentifier('ann')).toBeDefined();
  });

  test('a Redis that may evict is refused before anything is written', async () => {
    await terminalAt(place).backup(file);
    const before = await admin.hget('stepgate:store-state:{current}', 'v');
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(terminalAt(place).restore(file, '--replace')).rejects.toThrow(/may evict/);
    expect(await admin.hget('stepgate:store-state:{current}', 'v')).toBe(before);
  });
});
