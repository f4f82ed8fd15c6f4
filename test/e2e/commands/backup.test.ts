/** Backup and restore as an operator runs them, beside a server that runs. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '../../support/servers/free-port.ts';
import { runCommand } from '../../support/servers/run-command.ts';
import { type Environment, type Running, startStepgate, stepgate } from '../../support/servers/stepgate-process.ts';
import { until } from '../../support/values/until.ts';

let dir: string;
let env: Environment;
let server: Running;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stepgate-backup-'));
  const port = String(await freePort());
  const issuer = `http://localhost:${port}`;
  env = { CONFIG_DIR: 'config', PORT: port, ISSUER: issuer, HOST: '127.0.0.1', DATA_DIR: join(dir, 'data') };
  server = startStepgate(env, ['serve']);
  await server.line(/"listening"/);
  await writeFile(join(dir, 'pass'), 'a long passphrase\n');
});
afterAll(async () => {
  await server?.stop('SIGTERM');
  await rm(dir, { recursive: true, force: true });
});

const encrypted = () => ['--passphrase-file', join(dir, 'pass')];

test('a server continues with the restored store, and reports a new epoch', async () => {
  const file = join(dir, 'a.backup');
  expect((await runCommand(env, ['users', 'add', 'ann'])).code).toBe(0);
  expect(await stepgate(env, ['backup', file, ...encrypted()])).toMatchObject({ code: 0, err: '' });
  expect((await runCommand(env, ['users', 'add', 'late@demo.test'])).code).toBe(0);
  // Without a passphrase, which takes a second each time.
  await runCommand(env, ['backup', join(dir, 'plain.backup')]);
  const refused = await runCommand(env, ['restore', join(dir, 'plain.backup')]);
  expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/^store_not_empty: .*--replace/)]);
  const { code, out } = await stepgate(env, ['restore', file, '--replace', '--json', ...encrypted()]);
  expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ users: 1 })]);
  const users = await runCommand(env, ['users', 'list']);
  expect([users.out.includes('ann'), users.out.includes('late@demo.test')]).toEqual([true, false]);
  await until('the server is ready', async () => (await fetch(`${env.ISSUER}/readyz`)).status === 200);
  const doctor = await runCommand(env, ['doctor']);
  expect(doctor.out).toMatch(/epoch +since .*: what was issued before is void/);
  expect(doctor.out).toMatch(/schema +the documents have version 1/);
});

test('`store new-epoch` lists what is void, and `store finish-upgrade` reports that there is nothing to finish', async () => {
  const epoch = await runCommand(env, ['store', 'new-epoch']);
  expect([epoch.code, epoch.out]).toEqual([0, expect.stringMatching(/sessions, codes, links.*recovery codes stay/)]);
  const finish = await runCommand(env, ['store', 'finish-upgrade']);
  expect([finish.code, finish.out]).toEqual([0, expect.stringContaining('nothing to finish')]);
  const both = await runCommand(env, ['backup', join(dir, 'b'), '--recipient', 'age1x', ...encrypted()]);
  expect([both.code, both.err]).toEqual([1, expect.stringContaining('not both')]);
  const key = await runCommand(env, ['backup', join(dir, 'b'), '--recipient', 'age1x']);
  expect([key.code, key.err]).toEqual([1, expect.stringContaining('not a public key of age')]);
});

test('an empty directory, and one that lost its database, get the store back', async () => {
  const file = join(dir, 'c.backup');
  await runCommand(env, ['backup', file]);
  const other = { ...env, DATA_DIR: join(dir, 'other') };
  expect((await runCommand(other, ['restore', file])).code).toBe(0);
  await rm(join(dir, 'other', 'stepgate.db'));
  expect((await runCommand(other, ['restore', file])).err).toMatch(/^store_not_empty/);
  expect((await runCommand(other, ['restore', file, '--replace'])).code).toBe(0);
  expect((await runCommand(other, ['users', 'list'])).out).toContain('ann');
});
