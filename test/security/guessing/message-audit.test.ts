/** The audit log says who caused which message and where it went, as far as it costs, without secrets. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { currentStep } from '../../support/clients/sign-in-flow.ts';
import { byItself, codeIn, mailTo, reader } from '../../support/messages/mail.ts';
import { caller, codeFor } from '../../support/messages/phone.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { settingsWithAllAuthenticators } from '../../support/users/enrolled-users.ts';
import { appsThatAsk, beginIdentified } from '../../support/users/prove-capabilities.ts';

let node: TestNode;
beforeAll(async () => {
  const possession = (authenticator: string) => ({ factors: 1, possession: { authenticators: [authenticator] } });
  const apps = appsThatAsk({ mail: possession('email'), phone: possession('phone') });
  node = await startNode({ demo: true, files: { ...settingsWithAllAuthenticators, ...apps } });
});
afterAll(() => node.stop());

const linesOf = (uid: string) => node.audit.filter(({ transaction }) => transaction === uid);

test('a text message: channel, authenticator, account, network, country and block', async () => {
  const user = await caller(node);
  const { uid } = await beginIdentified(node, 'phone', user);
  const code = codeFor(await mailTo(node, user.number));
  const lines = linesOf(uid);
  expect(lines).toEqual([
    expect.objectContaining({
      ...{ event: 'message.queued', outcome: 'success', channel: 'sms', authenticator: 'phone', subject: user.id },
      ...{ client: 'phone', country: 'DE', prefix: user.number.slice(0, -4) },
    }),
  ]);
  expect(lines[0]?.ip).toMatch(/127\.0\.0\.1|::1/);
  expect(JSON.stringify(node.audit)).not.toContain(user.number);
  expect(JSON.stringify(node.audit)).not.toMatch(byItself(code));
});

test('mail: no address, no code', async () => {
  const user = await reader(node);
  const { uid } = await beginIdentified(node, 'mail', user);
  const code = codeIn(await mailTo(node, user.address));
  const [line] = linesOf(uid);
  const queued = { event: 'message.queued', channel: 'email', authenticator: 'email', subject: user.id };
  expect(line).toMatchObject(queued);
  expect(Object.keys(line ?? {})).not.toContain('country');
  expect(JSON.stringify(node.audit)).not.toContain(user.address);
  expect(JSON.stringify(linesOf(uid))).not.toMatch(byItself(code));
});

test('for an unknown user the same work is done, and the line says that nothing went out', async () => {
  for (const app of ['mail', 'phone']) {
    // Not every unknown name seems to have what the app takes.
    const lines = [];
    for (let count = 0; count < 16; count += 1) {
      const { page, uid } = await beginIdentified(node, app, { identifier: `nobody-${count}-by-${app}@demo.test` });
      if (currentStep(page) === `challenge:${app === 'mail' ? 'email' : app}`) lines.push(linesOf(uid));
    }
    expect(lines.length).toBeGreaterThan(0);
    const withheld = { event: 'message.withheld', outcome: 'failure', reason: 'no_account', client: app };
    for (const of of lines) expect(of).toEqual([expect.objectContaining(withheld)]);
    expect(lines.flat().filter((line) => 'subject' in line)).toEqual([]);
  }
});
