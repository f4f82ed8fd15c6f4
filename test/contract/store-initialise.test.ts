/** An empty store is not a new one: who makes one, who refuses it, and what is refused as damaged or lost. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { StoreUnavailable } from '../../src/errors.ts';
import { keyringKey, revisionPointerKey, userKey, usersKey } from '../../src/stores/keys.ts';
import { openAsItIs, openStore } from '../../src/stores/open.ts';
import type { Store } from '../../src/stores/store.ts';
import { freePort } from '../support/servers/free-port.ts';
import { startNode } from '../support/servers/node.ts';
import { runCommand } from '../support/servers/run-command.ts';
import { type Environment, startStepgate, stepgate } from '../support/servers/stepgate-process.ts';
import { type RedisServer, startRedis } from '../support/stores/redis.ts';
import { until } from '../support/values/until.ts';

let dir: string;
let dataDir: string;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stepgate-initialise-'));
  dataDir = join(dir, 'data');
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await rm(dir, { recursive: true, force: true });
});

async function environment(more: Environment): Promise<Environment> {
  const port = String(await freePort());
  return { CONFIG_DIR: 'config', PORT: port, ISSUER: `http://localhost:${port}`, HOST: '127.0.0.1', ...more };
}

/** Stands for keys and configuration. */
async function fill(store: Store): Promise<void> {
  await store.commit([{ op: 'create', key: keyringKey, value: 'keys' }]);
  await store.commit([{ op: 'create', key: revisionPointerKey, value: 'pointer' }]);
}

async function put(store: Store, key: string): Promise<void> {
  await store.commit([{ op: 'put', key, value: 'x' }]);
}

async function valueAt(store: Store, key: string): Promise<string | undefined> {
  return (await store.load([key])).entries.get(key)?.value;
}

describe('Redis', () => {
  let redis: RedisServer;
  let admin: Redis;
  beforeEach(async () => {
    redis = await startRedis();
    admin = new Redis(redis.port);
    closing.push(
      () => redis.stop(),
      async () => admin.disconnect(),
    );
  });

  const settings = () => ({ redisUrl: redis.url, dataDir: '/nowhere' });

  test('an empty one: the server and all commands refuse, say what to run, and change nothing', async () => {
    const env = await environment({ REDIS_URL: redis.url });
    const commands = [['serve'], ['config', 'apply'], ['users', 'add', 'ann'], ['keys', 'rotate'], ['keys', 'list']];
    for (const words of commands) {
      const { code, err } = await (words[0] === 'serve' ? stepgate : runCommand)(env, words);
      expect([words, code, err]).toEqual([
        words,
        1,
        expect.stringContaining('run `npm run stepgate -- config apply --init`'),
      ]);
    }
    expect(await admin.dbsize()).toBe(0);
    const { code, out } = await runCommand(env, ['doctor']);
    expect([code, out]).toEqual([1, expect.stringContaining('config apply --init')]);
    expect(await admin.dbsize()).toBe(0);
  });

  test('`config apply --init` makes it, and the server starts', async () => {
    const env = await environment({ REDIS_URL: redis.url });
    const { code, out } = await stepgate(env, ['config', 'apply', '--init']);
    expect([code, out]).toEqual([0, expect.stringMatching(/^revision 1 is active: \d+ changes: /)]);
    const { out: keys } = await runCommand(env, ['keys', 'list']);
    expect(keys).toContain('RS256');
    const server = startStepgate(env, ['serve']);
    await server.line(/"listening"/);
    expect((await fetch(`${env.ISSUER}/readyz`)).status).toBe(200);
    expect(await runCommand(env, ['config', 'apply', '--init'])).toMatchObject({
      out: 'no change: revision 1 is active\n',
    });
    expect((await runCommand(env, ['keys', 'list'])).out).toBe(keys);
    await server.stop('SIGKILL');
  });

  test('a command that opens the store several times reports its fault once', async () => {
    await admin.config('SET', 'appendonly', 'no');
    const env = await environment({ REDIS_URL: redis.url, REDIS_DURABILITY: 'memory' });
    const { code, err } = await runCommand(env, ['config', 'apply', '--init']);
    expect([code, err.split('\n').filter((line) => line.includes('appendonly no'))]).toEqual([0, [expect.any(String)]]);
  });

  test('an initialisation that was interrupted is not whole, and can be repeated', async () => {
    const interrupted = openStore(settings(), async (empty) => {
      await put(empty, keyringKey);
      throw new Error('killed');
    });
    await expect(interrupted).rejects.toThrow('killed');
    await expect(openStore(settings())).rejects.toMatchObject({ code: 'not_configured' });
    const store = await openStore(settings(), (empty) => put(empty, revisionPointerKey));
    closing.push(store.close);
    expect(await valueAt(store, keyringKey)).toBe('x');
    await (await openStore(settings())).close();
  });

  test.each([
    ['its configuration', (store: Store) => put(store, revisionPointerKey)],
    ['its users', (store: Store) => store.commit([{ op: 'join', key: usersKey, member: userKey('u') }])],
  ])('one that has lost its keys but not %s is not made anew', async (_, write) => {
    const store = await openAsItIs(settings());
    closing.push(store.close);
    await write(store);
    await expect(openStore(settings(), fill)).rejects.toThrow(/the keys are gone from this Redis.*backup/);
    expect(await valueAt(store, keyringKey)).toBeUndefined();
  });

  test.each([
    ['everything', (all: readonly string[]) => all],
    ['the configuration', (all: readonly string[]) => all.filter((key) => key.includes(revisionPointerKey))],
  ])('a node whose Redis loses %s is not ready, and stays so', async (_, lost) => {
    const store = await openAsItIs(settings());
    closing.push(store.close);
    const node = await startNode({ store, users: false });
    closing.push(node.stop);
    await admin.del(...lost(await admin.keys('*')));
    const answer = async () => fetch(`${node.origin}/readyz`);
    await until('the node is not ready', async () => (await answer()).status === 503);
    // Another program may write there; keys without a configuration make no store.
    if ((await admin.dbsize()) < 3) await put(store, keyringKey);
    await expect(node.app.activeRevision.refresh()).rejects.toThrow(/gone from the store/);
    expect((await fetch(`${node.origin}/.well-known/openid-configuration`)).status).toBe(503);
  });
});

