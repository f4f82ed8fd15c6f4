/**
 * Rules about the last sign-in: users who come back after long, what one session does not change, and the tests that
 * are recorded of them.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { oneDay } from '../../../src/core/model/durations.ts';
import {
  beginSignIn,
  currentStep,
  identify,
  signOnPolicy,
  userWithPassword,
} from '../../support/clients/sign-in-flow.ts';
import { configOn } from '../../support/servers/config-on-node.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

const rest = { then: { allow: { factors: 1 } } };
const policies = {
  ...signOnPolicy('notes', rest),
  ...signOnPolicy('payroll', { then: 'deny', when: { lastSignIn: { notWithin: 'P30D' } } }, rest),
};

let node: TestNode;
let dir: string;
let time = Math.floor(Date.now() / 1000);
beforeAll(async () => {
  node = await startNode({
    demo: true,
    authenticators: ['password'],
    now: () => time,
    files: policies,
  });
  dir = await mkdtemp(join(tmpdir(), 'stepgate-last-sign-in-'));
  await cp('config', dir, { recursive: true });
  for (const folder of ['tests', 'invariants.yaml']) await rm(join(dir, folder), { recursive: true });
  for (const [file, text] of Object.entries(policies)) await writeFile(join(dir, file), text);
});
afterAll(async () => {
  await node.stop();
  await rm(dir, { recursive: true, force: true });
});

/** The tests that are recorded of the last decision about the user, which must pass. */
async function recordedTests(user: { readonly id: string }): Promise<string> {
  const line = node.audit.findLast(
    ({ event, subject }) => ['sign_in.completed', 'sign_in.denied'].includes(String(event)) && subject === user.id,
  );
  await configOn(node, 'test', dir, '--record', String(line?.transaction));
  expect(await configOn(node, 'test', dir)).toMatch(/(\d+) of \1 tests passed/);
  return readFile(join(dir, 'tests/recorded.yaml'), 'utf8');
}

test('for an account that is older than the records, the test says so', async () => {
  const user = await userWithPassword(node);
  const { agent, page } = await beginSignIn(node, 'payroll');
  expect(currentStep(await identify(agent, page, user))).toBe('code');
  expect(await recordedTests(user)).toMatch(/lastSignIn: \{ recordedSince: PT\d+S \}/);
});

test('of a user who never signed in, it says never', async () => {
  time += oneDay;
  const user = await userWithPassword(node);
  const { agent, page } = await beginSignIn(node, 'payroll');
  expect(currentStep(await identify(agent, page, user))).toBe('denied.rule');
  const text = await recordedTests(user);
  expect(text).toContain('lastSignIn: never');
  expect(text).toContain('expect: { deny: rule');
});

test('a user who was away for long is denied, and a session at another app does not change that', async () => {
  time += oneDay;
  const user = await userWithPassword(node);
  const outcomeAt = async (app: string) => {
    const { agent, page } = await beginSignIn(node, app);
    return { agent, step: currentStep(await identify(agent, page, user)) };
  };
  // Nothing is on record, and the account was made after that began.
  expect((await outcomeAt('payroll')).step).toBe('denied.rule');
  expect((await outcomeAt('notes')).step).toBe('code');
  time += 10 * oneDay;
  expect((await outcomeAt('payroll')).step).toBe('code');
  time += 31 * oneDay;
  const { agent, step } = await outcomeAt('notes');
  expect(step).toBe('code');
  // Within this session the last sign-in is still the one of 31 days ago.
  const again = await beginSignIn(node, 'payroll', agent);
  expect(currentStep(again.page)).toBe('denied.rule');
  expect((await outcomeAt('payroll')).step).toBe('code');
});
