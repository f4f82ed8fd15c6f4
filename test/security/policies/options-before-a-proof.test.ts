/**
 * What a stranger who knows a name is shown: one option for each authenticator, even when the user has several of a
 * kind, and no names (ASVS 6.3.8).
 */

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { generate, generateSecret } from 'otplib';
import type { NewCredential } from '../../../src/authenticators/authenticator.ts';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { phoneCredential } from '../../../src/authenticators/phone/phone.ts';
import { maskedNumber } from '../../../src/authenticators/shared/phone-number.ts';
import { maskedAddress } from '../../../src/core/model/mail-address.ts';
import { reopened } from '../../support/clients/returning-browser.ts';
import { answerStep, currentStep, formOf } from '../../support/clients/sign-in-flow.ts';
import { codesTo, mailTo, maySendAgain } from '../../support/messages/mail.ts';
import { mobileNumber } from '../../support/messages/phone.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { password, startNode, type TestNode, testPassword } from '../../support/servers/node.ts';
import { settingsWithAllAuthenticators } from '../../support/users/enrolled-users.ts';
import { appsThatAsk, beginIdentified } from '../../support/users/prove-capabilities.ts';

let node: TestNode;
beforeAll(async () => {
  const possession = (...authenticators: string[]) => ({ factors: 1, possession: { authenticators } });
  const apps = appsThatAsk({
    open: { factors: 1 },
    apps: possession('totp'),
    mail: possession('email'),
    strict: { factors: 2, knowledge: { authenticators: ['password'] }, possession: {} },
  });
  node = await startNode({ demo: true, now: clock, files: { ...settingsWithAllAuthenticators, ...apps } });
});
afterAll(() => node.stop());

interface Rich {
  readonly id: string;
  readonly identifiers: readonly string[];
  readonly apps: readonly string[];
  readonly labels: readonly string[];
}

/** Epoch seconds at which the clock stands still; absent: it goes. */
let standsAt: number | undefined;
const clock = (): number => standsAt ?? Math.floor(Date.now() / 1000);
afterEach(() => {
  standsAt = undefined;
});

let users = 0;

/** A user who has two of each kind. */
async function rich(): Promise<Rich> {
  users += 1;
  const identifiers = [`rich-${users}`, `first-${users}@demo.test`, `second-${users}@gmx.example`];
  const [, first = '', second = ''] = identifiers;
  const numbers = [mobileNumber(), mobileNumber()];
  const apps = [generateSecret({ length: 20 }), generateSecret({ length: 20 })];
  const labels = ['iPhone of Victor', 'Work laptop ACME', maskedAddress(second), maskedNumber(numbers[1] ?? '')];
  const credentials: readonly NewCredential[] = [
    testPassword(node.app),
    ...apps.map((key, at) => ({
      authenticator: 'totp',
      factors: ['possession'] as const,
      characteristics: ['userPresence', 'deviceBound'] as const,
      label: labels[at] ?? '',
      secret: { key, step: 0 },
    })),
    emailCredential(first),
    { ...emailCredential(second), label: labels[2] ?? '' },
    phoneCredential(numbers[0] ?? ''),
    { ...phoneCredential(numbers[1] ?? ''), label: labels[3] ?? '' },
  ];
  const created = await node.app.directory.create({ identifiers, groups: ['staff'], credentials });
  if (!created.ok) throw new Error(created.code);
  return { id: created.user.id, identifiers, apps, labels };
}

const codeOf = async (secret = '', later = 0) => ({
  'credentials.passcode': await generate({ secret, epoch: clock() + later * 30 }),
});

function select(agent: UserAgent, page: Page, id?: string): Promise<Page> {
  const stateHandle = mainForm(page)?.fields.stateHandle ?? '';
  const body = new URLSearchParams({ stateHandle, ...(id === undefined ? {} : { 'authenticator.id': id }) });
  return agent.open(`${page.url}/select`, { method: 'POST', body });
}

const choicesOf = ({ html }: Page): string[] =>
  [...html.matchAll(/name="authenticator\.id" value="([^"]+)"/g)].map(([, value = '']) => value);

async function notificationContext({ id, labels }: Rich): Promise<string[]> {
  const ids = ((await node.app.directory.get(id))?.credentials ?? []).map((credential) => credential.id);
  return [...ids, ...labels];
}