describe('the embedded store', () => {
  const settings = () => ({ dataDir });
  const database = () => join(dataDir, 'stepgate.db');

  test('an empty directory is a first start for the server, and no store for commands about users and keys', async () => {
    const env = await environment({ DATA_DIR: dataDir });
    for (const words of [
      ['keys', 'list'],
      ['users', 'list'],
      ['users', 'add', 'ann'],
      ['explain', '--app', 'notes'],
    ]) {
      const { code, err } = await runCommand(env, words);
      expect([words, code, err]).toEqual([words, 1, expect.stringContaining(`there is no store in ${dataDir}`)]);
    }
    expect(await readdir(dir)).toEqual([]);
    const server = startStepgate(env, ['serve']);
    await server.line(/"listening"/);
    expect((await runCommand(env, ['users', 'add', 'ann'])).code).toBe(0);
    await mkdir(join(dir, 'copy'));
    await cp(database(), join(dir, 'copy', 'stepgate.db'));
    await server.stop('SIGKILL');
    const { code, err } = await stepgate({ ...env, DATA_DIR: join(dir, 'copy') }, ['serve']);
    expect([code, err]).toEqual([1, expect.stringMatching(/is damaged.*stepgate\.db-wal/)]);
    expect((await stepgate(env, ['users', 'list'])).out).toContain('ann');
  });

  test('a configuration that is not good leaves no store behind', async () => {
    await mkdir(join(dir, 'config'));
    const env = await environment({ DATA_DIR: dataDir, CONFIG_DIR: join(dir, 'config') });
    expect((await stepgate(env, ['serve'])).code).toBe(1);
    await expect(openStore(settings())).rejects.toMatchObject({ code: 'not_configured' });
  });

  test('is there whole or not at all; what an interrupted start left is no store', async () => {
    const failing = openStore(settings(), async (store) => {
      await put(store, keyringKey);
      throw new Error('killed');
    });
    await expect(failing).rejects.toThrow('killed');
    expect(await readdir(dataDir)).toEqual([]);
    await writeFile(join(dataDir, 'stepgate.db.new-0123'), 'half');
    await (await openStore(settings(), fill)).close();
    expect((await readdir(dataDir)).sort()).toEqual(['stepgate.db', 'stepgate.store']);
  });

  test('of two first starts at once, one makes the store', async () => {
    const stores = await Promise.all([openStore(settings(), fill), openStore(settings(), fill)]);
    for (const store of stores) closing.push(store.close);
    await put(stores[0], 'entry:{a}');
    expect(await valueAt(stores[1], 'entry:{a}')).toBe('x');
  });

  test('a copy without its log is damaged, whatever the log was about; with it, and after a stop, it is whole', async () => {
    const store = await openStore(settings(), fill);
    await put(store, 'entry:{a}');
    const copies = async (name: string, files: readonly string[]) => {
      const to = join(dir, name);
      await mkdir(to);
      for (const file of files) await cp(join(dataDir, file), join(to, file));
      return openStore({ dataDir: to });
    };
    await expect(copies('alone', ['stepgate.db'])).rejects.toThrow(StoreUnavailable);
    // What a log without a record says is nothing.
    await mkdir(join(dir, 'empty log'));
    await cp(database(), join(dir, 'empty log', 'stepgate.db'));
    await writeFile(join(dir, 'empty log', 'stepgate.db-wal'), '');
    await expect(openStore({ dataDir: join(dir, 'empty log') })).rejects.toThrow(StoreUnavailable);
    const both = await copies('both', ['stepgate.db', 'stepgate.db-wal']);
    closing.push(both.close);
    expect(await valueAt(both, 'entry:{a}')).toBe('x');
    // Enough that SQLite writes its log into the file by itself.
    for (let batch = 0; batch < 40; batch += 1) {
      const value = 'x'.repeat(20_000);
      await store.commit(Array.from({ length: 10 }, (_, i) => ({ op: 'put', key: `entry:{${batch}-${i}}`, value })));
    }
    // A second connection marks it at once; the store itself does so within a second.
    await (await openStore(settings())).close();
    await put(store, 'entry:{b}');
    await expect(copies('alone again', ['stepgate.db'])).rejects.toThrow(/was copied while it was in use/);
    await store.close();
    expect(await readdir(dataDir)).not.toContain('stepgate.db-wal');
    const stopped = await copies('stopped', ['stepgate.db']);
    closing.push(stopped.close);
    expect(await valueAt(stopped, 'entry:{b}')).toBe('x');
  });

  test('a log that is not its own is refused, and nothing is written; a file that is whole without one is used', async () => {
    const [one, other] = [join(dir, 'one'), join(dir, 'other')];
    const stores = await Promise.all([one, other].map((place) => openStore({ dataDir: place }, fill)));
    for (const store of stores) closing.push(store.close);
    const [first] = stores;
    if (first === undefined) throw new Error('no store');
    const copyTo = async (name: string, files: Readonly<Record<string, string>>): Promise<string> => {
      const to = join(dir, name);
      await mkdir(to);
      for (const [file, from] of Object.entries(files)) await cp(join(from, file), join(to, file));
      return to;
    };
    const inUse = await copyTo('in use', { 'stepgate.db': one, 'stepgate.db-wal': one });
    const foreign = await copyTo('foreign', { 'stepgate.db': one, 'stepgate.db-wal': other });
    // So much that the file is written and marked anew: the log that was copied before is of an earlier state.
    for (let batch = 0; batch < 40; batch += 1) {
      const value = 'x'.repeat(20_000);
      await first.commit(Array.from({ length: 10 }, (_, i) => ({ op: 'put', key: `entry:{${batch}-${i}}`, value })));
    }
    await (await openStore({ dataDir: one })).close();
    const earlier = await copyTo('earlier', { 'stepgate.db': one, 'stepgate.db-wal': inUse });
    await first.close();
    const stopped = await copyTo('stopped', { 'stepgate.db': one, 'stepgate.db-wal': other });
    for (const mixed of [foreign, earlier, stopped]) {
      const before = await readFile(join(mixed, 'stepgate.db'));
      await expect(openStore({ dataDir: mixed })).rejects.toThrow(/do not belong together.*another store/);
      expect((await readFile(join(mixed, 'stepgate.db'))).equals(before)).toBe(true);
    }
    await rm(join(stopped, 'stepgate.db-wal'));
    for (const whole of [stopped, inUse]) await (await openStore({ dataDir: whole })).close();
  });

  test('a process that ended while it marked the file leaves a whole store', async () => {
    const store = await openStore(settings(), fill);
    await put(store, 'entry:{a}');
    await store.close();
    const raw = new DatabaseSync(database());
    raw.exec('PRAGMA user_version=7; PRAGMA wal_checkpoint(PASSIVE)');
    const to = join(dir, 'interrupted');
    await mkdir(to);
    for (const file of ['stepgate.db', 'stepgate.db-wal']) await cp(join(dataDir, file), join(to, file));
    raw.close();
    for (let round = 0; round < 2; round += 1) {
      const again = await openStore({ dataDir: to });
      expect(await valueAt(again, 'entry:{a}')).toBe('x');
      await again.close();
    }
  });

  test.each([
    ['an empty file', () => writeFile(database(), '')],
    ['a database without keys', async () => void (await (await openAsItIs(settings(), async () => {})).close())],
  ])('%s is damaged, and stays as it is', async (_, make) => {
    await mkdir(dataDir);
    await make();
    const before = await readFile(database());
    await expect(openStore(settings(), fill)).rejects.toThrow(/is damaged/);
    expect((await readFile(database())).length).toBe(before.length);
  });

  test.each(['stepgate.store', 'stepgate.db-wal'])('%s without a database is a loss', async (name) => {
    await (await openStore(settings(), fill)).close();
    await rm(database());
    await rm(join(dataDir, 'stepgate.store'));
    await writeFile(join(dataDir, name), '');
    await expect(openStore(settings(), fill)).rejects.toThrow(/the database of the store in .* is gone.*backup/);
    const { code, out } = await runCommand(await environment({ DATA_DIR: dataDir }), ['doctor']);
    expect([code, out]).toEqual([1, expect.stringContaining('the database of the store')]);
    expect(await readdir(dataDir)).toEqual([name]);
  });
});
