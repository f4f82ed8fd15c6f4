/**
 * A rolling upgrade to a made-up next version, and its rollback, on two nodes under load; and what of the first version
 * every later release must read.
 */

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { doctorCommand } from '../../src/cli/doctor/doctor.ts';
import { finishUpgradeCommand } from '../../src/cli/store/finish-upgrade.ts';
import { restoreBackup } from '../../src/stores/backup/backup.ts';
import { finishUpgrade } from '../../src/stores/finish-upgrade.ts';
import { auditKey, keyringKey, revisionPointerKey, userKey } from '../../src/stores/keys.ts';
import { openStore } from '../../src/stores/open.ts';
import { releaseSchema, type StoreSchema } from '../../src/stores/schema.ts';
import { readStamp, withStamp } from '../../src/stores/stamp.ts';
import { beginEpoch, readState } from '../../src/stores/store-state.ts';
import { Directory } from '../../src/users/directory/directory.ts';
import { refresh } from '../support/clients/raw-client.ts';
import { signInTo } from '../support/clients/returning-browser.ts';
import { userWithPassword } from '../support/clients/sign-in-flow.ts';
import { UserAgent } from '../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../support/servers/node.ts';
import { recordingStore } from '../support/stores/recording-store.ts';
import { kindsOfPlace, type StorePlace } from '../support/stores/store-places.ts';

/** Adds a field that the release before ignores to users, and one that it does not know to everything else. */
const next: StoreSchema = {
  version: releaseSchema.version + 1,
  upgrade: (kind, text) =>
    isObject(text) && !hashed.includes(kind) ? `{"${kind === 'user' ? 'nick' : 'next'}":2,${text.slice(1)}` : text,
  downgrade: (_kind, text) => text.replace('"next":2,', ''),
  promises: ['that a made-up promise holds'],
};

/** Known by their hash. */
const hashed: readonly string[] = ['revision', 'document'];

