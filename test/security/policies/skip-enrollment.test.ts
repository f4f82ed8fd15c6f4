/**
 * Skipping an enrollment counts for one user, as often as the policy says, and only after the user has proved who they
 * are.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { redirectUri } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  eventsOf,
  formOf,
  identify,
  passcode,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, type UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

let node: TestNode;
const enrollment = (then: unknown) => ({
  'policies/enrollment.yaml': JSON.stringify({ rules: [{ name: 'Everybody', then }] }),
});
const once = enrollment({ required: [{ anyOf: ['totp'], grace: { skips: 1 } }] });
beforeAll(async () => {
  node = await startNode({ files: once });
});
afterAll(() => node.stop());

/** Posts the option by hand: the page may not offer it. */
function skip(agent: UserAgent, page: Page): Promise<Page> {
  const body = new URLSearchParams({ stateHandle: mainForm(page)?.fields.stateHandle ?? '' });
  return agent.open(`${page.url}/skip`, { method: 'POST', body }, redirectUri);
}

async function atOffer(user: Awaited<ReturnType<typeof userWithPassword>>) {
  const { agent, page } = await beginSignIn(node, 'notes');
  return { agent, page: await identify(agent, page, user) };
}

test('who is only identified skips nothing, and nothing is counted', async () => {
  const user = await userWithPassword(node);
  const { agent, page } = await beginSignIn(node, 'notes');
  for (const at of [page, await answerStep(agent, page, { identifier: user.identifier, 'credentials.passcode': '' })]) {
    const refused = await skip(agent, at);
    expect(refused.status).toBe(409);
  }
  expect((await node.app.directory.get(user.id))?.user.skipped).toBeUndefined();
  expect(currentStep((await atOffer(user)).page)).toBe('enroll:totp');
});

test('a proof that the policy demands cannot be skipped', async () => {
  const user = await userWithTotp(node);
  const { agent, page } = await beginSignIn(node, 'payroll');
  const atTotp = await identify(agent, page, user);
  const refused = await skip(agent, atTotp);
  expect([refused.status, currentStep(refused)]).toEqual([409, 'challenge:totp']);
  const other = await userWithPassword(node);
  const second = await beginSignIn(node, 'payroll');
  const forced = await identify(second.agent, second.page, other);
  expect(currentStep(forced)).toBe('enroll:totp');
  const stayed = await skip(second.agent, forced);
  expect(currentStep(stayed)).toBe('enroll:totp');
  expect(eventsOf(node, other.id).filter((event) => event.startsWith('sign_in.completed'))).toEqual([]);
});

test('many tabs at once skip only as often as allowed', async () => {
  const user = await userWithPassword(node);
  const tabs = await Promise.all(Array.from({ length: 6 }, () => atOffer(user)));
  const ends = await Promise.all(tabs.map(({ agent, page }) => skip(agent, page)));
  expect(ends.map(currentStep).filter((where) => where === 'code')).toHaveLength(1);
  expect((await node.app.directory.get(user.id))?.user.skipped).toMatchObject({ totp: { grace: { count: 1 } } });
  for (const { agent, page } of tabs) expect(currentStep(await skip(agent, page))).not.toBe('code');
  expect(currentStep((await atOffer(user)).page)).toBe('enroll:totp');
});

test('one form sent ten times skips once', async () => {
  const user = await userWithPassword(node);
  const { agent, page } = await atOffer(user);
  await Promise.all(Array.from({ length: 10 }, () => skip(agent, page)));
  expect((await node.app.directory.get(user.id))?.user.skipped).toMatchObject({ totp: { grace: { count: 1 } } });
});

test('what one user skipped, the next user in the same sign-in has not skipped', async () => {
  const skippedOnce = await userWithPassword(node);
  const before = await atOffer(skippedOnce);
  expect(currentStep(await skip(before.agent, before.page))).toBe('code');
  const helper = await userWithPassword(node);
  const { agent, page } = await beginSignIn(node, 'payroll');
  await node.configure({
    ...once,
    'policies/sign-on/payroll.yaml': JSON.stringify({
      name: 'payroll',
      rules: [
        { name: 'Denied', when: { groups: { any: ['nobody'] } }, then: 'deny' },
        { name: 'One', then: { allow: { factors: 1 } } },
      ],
    }),
  });
  const offered = await identify(agent, page, helper);
  expect(currentStep(offered)).toBe('enroll:totp');
  const body = new URLSearchParams({ stateHandle: mainForm(offered)?.fields.stateHandle ?? '' });
  const skipped = await agent.send(`${offered.url}/skip`, { method: 'POST', body });
  expect(skipped.status).toBe(303);
  await node.configure({
    'policies/sign-on/payroll.yaml': JSON.stringify({
      name: 'payroll',
      rules: [
        { name: 'Helper', when: { users: { any: [helper.id] } }, then: 'deny' },
        { name: 'One', then: { allow: { factors: 1 } } },
      ],
    }),
  });
  const denied = await agent.open(offered.url, {}, redirectUri);
  expect(denied.status).toBe(403);
  const fresh = await agent.submit(denied, formOf(denied, 'restart'));
  const end = await identify(agent, fresh, skippedOnce);
  expect(currentStep(end)).toBe('enroll:totp');
  expect(currentStep(await answerStep(agent, end, await passcode({ ...skippedOnce, totp: end.secret ?? '' })))).toBe(
    'code',
  );
});
