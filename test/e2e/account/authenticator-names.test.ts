/** Two authenticators of a kind can be distinguished, and networks whose users have a name are called by it. */
import { expect, test } from '@jest/globals';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { phoneCredential } from '../../../src/authenticators/phone/phone.ts';
import { answerStep, currentStep, formOf, signOnPolicy } from '../../support/clients/sign-in-flow.ts';
import { linkIn, mailTo, passwordless, reader } from '../../support/messages/mail.ts';
import { mobileNumber } from '../../support/messages/phone.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { startNode } from '../../support/servers/node.ts';
import { outboxOf } from '../../support/users/account-notifications.ts';
import { settingsWithAllAuthenticators } from '../../support/users/enrolled-users.ts';
import { beginIdentified } from '../../support/users/prove-capabilities.ts';

test('mailboxes and numbers without a name are shown masked once something is proved, where there are two', async () => {
  const twoSteps = { chains: [[{ authenticators: ['email'] }, { authenticators: ['phone'] }]] };
  const node = await startNode({
    demo: true,
    files: { ...settingsWithAllAuthenticators, ...signOnPolicy('notes', { then: { allow: twoSteps } }) },
  });
  try {
    const numbers = [mobileNumber(), mobileNumber()];
    const user = await reader(node);
    const created = await node.app.directory.create({
      identifiers: [`two-${user.identifier}`],
      groups: ['staff'],
      credentials: [emailCredential(user.address), ...numbers.map(phoneCredential)],
    });
    expect(created.ok).toBe(true);
    const { agent, page } = await beginIdentified(node, 'notes', { identifier: `two-${user.identifier}` });
    expect(currentStep(page)).toBe('challenge:email');
    const code = /^ {4}(\d{6})$/m.exec((await mailTo(node, user.address)).text)?.[1] ?? '';
    const proved = await answerStep(agent, page, { 'credentials.passcode': code });
    expect(currentStep(proved)).toBe('challenge:phone');
    const list = await agent.submit(proved, formOf(proved, 'select'));
    for (const number of numbers) expect(list.html).toContain(number.slice(-2));
    expect(list.html).not.toContain(numbers[0]);
  } finally {
    await node.stop();
  }
});

const zones = (label: object) => ({
  headquarters: { cidrs: ['127.0.0.0/8', '::1/128'], ...label },
  office: { cidrs: ['192.0.2.0/24'] },
});
const settings = (label: object) => ({
  'stepgate.yaml': JSON.stringify({
    brand: { name: 'Acme' },
    zones: zones(label),
    authenticators: { email: { enabled: true } },
  }),
});

test.each([
  [{ label: 'Office in Vienna' }, / \(Office in Vienna\)/],
  [{}, /address (127\.0\.0\.1|::1)\.?$/m],
])('a zone with %j in the message and on the page of the link', async (label, place) => {
  const node = await startNode({
    demo: true,
    authenticators: ['password', 'email'],
    files: { ...passwordless, ...settings(label) },
  });
  try {
    const user = await reader(node);
    await beginIdentified(node, 'notes', user);
    const mail = await mailTo(node, user.address);
    expect(mail.text).toMatch(place);
    const { html } = await new UserAgent().open(linkIn(mail));
    expect(html).toContain('label' in label ? '(Office in Vienna)' : 'Requested from IP address');
    expect([mail.text, mail.html, html].join()).not.toContain('headquarters');
    expect(await outboxOf(node)).toEqual([]);
  } finally {
    await node.stop();
  }
});
