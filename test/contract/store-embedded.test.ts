/** What only the embedded store promises: one file, several processes, crashes, locks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, copyFile, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { StoreUnavailable } from '../../src/errors.ts';
import { openEmbedded } from '../../src/stores/embedded/embedded.ts';
import { keyringKey, revisionPointerKey } from '../../src/stores/keys.ts';
import { openStore } from '../../src/stores/open.ts';
import type { Op, Store } from '../../src/stores/store.ts';
import { membersOf, read, write } from './store-harness.ts';

let root: string;
let file: string;
const closing: { close(): Promise<void> | void }[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'stepgate-embedded-'));
});
beforeEach(async () => {
  file = join(await mkdtemp(join(root, 'store-')), 'stepgate.db');
});
afterEach(async () => {
  for (const store of closing.splice(0)) await store.close();
});
afterAll(() => rm(root, { recursive: true }));

function open(now?: () => number): Store {
  const store = openEmbedded({ file, ...(now === undefined ? {} : { now }) });
  closing.push(store);
  return store;
}

/** The file as SQLite sees it. */
function inspect(): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 2_000 });
  closing.push(database);
  return database;
}

const childFile = join(import.meta.dirname, 'store-child.ts');

function child(task: string): ChildProcess & { readonly stdout: NodeJS.ReadableStream } {
  const process_ = spawn(process.execPath, [childFile, file, task], { stdio: ['ignore', 'pipe', 'inherit'] });
  closing.push({ close: () => void process_.kill('SIGKILL') });
  return process_;
}

function linesOf(output: string): readonly string[] {
  return output.split('\n').filter((line) => line !== '');
}

describe('several processes on one file', () => {
  test('compare and swap loses no update', async () => {
    const store = open();
    await write(store, { op: 'create', key: 'sum:{s}', value: '0' });
    const children = [child('add'), child('add')];
    const outputs = await Promise.all(children.map((started) => text(started.stdout)));
    expect(outputs).toEqual(['done\n', 'done\n']);
    expect(await read(store, 'sum:{s}')).toMatchObject({ value: '400', version: 401 });
  });

  test('each code is taken once', async () => {
    const store = open();
    const keys = Array.from({ length: 300 }, (_, i) => `code:{${i}}`);
    await write(store, ...keys.map((key): Op => ({ op: 'create', key, value: 'a' })));
    const outputs = await Promise.all([child('take'), child('take')].map((started) => text(started.stdout)));
    const taken = outputs.flatMap(linesOf).map(Number);
    expect(taken.sort((a, b) => a - b)).toEqual(keys.map((_, i) => i));
  });

  test('several processes can create a file at the same time', async () => {
    const outputs = await Promise.all(Array.from({ length: 4 }, () => text(child('take').stdout)));
    expect(outputs).toEqual(['', '', '', '']);
    expect((await stat(file)).size).toBeGreaterThan(0);
  });
});