describe('before a proof', () => {
  test('the list has each authenticator once, and neither it nor a challenge page has names or ids', async () => {
    const who = await rich();
    const revealing = await notificationContext(who);
    const { agent, page } = await beginIdentified(node, 'open', { identifier: who.identifiers[0] ?? '' });
    const list = await select(agent, page);
    expect(currentStep(list)).toBe('select');
    const choices = choicesOf(list);
    expect(choices.toSorted()).toEqual(['email', 'password', 'phone', 'totp']);
    expect(revealing.filter((text) => list.html.includes(text))).toEqual([]);
    let asked = list;
    for (const choice of choices) {
      asked = await select(agent, asked, choice);
      expect(currentStep(asked)).toBe(`challenge:${choice}`);
      expect(revealing.filter((text) => asked.html.includes(text))).toEqual([]);
    }
  });

  test('two of a kind are no list', async () => {
    const who = await rich();
    const { agent, page } = await beginIdentified(node, 'apps', { identifier: who.identifiers[0] ?? '' });
    expect(currentStep(page)).toBe('challenge:totp');
    expect(formOf(page, 'select')).toBeUndefined();
    expect(currentStep(await select(agent, page))).toBe('challenge:totp');
  });

  test.each(['totp:none', 'webauthn', 'id of a mailbox', ''])(
    'an option that is not on the page chooses nothing: %s',
    async (id) => {
      const who = await rich();
      const credentials = (await node.app.directory.get(who.id))?.credentials ?? [];
      const second = credentials.findLast(({ authenticator }) => authenticator === 'email');
      const { agent, page } = await beginIdentified(node, 'open', { identifier: who.identifiers[0] ?? '' });
      const asked = await select(agent, page, 'totp');
      const picked = id === 'id of a mailbox' ? `email:${second?.id}` : id;
      const after = await select(agent, asked, picked);
      expect(currentStep(after)).toBe(id === '' ? 'select' : 'challenge:totp');
      if (id === '')
        expect(currentStep(await answerStep(agent, after, { 'authenticator.id': 'email:none' }))).toBe('select');
      expect(await codesTo(node, who.identifiers[2] ?? '')).toHaveLength(0);
    },
  );
});

describe('one challenge covers all', () => {
  test('a code of any app counts, each once', async () => {
    // A code that was used must not become one that is over.
    standsAt = clock();
    const who = await rich();
    const at = async () => beginIdentified(node, 'apps', { identifier: who.identifiers[0] ?? '' });
    for (const app of [...who.apps].reverse()) {
      const { agent, page } = await at();
      expect(currentStep(await answerStep(agent, page, await codeOf(app)))).toBe('code');
      const again = await at();
      const refused = await answerStep(again.agent, again.page, await codeOf(app));
      expect(refused.messages).toContain('credentials.used');
    }
    const { agent, page } = await at();
    expect(currentStep(await answerStep(agent, page, await codeOf(who.apps[0], 1)))).toBe('code');
  });

  test('a code of one app is taken once, though two browsers bring it at a time', async () => {
    standsAt = clock();
    const who = await rich();
    const both = [await beginIdentified(node, 'apps', { identifier: who.identifiers[0] ?? '' }), undefined];
    both[1] = await beginIdentified(node, 'apps', { identifier: who.identifiers[0] ?? '' });
    const code = await codeOf(who.apps[1]);
    const pages = await Promise.all(both.map((signIn) => signIn && answerStep(signIn.agent, signIn.page, code)));
    expect(pages.filter((page) => page && currentStep(page) === 'code')).toHaveLength(1);
  });

  test.each([0, 1, 2])(
    'a code by mail goes to the typed address, otherwise to the oldest mailbox: name %i',
    async (name) => {
      const who = await rich();
      await beginIdentified(node, 'mail', { identifier: who.identifiers[name] ?? '' });
      const [, first = '', second = ''] = who.identifiers;
      const [to, other] = name === 2 ? [second, first] : [first, second];
      await mailTo(node, to);
      expect(await codesTo(node, other)).toHaveLength(0);
    },
  );

  test('or to the one that was used last with this browser', async () => {
    const who = await rich();
    const [plain = '', first = '', second = ''] = who.identifiers;
    const { agent, page } = await beginIdentified(node, 'mail', { identifier: second });
    const { text } = await mailTo(node, second);
    const code = /^ {4}(\d{6})$/m.exec(text)?.[1] ?? '';
    expect(currentStep(await answerStep(agent, page, { 'credentials.passcode': code }))).toBe('code');
    await maySendAgain(node, who.id);
    await beginIdentified({ issuer: node.issuer, agent: reopened(agent, node.issuer) }, 'mail', { identifier: plain });
    await mailTo(node, second, 2);
    expect(await codesTo(node, first)).toHaveLength(0);
  });
});

test('after a proof mailboxes and phones are listed with their names, and can be picked', async () => {
  const who = await rich();
  const { agent, page } = await beginIdentified({ issuer: node.issuer, agent: new UserAgent() }, 'strict', {
    identifier: who.identifiers[0] ?? '',
  });
  const proved = await answerStep(agent, page, { 'credentials.passcode': password });
  const list = await select(agent, proved);
  const choices = choicesOf(list);
  expect(choices.map((choice) => choice.split(':')[0]).toSorted()).toEqual([
    'email',
    'email',
    'phone',
    'phone',
    'totp',
  ]);
  const [, , mailbox = '', number = ''] = who.labels;
  expect(list.html).toContain(mailbox);
  expect(list.html).toContain(number);
  const credentials = (await node.app.directory.get(who.id))?.credentials ?? [];
  const second = credentials.findLast(({ authenticator }) => authenticator === 'email');
  const asked = await select(agent, list, `email:${second?.id}`);
  expect(currentStep(asked)).toBe('challenge:email');
  await mailTo(node, who.identifiers[2] ?? '');
});
