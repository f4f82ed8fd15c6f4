/** Messages whose code no longer counts are not sent any more: one waits for each challenge, and it is the newest. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { attemptCounter } from '../../../src/stores/keys.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  formOf,
  signOnPolicy,
  storedTransaction,
  userWithPassword,
} from '../../support/clients/sign-in-flow.ts';
import { codeIn, maySendAgain, passwordless, reader } from '../../support/messages/mail.ts';
import { waiting } from '../../support/messages/outbox.ts';
import { byPhoneAlone, caller, settingsWithPhone } from '../../support/messages/phone.ts';
import { startMailServer } from '../../support/messages/smtp.ts';
import { startNode, type TestNode, type TestNodeOptions } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';
import { outboxOf } from '../../support/users/account-notifications.ts';
import { visit } from '../../support/users/account-visits.ts';
import { holder } from '../../support/users/enrolled-users.ts';
import { chooseAuthenticator } from '../../support/users/prove-capabilities.ts';
import { until } from '../../support/values/until.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function started(options: TestNodeOptions): Promise<TestNode> {
  const node = await startNode(options);
  closing.push(() => node.stop());
  return node;
}

const mailSettings = (port = 1) => ({
  'stepgate.yaml': JSON.stringify({
    brand: { name: 'Acme' },
    zones: { office: { cidrs: ['192.0.2.0/24'] } },
    authenticators: { email: { enabled: true } },
    mail: { from: 'id@acme.test', smtp: { host: '127.0.0.1', port, requireTls: false } },
  }),
});

/** As if the last message had been sent some time ago. */
async function allowAnother({ store }: TestNode, counter: string): Promise<void> {
  await store.commit([{ op: 'reset', counter }]);
}

async function asked(node: TestNode, identifier: string, app = 'notes') {
  const begun = await beginSignIn(node, app);
  return { ...begun, page: await answerStep(begun.agent, begun.page, { identifier }) };
}

describe.each(storesUnderTest)('a mail server that is out of order, on the $name store', ({ open }) => {
  test('after it only the newest code arrives, and it signs in', async () => {
    const { store, stop } = await open();
    closing.push(stop);
    const server = await startMailServer((attempt) => (attempt === 1 ? 451 : undefined));
    closing.push(server.stop);
    const node = await started({
      store,
      authenticators: ['password', 'email'],
      files: { ...passwordless, ...mailSettings(server.port) },
    });
    const user = await reader(node);
    const { agent, page } = await asked(node, user.identifier);
    node.app.outbox.start();
    await until('the first try to fail', async () => (await waiting(store)).some(({ attempts }) => attempts === 1));
    await until('the server to have said so', () => server.tries() === 1);
    await maySendAgain(node, user.id);
    const again = await agent.submit(page, formOf(page, 'resend'));
    expect(again.messages).toEqual(['sent.again']);
    await until('everything to be sent', async () => (await waiting(store)).length === 0);
    expect(server.received).toHaveLength(1);
    const code = codeIn({ text: server.received[0]?.mail.text ?? '' });
    expect(currentStep(await answerStep(agent, again, { 'credentials.passcode': code }))).toBe('code');
  });
});

