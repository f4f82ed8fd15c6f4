/** Commits that wait for the replicas: a replica may be attached or listed while they wait. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { StoreUnavailable } from '../../src/errors.ts';
import { type CommitConnection, connectForCommits } from '../../src/stores/redis/client.ts';
import { type GroupCommit, groupCommit } from '../../src/stores/redis/group-commit.ts';
import type { ReplicaRule } from '../../src/stores/redis/replica-rule.ts';
import { parseRedisUrl } from '../../src/stores/redis/url.ts';
import { longPatience, type RedisServer, startRedis, startReplica } from '../support/stores/redis.ts';

let master: RedisServer;
let replica: RedisServer;
let connection: CommitConnection;

beforeAll(async () => {
  master = await startRedis();
  replica = await startReplica(master);
  connection = connectForCommits(parseRedisUrl(master.url), longPatience);
  // Redis knows the script from now on.
  await commits(60_000, [])(written('none'));
});
afterAll(async () => {
  connection.client.disconnect();
  await replica.stop();
  await master.stop();
});

/** `missing`: what is missing at each look, the last one from then on. */
function commits(waitLimit: number, ...missing: (readonly string[])[]): GroupCommit & { looks: () => number } {
  let looks = 0;
  const rule: ReplicaRule = {
    needed: () => Math.min(looks, 1),
    missing() {
      looks += 1;
      return missing[Math.min(looks, missing.length) - 1] ?? [];
    },
    standAloneUntil() {},
  };
  const { client, ready } = connection;
  const options = { client, ready, rule, waitLimit, isSynced: false };
  const run = groupCommit({ ...options, barrierKey: () => 'barrier', addressOf: (host, port) => `${host}:${port}` });
  return Object.assign(run, { looks: () => looks });
}

/** Writes an entry: the arguments of the script for one operation. */
const written = (key: string) => [1, key, 'put', 'value', '', '', ''];

test('a replica that was listed during the wait is waited for: the commit is no longer in doubt', async () => {
  const run = commits(60_000, ['127.0.0.1:1'], []);
  expect(await run(written('one'))).toBe(0);
  expect(run.looks()).toBe(2);
});

test('one that does not get it in time leaves the commit in doubt', async () => {
  const run = commits(300, ['127.0.0.1:1']);
  await expect(run(written('two'))).rejects.toThrow(StoreUnavailable);
  await expect(run(written('two'))).rejects.toThrow(/127\.0\.0\.1:1.*it is not known whether the write counted/);
  expect(run.looks()).toBeGreaterThan(2);
});
