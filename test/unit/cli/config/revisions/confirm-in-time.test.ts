/** `config apply --confirm`: what a node does when the time runs out, by a clock of the test's own. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ActiveRevision } from '../../../../../src/active-revision.ts';
import { authenticatorKinds } from '../../../../../src/authenticators/index.ts';
import { configCommand } from '../../../../../src/cli/config/config.ts';
import { createKeyring } from '../../../../../src/oidc/keys/keyring.ts';
import { Revisions } from '../../../../../src/policy/revision/revisions.ts';
import { validFiles, withConfiguration } from '../../../policy/support/configuration-dir.ts';
import { configContext, fixedNow, openTerminal, run, type Terminal } from '../../support/harness.ts';

const branded = (name: string) => ({
  ...validFiles,
  'stepgate.yaml': validFiles['stepgate.yaml']?.replace('name: Test', `name: ${name}`) ?? '',
});

let clock: number;
let terminal: Terminal;
let node: ActiveRevision;
beforeEach(async () => {
  clock = fixedNow;
  terminal = openTerminal(() => clock);
  await createKeyring(terminal.store, clock);
  await apply('Before');
  node = new ActiveRevision({
    store: terminal.store,
    revisions: new Revisions(terminal.store, { authenticators: authenticatorKinds, now: () => clock * 1000 }),
    now: () => clock,
    warn: () => undefined,
    alarm: () => undefined,
    recordExpiry: () => ({ ops: () => [], written: () => undefined }),
    build: () => ({}) as never,
  });
  await node.start();
});
afterEach(async () => {
  node.stop();
  await terminal.store.close();
});

async function config(...words: readonly string[]): Promise<string> {
  await run(configCommand(configContext(terminal)), ...words);
  return terminal.printed();
}

function apply(name: string, ...words: readonly string[]): Promise<string> {
  return withConfiguration(branded(name), (dir) => config('apply', dir, ...words));
}

/** The brand that the node shows when it has looked. */
async function shown(): Promise<string | undefined> {
  await node.refresh();
  return node.current()?.settings.brand.name;
}

test('until the last second it can be confirmed, and then stays', async () => {
  await apply('Draft', '--confirm', 'PT10M');
  clock += 599;
  expect(await shown()).toBe('Draft');
  expect(await config('confirm')).toBe('revision 2 is confirmed, and stays active\n');
  clock += 86_400;
  expect(await shown()).toBe('Draft');
});

test('without a confirmation the node goes back by itself, and a late one gets an error', async () => {
  await apply('Draft', '--confirm', 'PT10M');
  expect(await shown()).toBe('Draft');
  clock += 600;
  await expect(config('confirm')).rejects.toThrow(/^confirmation_expired: /);
  expect(await shown()).toBe('Before');
  expect(await config('history')).toMatch(
    /^3 {2}2026-11-24T09:10:00.000Z .* revision 2 was not confirmed in time .*\(revision 1 again\)\n2 /,
  );
  await expect(config('confirm')).rejects.toThrow('nothing_to_confirm: revision 3 is active');
});

test('while no server runs, no command says that a confirmation could still come in time', async () => {
  node.stop();
  await apply('Draft', '--confirm', 'PT10M');
  expect(await apply('Draft')).toBe(
    'no change: revision 2 is active\nIt is not confirmed: unless `config confirm` comes in time, it goes back to what revision 1 was.\n',
  );
  clock += 600;
  expect(await apply('Draft')).toBe(
    'no change: revision 2 is active\nIt was not confirmed in time: a server goes back to what revision 1 was as soon as one runs.\n',
  );
  expect(JSON.parse(await apply('Draft', '--json'))).toMatchObject({ goesBackTo: 1, confirmationExpired: true });
  expect(await config('history')).toContain('(not confirmed in time: a server goes back to revision 1 as soon as one');
  await expect(config('confirm')).rejects.toThrow('is over: a server that runs goes back to what revision 1 was');
});

test('each apply has its own time limit, and goes back to the last confirmed revision', async () => {
  await apply('Draft', '--confirm', 'PT10M');
  clock += 500;
  await apply('Better', '--confirm', 'PT10M');
  clock += 500;
  expect(await shown()).toBe('Better');
  clock += 100;
  expect(await shown()).toBe('Before');
});

test('applying the same files again with --confirm begins the time anew', async () => {
  await apply('Draft', '--confirm', 'PT10M');
  clock += 500;
  expect(await apply('Draft', '--confirm', 'PT10M')).toBe(
    'no change: revision 2 is active\nUnless `config confirm` comes before 2026-11-24 09:18:20 UTC, it goes back to what revision 1 was.\n',
  );
  clock += 599;
  expect(await shown()).toBe('Draft');
  expect(JSON.parse(await apply('Draft', '--confirm', 'PT30S', '--json'))).toMatchObject({
    changed: [],
    ...{ goesBackTo: 1, confirmBefore: clock + 30 },
  });
  clock += 30;
  expect(await shown()).toBe('Before');
});

test('no time is set for what is confirmed, or what it is too late for', async () => {
  expect(await apply('Before', '--confirm', 'PT10M')).toBe(
    'no change: revision 1 is active\n`--confirm` sets no time for what is active already.\n',
  );
  node.stop();
  await apply('Draft', '--confirm', 'PT10M');
  clock += 600;
  expect(await apply('Draft', '--confirm', 'PT10M')).toMatch(
    /It was not confirmed in time: .*\n`--confirm` sets no time/,
  );
});