test('after kill -9 everything that was acknowledged is there', async () => {
  for (let round = 0; round < 3; round += 1) {
    const writer = child('write');
    let output = '';
    for await (const chunk of writer.stdout) {
      output += chunk;
      if (output.length > 2_000 * (round + 1)) writer.kill('SIGKILL');
    }
    const acknowledged = linesOf(output);
    expect(acknowledged.length).toBeGreaterThan(300);
    const store = open();
    const { entries } = await store.load(acknowledged.map((number) => `w:{${number}}`));
    expect([...entries].filter(([, entry]) => entry === undefined)).toEqual([]);
    expect(inspect().prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    await store.close();
    file = join(await mkdtemp(join(root, 'store-')), 'stepgate.db');
  }
});

test('a file that cannot grow: the whole write is refused, reads still work', async () => {
  const limited = spawn(
    'sh',
    ['-c', 'trap "" XFSZ; ulimit -f 400; exec "$0" "$@"', process.execPath, childFile, file, 'fill'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const said = JSON.parse(await text(limited.stdout));
  expect(said).toMatchObject({ name: 'StoreUnavailable', kept: [true, false] });
  const store = open();
  expect((await read(store, 'f:{0}'))?.value).toHaveLength(5_000);
});

test.each([
  ['deleted', async () => rm(file)],
  ['replaced', async () => rename(await copied(file), file)],
] as const)('a file that is %s while it is open: writes and pings are refused', async (what, change) => {
  const store = open();
  await write(store, { op: 'put', key: 'entry:{a}', value: 'a' });
  await change();
  const refusal = new RegExp(`the store file was ${what} while it was open`);
  await expect(store.commit([{ op: 'put', key: 'entry:{b}', value: 'b' }])).rejects.toThrow(refusal);
  await expect(store.ping()).rejects.toThrow(StoreUnavailable);
});

async function copied(path: string): Promise<string> {
  await copyFile(path, `${path}.copy`);
  return `${path}.copy`;
}

test('close finishes the writes under way and leaves one file', async () => {
  const store = open();
  const keys = Array.from({ length: 20 }, (_, i) => `entry:{${i}}`);
  const writes = keys.map((key) => store.commit([{ op: 'put', key, value: 'a' }]));
  await store.close();
  await Promise.all(writes);
  expect(await readdir(join(file, '..'))).toEqual(['stepgate.db']);
  const { entries } = await open().load(keys);
  expect([...entries.values()].every((entry) => entry?.value === 'a')).toBe(true);
});

test('only the owner can read the files', async () => {
  const modes = async () =>
    Promise.all(
      (await readdir(join(file, '..'))).map(async (name) => (await stat(join(file, '..', name))).mode & 0o777),
    );
  await write(open(), { op: 'put', key: 'entry:{a}', value: 'a' });
  expect(await modes()).toEqual([0o600, 0o600, 0o600]);
  await closing.splice(0)[0]?.close();
  await chmod(file, 0o644);
  await write(open(), { op: 'put', key: 'entry:{a}', value: 'a' });
  expect(await modes()).toEqual([0o600, 0o600, 0o600]);
});

test('expired rows are deleted from the file, and nothing else', async () => {
  let now = Date.now();
  const store = open(() => now);
  const expiring = Array.from({ length: 450 }, (_, i): Op => ({ op: 'put', key: `old:{${i}}`, value: 'a', ttl: 1 }));
  const joining = Array.from({ length: 450 }, (_, i): Op => ({ op: 'join', key: 'set:{old}', member: `${i}`, ttl: 1 }));
  await write(
    store,
    ...expiring,
    ...joining,
    { op: 'put', key: 'new:{a}', value: 'a' },
    { op: 'join', key: 'set:{new}', member: 'm' },
  );
  await store.reserve('counter:{old}', [{ limit: 1, window: 1 }]);
  await store.reserve('counter:{new}', [{ limit: 1, window: 0 }]);
  now += 2_000;
  const database = inspect();
  const counts = () =>
    ['entries', 'members', 'sets', 'counters'].map(
      (table) => database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n,
    );
  while (counts().some((count) => Number(count) > 1)) await pause(50);
  expect(counts()).toEqual([1, 1, 1, 1]);
  expect((await read(store, 'new:{a}'))?.value).toBe('a');
  expect(await membersOf(store, 'set:{new}')).toEqual(['m']);
});

describe('the file is locked by another process', () => {
  test('a write waits without blocking the event loop, and reads still work', async () => {
    const store = open();
    await write(store, { op: 'put', key: 'entry:{a}', value: 'before' });
    const holder = inspect();
    holder.exec('BEGIN IMMEDIATE');
    const writing = store.commit([{ op: 'put', key: 'entry:{a}', value: 'after' }]);
    for (let turns = 0; turns < 3; turns += 1) await pause(1);
    expect((await read(store, 'entry:{a}'))?.value).toBe('before');
    holder.exec('COMMIT');
    expect(await writing).toEqual({ ok: true });
    expect((await read(store, 'entry:{a}'))?.value).toBe('after');
  });

  test('a write that waits too long is refused and writes nothing', async () => {
    const store = open();
    await store.ping();
    const holder = inspect();
    holder.exec('BEGIN IMMEDIATE');
    await expect(store.commit([{ op: 'put', key: 'entry:{a}', value: 'a' }])).rejects.toThrow(/locked/);
    await expect(store.reserve('counter:{a}', [{ limit: 1, window: 1 }])).rejects.toThrow(StoreUnavailable);
    holder.exec('ROLLBACK');
    expect(await read(store, 'entry:{a}')).toBeUndefined();
    expect((await store.reserve('counter:{a}', [{ limit: 1, window: 1 }])).granted).toBe(true);
  });
});

describe('a file that cannot be used', () => {
  test('is no database', async () => {
    await writeFile(file, 'this is no database, but a text that is long enough to be looked at as one');
    expect(() => openEmbedded({ file })).toThrow(StoreUnavailable);
    expect(() => openEmbedded({ file })).toThrow(/not a database/);
  });

  test('is in no directory', () => {
    expect(() => openEmbedded({ file: join(root, 'missing', 'stepgate.db') })).toThrow(StoreUnavailable);
  });

  test('is damaged', async () => {
    const store = open();
    await write(
      store,
      ...Array.from({ length: 100 }, (_, i): Op => ({ op: 'put', key: `entry:{${i}}`, value: 'x'.repeat(2_000) })),
    );
    await store.close();
    await writeFile(file, Buffer.alloc((await stat(file)).size - 4_096, 0xff), { flag: 'r+' });
    const act = async () => read(open(), 'entry:{5}');
    await expect(act()).rejects.toThrow(StoreUnavailable);
  });
});

test('openStore creates the directory for its owner only, and keeps the written entries', async () => {
  const dataDir = join(root, 'data', 'deep');
  const first = await openStore({ dataDir }, async (store) => {
    for (const key of [keyringKey, revisionPointerKey]) await write(store, { op: 'create', key, value: 'x' });
  });
  await write(first, { op: 'put', key: 'entry:{a}', value: 'a' });
  await first.close();
  const second = await openStore({ dataDir });
  closing.push(second);
  expect((await read(second, 'entry:{a}'))?.value).toBe('a');
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
});

test('counters without a closing window: those of unknown identifiers are forgotten after a month, those of users stay', async () => {
  let now = Date.now();
  const store = open(() => now);
  const limits = [{ limit: 1, window: 0 }];
  await write(
    store,
    { op: 'put', key: 'user:{u}', value: 'u' },
    { op: 'put', key: 'name:{k}', value: 'k', refs: ['user:{u}'] },
  );
  const attempt = async (of: string) => (await store.load([of], { reserve: { of, name: 'n', limits } })).reservation;
  for (const name of ['name:{nobody}', 'name:{k}']) {
    expect(await attempt(name)).toMatchObject({ granted: true });
    expect(await attempt(name)).toMatchObject({ granted: false, retryAfter: -1 });
  }
  now += 31 * 86_400_000;
  expect(await attempt('name:{nobody}')).toMatchObject({ granted: true });
  expect(await attempt('name:{k}')).toMatchObject({ granted: false, retryAfter: -1 });
});
