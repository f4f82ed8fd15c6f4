/** Rules about the last sign-in: users who come back after long, and what one session does not change. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startNode, type TestNode } from '../support/node.ts';
import { beginSignIn, currentStep, identify, signOnPolicy, userWithPassword } from '../support/sign-in-flow.ts';

const DAY = 86_400;

let node: TestNode;
let time = Math.floor(Date.now() / 1000);
beforeAll(async () => {
  const rest = { then: { allow: { factors: 1 } } };
  node = await startNode({
    demo: true,
    authenticators: ['password'],
    now: () => time,
    files: {
      ...signOnPolicy('notes', rest),
      ...signOnPolicy('payroll', { then: 'deny', when: { lastSignIn: { notWithin: 'P30D' } } }, rest),
    },
  });
});
afterAll(() => node.stop());

test('a user who was away for long is denied, and a session at another app does not change that', async () => {
  time += DAY;
  const user = await userWithPassword(node);
  const outcomeAt = async (app: string) => {
    const { agent, page } = await beginSignIn(node, app);
    return { agent, step: currentStep(await identify(agent, page, user)) };
  };
  // Nothing is on record, and the account was made after that began.
  expect((await outcomeAt('payroll')).step).toBe('denied.rule');
  expect((await outcomeAt('notes')).step).toBe('code');
  time += 10 * DAY;
  expect((await outcomeAt('payroll')).step).toBe('code');
  time += 31 * DAY;
  const { agent, step } = await outcomeAt('notes');
  expect(step).toBe('code');
  // Within this session the last sign-in is still the one of 31 days ago.
  const again = await beginSignIn(node, 'payroll', agent);
  expect(currentStep(again.page)).toBe('denied.rule');
  expect((await outcomeAt('payroll')).step).toBe('code');
});
