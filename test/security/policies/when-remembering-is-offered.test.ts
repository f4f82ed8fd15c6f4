/**
 * A page offers to remember a browser only where that has an effect, and the account lists only browsers with an
 * effect.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { reopened } from '../../support/clients/returning-browser.ts';
import { answerStep, currentStep, eventsOf, signOnPolicy } from '../../support/clients/sign-in-flow.ts';
import { allMailTo } from '../../support/messages/mail.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import {
  type CapabilityName,
  type Holder,
  holder,
  settingsWithAllAuthenticators,
} from '../../support/users/enrolled-users.ts';
import { beginIdentified, chooseAuthenticator, prove } from '../../support/users/prove-capabilities.ts';

const remembering = signOnPolicy('notes', { then: { allow: { factors: 2 }, remember: { device: 'P30D' } } });

/** A session policy that asks for the second factor as said. */
function session(secondFactor: string): Readonly<Record<string, string>> {
  const allow = { primary: 'any', secondFactor, idle: 'PT2H', absolute: 'P1D' };
  return { 'policies/session.yaml': JSON.stringify({ rules: [{ name: 'Everybody', then: { allow } }] }) };
}

let node: TestNode;
beforeAll(async () => {
  node = await startNode({
    demo: true,
    files: { ...settingsWithAllAuthenticators, ...remembering, ...session('never') },
  });
});
afterAll(() => node.stop());

const isOffered = (page: Page): boolean => mainForm(page)?.boxes?.includes('rememberDevice') === true;

/** Proves the password and then this, asking that it be remembered, whether that is offered or not. */
async function remembered(who: Holder, second: CapabilityName): Promise<{ agent: UserAgent; asked: Page; done: Page }> {
  const agent = new UserAgent();
  const { page } = await prove(who, await beginIdentified({ issuer: node.issuer, agent }, 'notes', who), ['password']);
  const asked = await chooseAuthenticator(agent, page, second);
  const done = await answerStep(agent, asked, { ...(await who.answer(second, asked, agent)), rememberDevice: 'yes' });
  expect(currentStep(done)).toBe('code');
  return { agent, asked, done };
}

/** Where the password leads with this browser, opened again. */
async function nextTime(who: Holder, agent: UserAgent): Promise<string> {
  return currentStep(
    (
      await prove(
        who,
        await beginIdentified({ issuer: node.issuer, agent: reopened(agent, node.issuer) }, 'notes', who),
        ['password'],
      )
    ).page,
  );
}

const listsBrowsers = async (agent: UserAgent): Promise<boolean> =>
  (await agent.open(`${node.issuer}/account/devices`)).html.includes('/account/devices/');

test('where it has an effect it is offered, kept, notified and listed', async () => {
  const who = await holder(node, 'password', 'totp');
  const { agent, asked } = await remembered(who, 'totp');
  expect(isOffered(asked)).toBe(true);
  expect(eventsOf(node, who.id)).toContain('account.device_remembered');
  expect(await listsBrowsers(agent)).toBe(true);
  expect(await nextTime(who, agent)).toBe('code');
});

describe('where it has no effect it is not offered, and nothing is remembered, notified or listed', () => {
  test.each<[string, CapabilityName, Readonly<Record<string, string>>]>([
    ['the session policy always wants two', 'totp', session('always')],
    ['a code on paper, which counts once', 'recovery code', {}],
    ['a code of an administrator', 'access code', {}],
  ])('%s', async (_, second, files) => {
    await node.configure(files);
    const who = await holder(node, 'password', second);
    const { agent, asked } = await remembered(who, second);
    expect(isOffered(asked)).toBe(false);
    expect(eventsOf(node, who.id)).not.toContain('account.device_remembered');
    expect((await allMailTo(node, who.identifier)).filter(({ subject }) => /remembered/.test(subject ?? ''))).toEqual(
      [],
    );
    expect(await listsBrowsers(agent)).toBe(false);
    expect(await nextTime(who, agent)).not.toBe('code');
    await node.configure(session('never'));
  });
});

test('what no app waives any more is no longer listed, and comes back with the policy', async () => {
  const who = await holder(node, 'password', 'totp');
  const { agent } = await remembered(who, 'totp');
  expect(await listsBrowsers(agent)).toBe(true);
  await node.configure(session('always'));
  expect(await listsBrowsers(agent)).toBe(false);
  await node.configure(session('never'));
  expect(await listsBrowsers(agent)).toBe(true);
});
