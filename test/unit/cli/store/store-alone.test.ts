/** `stepgate store alone`: what it takes, what it writes, and who shows it. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { doctorCommand } from '../../../../src/cli/doctor/doctor.ts';
import { storeCommand } from '../../../../src/cli/store/store.ts';
import { createKeyring } from '../../../../src/oidc/keys/keyring.ts';
import { auditKey, storeAloneKey } from '../../../../src/stores/keys.ts';
import { fixedNow, openTerminal, run, type Terminal } from '../support/harness.ts';

let terminal: Terminal;
beforeEach(() => {
  terminal = openTerminal();
});

const context = () => ({
  ...terminal.context,
  recoveryCodes: 'recovery_code',
  finishUpgrade: async () => ({ version: 1, rewritten: 0, wasFinished: true }),
});

const alone = (...options: string[]) => run(storeCommand(context()), 'alone', ...options);

async function audited(): Promise<readonly unknown[]> {
  const lines = await terminal.store.tail(auditKey, undefined, 10);
  return lines.map(({ value }) => JSON.parse(value));
}

async function isWritten(): Promise<boolean> {
  return (await terminal.store.load([storeAloneKey])).entries.get(storeAloneKey) !== undefined;
}

test('the word is written with its end, and audited; --off ends it', async () => {
  await alone('--for', 'PT4H');
  const end = new Date((fixedNow + 4 * 3600) * 1000).toISOString();
  expect(terminal.printed()).toContain(`stands alone until ${end}`);
  expect(await audited()).toEqual([
    expect.objectContaining({ event: 'store.alone', outcome: 'success', by: expect.any(String), lifetime: 14_400 }),
  ]);
  expect(await isWritten()).toBe(true);
  await alone('--off');
  expect(terminal.printed()).toBe('the store no longer stands alone\n');
  expect((await audited())[1]).toMatchObject({ event: 'store.alone_ended', outcome: 'success' });
  expect(await isWritten()).toBe(false);
  await alone('--off');
  expect(terminal.printed()).toBe('the store did not stand alone\n');
  expect(await audited()).toHaveLength(2);
});

test('the doctor shows it', async () => {
  await createKeyring(terminal.store, fixedNow);
  await alone('--for', '90s');
  terminal.printed();
  const ownContext = {
    ...terminal.context,
    openAsItIs: terminal.context.openStore,
    configDir: 'config',
    fetch: () => Promise.reject(new Error('no other host is asked')),
    nodeVersion: '24.15.0',
  };
  await run(doctorCommand(ownContext));
  expect(terminal.printed()).toMatch(
    /warn {2}store +the store stands alone until .*\n +bring a replica back, then: npm run stepgate/,
  );
});

describe('refused, and nothing is written', () => {
  test.each([
    [[], /give either how long/],
    [['--for', 'PT4H', '--off'], /give either how long/],
    [['--for', 'PT59S'], /from 60 s to 1 d/],
    [['--for', 'P2D'], /from 60 s to 1 d/],
    [['--for', 'soon'], /from 60 s to 1 d/],
  ])('%j', async (options, reason) => {
    await expect(alone(...options)).rejects.toThrow(reason);
    expect([await isWritten(), await audited()]).toEqual([false, []]);
  });

  test('on the embedded store', async () => {
    const embedded = { ...context(), dataDir: 'data' };
    await expect(run(storeCommand(embedded), 'alone', '--for', 'PT4H')).rejects.toThrow(
      /embedded store has no replicas/,
    );
    expect(await isWritten()).toBe(false);
  });
});