function isObject(text: string): boolean {
  return /^\{"/.test(text);
}

/** The stamps of all documents, as they are stored. */
async function versionsIn({ settings }: StorePlace): Promise<ReadonlySet<number | undefined>> {
  if (settings.redisUrl === undefined) {
    const database = new DatabaseSync(join(settings.dataDir, 'stepgate.db'), { readOnly: true });
    const rows = database.prepare('SELECT v FROM entries').all();
    database.close();
    return new Set(rows.map(({ v }) => readStamp(String(v))?.version));
  }
  const redis = new Redis(settings.redisUrl);
  const keys = await redis.keys('stepgate:*');
  const values = await Promise.all(keys.map(async (key) => (await redis.type(key)) === 'hash' && redis.hget(key, 'v')));
  redis.disconnect();
  return new Set(values.flatMap((value) => (value ? [readStamp(value)?.version] : [])));
}

describe.each(kindsOfPlace)('on the $name store', ({ make }) => {
  let place: StorePlace;
  let first: TestNode;
  const running: TestNode[] = [];
  /** Where the two nodes are, and whether the load goes on. */
  const origins: [string, string] = ['', ''];
  let goesOn = true;
  let rounds = 0;
  const failures: unknown[] = [];
  let workers: Promise<void>[] = [];
  const longLived = { agent: new UserAgent(), token: '' };

  const returning = (index: number) => ({
    node: { issuer: first.issuer, origin: origins[index % 2] ?? '' },
    clock: () => Math.floor(Date.now() / 1000),
  });

  /** Signs in on one node, goes on at the other: each with what the other has written. */
  async function oneRound(index: number, agent = new UserAgent()): Promise<string> {
    const user = await userWithPassword(first);
    const at = (which: number) => agent.via({ [first.issuer]: origins[which % 2] ?? '' });
    const { where, request, page, tokens } = await signInTo(returning(index), 'notes', { agent: at(index), user });
    if (where !== 'code') throw new Error(`${where} ${request.url} ${page.status}`);
    const issued = (await tokens()).tokens;
    const renewed = await refresh(origins[(index + 1) % 2] ?? '', 'notes', issued?.refresh_token ?? '');
    if (renewed.status !== 200) throw new Error(`refresh: ${renewed.error}`);
    const again = await signInTo(returning(index + 1), 'notes', { agent: at(index + 1), user });
    if (again.asked.length > 0) throw new Error(`asked again: ${again.asked}`);
    return renewed.tokens?.refresh_token ?? '';
  }

  async function work(index: number): Promise<void> {
    for (let round = index; goesOn; round += 1) {
      await oneRound(round).catch((error: unknown) => failures.push(error));
      rounds += 1;
    }
  }

  /** The load has gone on for some rounds since. */
  async function underLoad(): Promise<void> {
    const before = rounds;
    while (rounds < before + 4) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async function replace(which: 0 | 1, schema: StoreSchema): Promise<void> {
    const node = await startNode({ store: await place.connect(schema), issuer: first.issuer });
    running.push(node);
    origins[which] = node.origin;
    await underLoad();
  }

  beforeAll(async () => {
    place = await make();
    first = await startNode({ store: await place.connect() });
    running.push(first);
    origins[0] = first.origin;
    const second = await startNode({ store: await place.connect(), issuer: first.issuer });
    running.push(second);
    origins[1] = second.origin;
    longLived.token = await oneRound(0, longLived.agent);
    workers = [0, 1].map(work);
  });
  afterAll(async () => {
    goesOn = false;
    await Promise.all(workers);
    for (const node of running) await node.stop();
    await place.stop();
  });

  test('one node is upgraded, taken back, and upgraded again: nothing fails, and all is written in the older version', async () => {
    await underLoad();
    for (const schema of [next, releaseSchema, next]) await replace(1, schema);
    expect(failures).toEqual([]);
    expect([...(await versionsIn(place))]).toEqual([releaseSchema.version]);
    expect((await readState(await place.connect())).state.schema).toBe(releaseSchema.version);
  });

  test('until the upgrade is finished, `doctor` names what does not apply yet', async () => {
    const printed: string[] = [];
    const context = {
      openAsItIs: async () => openStore({ ...place.settings, schema: next }),
      schema: next,
      stdout: (text: string) => void printed.push(text),
      paint: (_: string, text: string) => text,
      authenticators: [],
      variables: {},
      configDir: 'config',
      fetch: async () => Promise.reject(new Error('not asked')),
      nodeVersion: process.versions.node,
      now: () => 0,
      setExitCode: () => undefined,
    };
    await doctorCommand(context).exitOverride().parseAsync([], { from: 'user' });
    expect(printed.join('')).toMatch(
      /the documents have version 1, and this release can write version 2.*made-up promise/s,
    );
    expect(printed.join('')).toContain('stepgate -- store finish-upgrade');
  });

  test('it is finished under load; from then on the older release is refused, and says why', async () => {
    await replace(0, next);
    const old = await place.connect(releaseSchema);
    goesOn = false;
    await Promise.all(workers);
    goesOn = true;
    workers = [0, 1].map(work);
    // From here on, users are made by the newer release, too.
    first = { ...first, app: running.at(-1)?.app ?? first.app };
    const printed: string[] = [];
    const settings = { ...place.settings, schema: next };
    await finishUpgradeCommand({
      openStore: async () => recordingStore(await openStore(settings)),
      finishUpgrade: () => finishUpgrade(settings, { settle: 300 }),
      stdout: (text) => void printed.push(text),
    })
      .exitOverride()
      .parseAsync([], { from: 'user' });
    await underLoad();
    const check = await openStore(settings);
    const lines = await check.tail(auditKey, undefined, 10_000);
    expect(lines.some(({ value }) => JSON.parse(value).event === 'store.upgraded')).toBe(true);
    await check.close();
    expect(printed.join('')).toMatch(/have version 2 now, \d+ were rewritten/);
    expect(failures).toEqual([]);
    expect([...(await versionsIn(place))]).toEqual([next.version]);
    await expect(old.load([keyringKey])).rejects.toThrow(/a newer release has finished its upgrade of this store/);
    await expect(openStore(place.settings)).rejects.toThrow(
      /its documents have version 2, and this release reads up to/,
    );
    expect(await finishUpgrade(settings)).toEqual({ version: 2, rewritten: 0, wasFinished: true });
  });

  test('sessions and tokens of the older release stay valid', async () => {
    const agent = longLived.agent.via({ [first.issuer]: origins[0] });
    expect((await refresh(origins[1], 'notes', longLived.token)).status).toBe(200);
    const { asked } = await signInTo(returning(0), 'notes', { agent, user: { identifier: '', password: '' } });
    expect(asked).toEqual([]);
  });
});

describe('a document', () => {
  let place: StorePlace;
  beforeAll(async () => {
    place = await (kindsOfPlace[0] as (typeof kindsOfPlace)[number]).make();
  });
  afterAll(() => place.stop());

  test.each<[string, string, RegExp]>([
    ['without a version', '{"id":"x"}', /\(user\) says no version/],
    ['of a version after the next', withStamp({ version: 9, epoch: 1, text: '{}' }), /has version 9.*reads 1$/],
  ])('%s is refused when it is read, and does not affect others', async (_, value, sentence) => {
    const store = await place.connect();
    await store.commit([{ op: 'put', key: keyringKey, value: 'keys' }]);
    await store.commit([{ op: 'put', key: userKey('x'), value: 'x' }]);
    const database = new DatabaseSync(join(place.settings.dataDir, 'stepgate.db'));
    database.prepare('UPDATE entries SET v=? WHERE k=?').run(value, userKey('x'));
    database.close();
    const { entries } = await store.load([userKey('x'), keyringKey]);
    expect(entries.get(keyringKey)?.value).toBe('keys');
    expect(() => entries.get(userKey('x'))?.value).toThrow(sentence);
  });

  test('of a store without a state is from before the first release, and the store is refused', async () => {
    const store = await place.connect();
    await store.commit([{ op: 'put', key: keyringKey, value: 'keys' }]);
    await store.commit([{ op: 'put', key: revisionPointerKey, value: 'pointer' }]);
    const database = new DatabaseSync(join(place.settings.dataDir, 'stepgate.db'));
    database.exec(`UPDATE entries SET v='{}'; DELETE FROM entries WHERE k LIKE 'store-state%'`);
    database.close();
    await expect(openStore(place.settings)).rejects.toThrow(/written before the first release/);
  });
});

/** Made by the first version, and never changed. A release that does not read them says so here, with a reason. */
describe('what the first version left', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stepgate-fixtures-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const ann = { identifiers: ['ann@demo.test'], groups: ['staff'], status: 'active' };

  test('a database', async () => {
    await cp('test/fixtures/version-1/stepgate.db', join(dir, 'stepgate.db'));
    const store = await openStore({ dataDir: dir });
    const found = await new Directory(store).findByIdentifier('ann@demo.test');
    expect(found?.user).toMatchObject(ann);
    expect(found?.credentials.map(({ authenticator }) => authenticator)).toEqual(['password']);
    await beginEpoch(store, Date.now());
    await store.close();
  });

  test('a backup', async () => {
    const dataDir = join(dir, 'restored');
    await restoreBackup({ dataDir }, 'test/fixtures/version-1/stepgate.backup', {
      decryption: {},
      replace: false,
      now: Date.now(),
    });
    const store = await openStore({ dataDir });
    expect((await new Directory(store).findByIdentifier('ann@demo.test'))?.user).toMatchObject(ann);
    await store.close();
  });

  test('a backup whose documents the next release changes while it restores them', async () => {
    const settings = { dataDir: join(dir, 'changed'), schema: next };
    const seen: string[] = [];
    await restoreBackup(settings, 'test/fixtures/version-1/stepgate.backup', {
      decryption: {},
      replace: false,
      now: Date.now(),
      change: (key, text) => {
        if (key.startsWith('user:')) seen.push(text);
        return text.replace('"status":"active"', '"status":"suspended"');
      },
    });
    expect(seen.length).toBeGreaterThan(0);
    for (const text of seen) expect(JSON.parse(text)).toMatchObject({ nick: 2 });
    expect([...(await versionsIn({ settings } as StorePlace))]).toEqual([releaseSchema.version]);
    const store = await openStore({ dataDir: settings.dataDir });
    expect((await new Directory(store).findByIdentifier('ann@demo.test'))?.user.status).toBe('suspended');
    await store.close();
  });

  test('both, by the release after it', async () => {
    const dataDir = join(dir, 'later');
    const settings = { dataDir, schema: next };
    await restoreBackup(settings, 'test/fixtures/version-1/stepgate.backup', {
      decryption: {},
      replace: false,
      now: Date.now(),
    });
    expect((await finishUpgrade(settings, { settle: 0 })).rewritten).toBeGreaterThan(10);
    const store = await openStore(settings);
    expect((await new Directory(store).findByIdentifier('ann@demo.test'))?.user).toMatchObject({ ...ann, nick: 2 });
    await store.close();
  });
});