describe('what waits', () => {
  const codesOf = async (node: TestNode) => (await outboxOf(node)).map(({ delivery }) => String(delivery.params.code));
  const idsOf = async (node: TestNode) => (await outboxOf(node)).map(({ id }) => id);

  test('a text message is replaced by the call that is asked for instead', async () => {
    const node = await started({ files: { ...byPhoneAlone, ...settingsWithPhone() } });
    const user = await caller(node);
    const { agent, page } = await asked(node, user.identifier);
    const [first] = await idsOf(node);
    await maySendAgain(node, user.id, 'phone');
    await agent.submit(page, formOf(page, 'resend'), { 'authenticator.methodType': 'voice' });
    const left = await outboxOf(node);
    expect(left.map(({ delivery }) => delivery.channel)).toEqual(['voice']);
    expect(left[0]?.id).not.toBe(first);
  });

  test('a refused resend leaves the message that still counts', async () => {
    const node = await started({ files: { ...byPhoneAlone, ...settingsWithPhone() } });
    const { agent, page } = await asked(node, (await caller(node)).identifier);
    const before = await codesOf(node);
    expect((await agent.submit(page, formOf(page, 'resend'))).messages).toEqual(['resend.exceeded']);
    expect(await codesOf(node)).toEqual(before);
    const [code = ''] = before;
    expect(currentStep(await answerStep(agent, page, { 'credentials.passcode': code }))).toBe('code');
    expect(await codesOf(node)).toEqual([]);
  });

  test('an address that is being enrolled, and one for notifications, get one code each', async () => {
    const node = await started({
      authenticators: ['password', 'email'],
      mail: true,
      files: signOnPolicy('notes', {
        then: {
          allow: { factors: 2, knowledge: { authenticators: ['password'] }, possession: { authenticators: ['email'] } },
        },
      }),
    });
    const user = await userWithPassword(node);
    const { agent, page } = await beginSignIn(node, 'notes');
    const offered = await answerStep(agent, page, {
      identifier: user.identifier,
      'credentials.passcode': user.password,
    });
    const sent = await answerStep(agent, offered, { 'credentials.email': user.identifier });
    const enrolling = await idsOf(node);
    await maySendAgain(node, user.id);
    expect((await agent.submit(sent, formOf(sent, 'resend'))).messages).toEqual(['sent.again']);
    const newer = await idsOf(node);
    expect(newer).toHaveLength(1);
    expect(newer).not.toEqual(enrolling);

    const other = await userWithPassword(node);
    const own = await visit(node, other, { path: '/account/addresses/add' });
    const asks = await own.agent.submit(own.page, formOf(own.page, 'add-address'), { email: other.identifier });
    const first = (await idsOf(node)).filter((id) => !newer.includes(id));
    expect(first).toHaveLength(1);
    await allowAnother(node, attemptCounter(other.id, 'notification_address.send'));
    await own.agent.submit(asks, formOf(asks, 'resend-address'));
    const second = (await idsOf(node)).filter((id) => !newer.includes(id));
    expect(second).toHaveLength(1);
    expect(second).not.toEqual(first);
  });

  test('a challenge that the user left and can come back to keeps its message; once another is proved, none waits', async () => {
    const node = await started({
      authenticators: ['password', 'email'],
      mail: true,
      files: signOnPolicy('notes', {
        then: {
          allow: {
            anyOf: [
              { factors: 1, possession: {} },
              { factors: 1, knowledge: {} },
            ],
          },
        },
      }),
    });
    const user = await holder(node, 'password', 'email');
    const { agent, page } = await asked(node, user.identifier);
    const byMail = await chooseAuthenticator(agent, page, 'email');
    expect(currentStep(byMail)).toBe('challenge:email');
    const [code] = await codesOf(node);
    const byPassword = await chooseAuthenticator(agent, byMail, 'password');
    expect([currentStep(byPassword), await codesOf(node)]).toEqual(['challenge:password', [code]]);
    const done = await answerStep(agent, byPassword, await user.answer('password', byPassword, agent));
    expect([currentStep(done), await codesOf(node)]).toEqual(['code', []]);
  });

  test.each(['cancel', 'restart'])('%s: nothing waits any more', async (way) => {
    const node = await started({ authenticators: ['password', 'email'], mail: true, files: passwordless });
    const user = await reader(node);
    const { agent, page } = await asked(node, user.identifier);
    expect(await codesOf(node)).toHaveLength(1);
    await agent.submit(page, formOf(page, way));
    expect(await outboxOf(node)).toEqual([]);
  });

  test('an unknown user costs the same: the placeholder of a message is replaced as well', async () => {
    const node = await started({ files: { ...byPhoneAlone, ...settingsWithPhone() } });
    const known = await asked(node, (await caller(node)).identifier);
    const unknown = await Promise.all(
      Array.from({ length: 8 }, (_, index) => asked(node, `nobody-${index}@demo.test`)),
    );
    const alike = unknown.find(({ page }) => currentStep(page) === 'challenge:phone');
    const shape = async (uid = '') => {
      const { pending } = JSON.parse((await storedTransaction(node, uid))?.value ?? '{}');
      return [Object.keys(pending).sort(), pending.outbox.map((id: string) => id.length)];
    };
    expect(await shape(alike?.uid)).toEqual(await shape(known.uid));
  });
});
