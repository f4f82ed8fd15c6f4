/** Sign in by phone on both stores: by text message, by call, and by nothing that must not work or cost. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { phoneCredential } from '../../../src/authenticators/phone/phone.ts';
import { type OpenNode, openNode } from '../../support/clients/authorize.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  eventsOf,
  formOf,
  identify,
  passcode,
  type SignIn,
  signOnPolicy,
  storedTransaction,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { allMailTo, byItself, mailTo, maySendAgain, otherThan } from '../../support/messages/mail.ts';
import {
  byPhoneAlone,
  type Caller,
  caller,
  codeFor,
  mobileNumber,
  settingsWithPhone,
} from '../../support/messages/phone.ts';
import { type Form, type Page, UserAgent, withoutDraws, withoutTimeLeft } from '../../support/pages/user-agent.ts';
import type { TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';
import { beginIdentified } from '../../support/users/prove-capabilities.ts';
import { unknownAddressesWith } from '../../support/users/unknown-users.ts';

const enough = { number: 100, prefix: 1000, network: 100_000, country: 100_000 };
const payroll = signOnPolicy('payroll', {
  then: {
    allow: {
      factors: 2,
      knowledge: { authenticators: ['password'] },
      possession: { authenticators: ['phone'] },
    },
  },
});

describe.each(storesUnderTest)('on the $name store', (store) => {
  let opened: OpenNode;
  let node: TestNode;
  let second: TestNode;
  let clock = 0;
  const now = (): number => Math.floor(Date.now() / 1000) + clock;

  beforeAll(async () => {
    opened = await openNode(store, {
      demo: true,
      now,
      files: { ...settingsWithPhone({ limits: enough }), ...byPhoneAlone, ...payroll },
    });
    node = opened.node;
    second = await opened.second();
  });
  afterAll(() => opened.stop());

  /** As far as the page that asks for the code. */
  const asked = (identifier: string, agent = new UserAgent()) =>
    beginIdentified({ issuer: node.issuer, agent }, 'notes', { identifier });
  const code = (value: string) => ({ 'credentials.passcode': value });
  const callForm = (page: Page): Form | undefined =>
    page.forms.find(({ step, fields }) => step === 'resend' && fields['authenticator.methodType'] === 'voice');
  const textForm = (page: Page): Form | undefined =>
    page.forms.find(({ step, fields }) => step === 'resend' && fields['authenticator.methodType'] === 'sms');
  /** As if some time had gone by since the last message to this user. */
  const mayResend = ({ id }: { readonly id: string }) => maySendAgain(node, id, 'phone');
  const completed = ({ id }: Pick<Caller, 'id'>) =>
    node.audit.findLast(({ subject, event }) => subject === id && event === 'sign_in.completed');
  async function withLimits<T>(limits: Partial<typeof enough>, use: () => Promise<T>): Promise<T> {
    await node.configure(settingsWithPhone({ limits: { ...enough, ...limits } }));
    try {
      return await use();
    } finally {
      await node.configure(settingsWithPhone({ limits: enough }));
    }
  }

  test.each([
    ['international', (number: string) => number],
    ['national', (number: string) => `0${number.slice(3)}`],
  ])('of two phones, the one whose number was typed gets the code: %s', async (_, spelled) => {
    const identifyBy = { by: ['email', 'phone'], defaultCountry: 'DE' };
    await node.configure({ ...settingsWithPhone({ limits: enough }, { identify: identifyBy }), ...byPhoneAlone });
    const [first, typed] = [mobileNumber(), mobileNumber()];
    const created = await node.app.directory.create({
      identifiers: [`two-${typed.slice(1)}@demo.test`, typed],
      profile: { phone: typed, phoneVerified: true },
      credentials: [phoneCredential(first), phoneCredential(typed)],
    });
    expect(created.ok).toBe(true);
    expect(currentStep((await asked(spelled(typed))).page)).toBe('challenge:phone');
    expect((await mailTo(node, typed)).channel).toBe('sms');
    expect(await allMailTo(node, first)).toEqual([]);
    await node.configure({ ...settingsWithPhone({ limits: enough }), ...byPhoneAlone });
  });

  test.each(['sms', 'voice'] as const)('a recovery by %s says that the code is for the password', async (method) => {
    await node.configure({
      ...settingsWithPhone({ limits: enough, methods: [method] }),
      ...signOnPolicy('notes', { then: { allow: { factors: 1 } } }),
      'policies/recovery.yaml': JSON.stringify({
        rules: [{ name: 'All', then: { allow: { possession: { authenticators: ['phone'] } } } }],
      }),
    });
    const user = await userWithPassword(node);
    const number = mobileNumber();
    await node.app.directory.replaceCredential(user.id, phoneCredential(number));
    const { agent, page } = await beginSignIn(node, 'notes');
    const begun = await agent.submit(page, formOf(page, 'recover'));
    const challenged = await answerStep(agent, begun, { identifier: user.identifier });
    expect(currentStep(challenged)).toBe('challenge:phone');
    const { text, channel } = await mailTo(node, number);
    expect(channel).toBe(method);
    expect(text).toContain(method === 'sms' ? 'code to reset your password for Notes' : 'wants to reset the password');
    expect(text).not.toMatch(/sign(?:ing)? in/i);
    await node.configure({
      ...settingsWithPhone({ limits: enough }),
      ...byPhoneAlone,
      'policies/recovery.yaml': readFileSync('config/policies/recovery.yaml', 'utf8'),
    });
  });

  test('by text message: one page, one message that phones fill in by themselves, true evidence', async () => {
    const user = await caller(node);
    const { agent, page } = await asked(user.identifier);
    expect(currentStep(page)).toBe('challenge:phone');
    const message = await mailTo(node, user.number);
    expect(message).toMatchObject({ channel: 'sms', to: user.number });
    expect(message.text).toMatch(/^\d{6} is your code to sign in to Notes\./);
    // Origin-bound one-time codes: the last line is for the browser.
    expect(message.text.trimEnd().split('\n').at(-1)).toBe(`@localhost #${codeFor(message)}`);
    expect(withoutDraws(page)).not.toContain(user.number.slice(-4));
    expect(currentStep(await answerStep(agent, page, code(codeFor(message))))).toBe('code');
    expect(completed(user)).toMatchObject({ amr: ['sms'] });
    expect(eventsOf(node, user.id)).toContain('authenticator.verified:phone');
    expect(await allMailTo(node, user.number)).toHaveLength(1);
  });

  test('by call, and back to text messages; each time only the newest code counts', async () => {
    const user = await caller(node);
    const { agent, page } = await asked(user.identifier);
    expect(textForm(page)).toBeUndefined();
    const text = await mailTo(node, user.number);
    await mayResend(user);
    const calling = await agent.submit(page, callForm(page));
    expect([calling.status, calling.messages, currentStep(calling)]).toEqual([200, ['sent.again'], 'challenge:phone']);
    expect(callForm(calling)).toBeUndefined();
    const call = await mailTo(node, user.number, 2);
    expect(call.channel).toBe('voice');
    expect(call.text.match(/(?:\d, ){5}\d/g)).toEqual(Array(2).fill([...codeFor(call)].join(', ')));
    if (codeFor(text) !== codeFor(call))
      expect((await answerStep(agent, calling, code(codeFor(text)))).messages).toEqual(['credentials.invalid']);
    await mayResend(user);
    const texting = await agent.submit(calling, textForm(calling));
    expect(callForm(texting)).toBeDefined();
    expect((await mailTo(node, user.number, 3)).channel).toBe('sms');
    await mayResend(user);
    const again = await agent.submit(texting, callForm(texting));
    const last = await mailTo(node, user.number, 4);
    expect(currentStep(await answerStep(agent, again, code(codeFor(last))))).toBe('code');
    expect(completed(user)).toMatchObject({ amr: ['tel'] });
  });

  test('sent again it uses the same channel; a channel that is not offered is refused', async () => {
    const user = await caller(node);
    const { agent, page } = await asked(user.identifier);
    await mailTo(node, user.number);
    await mayResend(user);
    const calling = await agent.submit(page, callForm(page));
    await mailTo(node, user.number, 2);
    await mayResend(user);
    const again = await agent.submit(calling, formOf(calling, 'resend'));
    expect((await mailTo(node, user.number, 3)).channel).toBe('voice');
    await mayResend(user);
    const forged = await agent.submit(again, formOf(again, 'resend'), { 'authenticator.methodType': 'email' });
    expect(forged.messages).toEqual(['form.stale']);
    expect(await allMailTo(node, user.number)).toHaveLength(3);
  });

  test('a landline is called', async () => {
    const user = await caller(node, '+4930901820');
    const { agent, page } = await asked(user.identifier);
    expect(page.forms.filter(({ step }) => step === 'resend')).toHaveLength(1);
    const call = await mailTo(node, user.number);
    expect(call.channel).toBe('voice');
    expect(currentStep(await answerStep(agent, page, code(codeFor(call))))).toBe('code');
  });

  test('with a password the page shows the number, masked', async () => {
    const user = await userWithPassword(node);
    const number = mobileNumber();
    await node.app.directory.replaceCredential(user.id, phoneCredential(number));
    const { agent, page } = await beginSignIn(node, 'payroll');
    const challenged = await identify(agent, page, user);
    expect(currentStep(challenged)).toBe('challenge:phone');
    expect(challenged.html).toContain(`+49 ••• •••• ${number.slice(-2)}`);
    expect(withoutDraws(challenged)).not.toContain(number.slice(-4));
    const done = await answerStep(agent, challenged, code(codeFor(await mailTo(node, number))));
    expect(currentStep(done)).toBe('code');
    expect(completed(user)).toMatchObject({ amr: ['mfa', 'pwd', 'sms'] });
  });

  test('a resend comes not at once, kills the older code, and gives no new attempts', async () => {
    const user = await caller(node);
    const { agent, page } = await asked(user.identifier);
    const first = await mailTo(node, user.number);
    for (let tries = 0; tries < 3; tries += 1)
      expect((await answerStep(agent, page, code(otherThan(codeFor(first))))).messages).toEqual([
        'credentials.invalid',
      ]);
    const early = await agent.submit(page, formOf(page, 'resend'));
    expect([early.status, early.messages]).toEqual([429, ['resend.exceeded']]);
    expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(node.audit.findLast(({ subject }) => subject === user.id)).toMatchObject({
      event: 'message.limited',
      reason: 'account',
      authenticator: 'phone',
    });
    await mayResend(user);
    const again = await agent.submit(early, formOf(early, 'resend'));
    const newest = await mailTo(node, user.number, 2);
    if (codeFor(first) !== codeFor(newest))
      expect((await answerStep(agent, again, code(codeFor(first)))).messages).toEqual(['credentials.invalid']);
    else expect((await answerStep(agent, again, code(otherThan(codeFor(newest))))).status).toBe(422);
    expect((await answerStep(agent, again, code(otherThan(codeFor(newest))))).messages).toEqual([
      'credentials.invalid',
    ]);
    const over = await answerStep(agent, again, code(codeFor(newest)));
    expect([over.status, over.messages]).toEqual([429, ['attempts.exceeded']]);
  });

  test('five guesses in all, over transactions and nodes', async () => {
    const user = await caller(node);
    let evaluated = 0;
    let last = await asked(user.identifier);
    const message = await mailTo(node, user.number);
    for (let tries = 0; tries < 12; tries += 1) {
      const agent = tries % 2 ? last.agent.via({ [node.issuer]: second.origin }) : last.agent;
      const page = await answerStep(agent, last.page, code(otherThan(codeFor(message))));
      if (page.messages.includes('credentials.invalid')) evaluated += 1;
      else expect([page.status, page.messages]).toEqual([429, ['attempts.exceeded']]);
      if (tries === 3) last = { ...last, ...(await asked(user.identifier.toUpperCase(), new UserAgent())) };
    }
    expect(evaluated).toBe(5);
  });

  test('a code of another transaction, and of another user, does not count; a right one counts once', async () => {
    const user = await caller(node);
    const first = await asked(user.identifier);
    const message = await mailTo(node, user.number);
    await mayResend(user);
    const other = await asked(user.identifier);
    const newer = await mailTo(node, user.number, 2);
    const stranger = await caller(node);
    const theirs = await asked(stranger.identifier);
    if (codeFor(message) !== codeFor(newer)) {
      for (const { agent, page } of [other, theirs])
        expect((await answerStep(agent, page, code(codeFor(message)))).messages).toEqual(['credentials.invalid']);
    }
    const pages = await Promise.all([
      answerStep(first.agent, first.page, code(codeFor(message))),
      answerStep(first.agent.via({ [node.issuer]: second.origin }), first.page, code(codeFor(message))),
    ]);
    expect(pages.map(currentStep)).toContain('code');
    const verified = [...node.audit, ...second.audit].filter(
      ({ subject, event }) => subject === user.id && event === 'authenticator.verified',
    );
    expect(verified).toHaveLength(1);
  });

  test('a code that is too old', async () => {
    const user = await caller(node);
    const { agent, page } = await asked(user.identifier);
    const message = await mailTo(node, user.number);
    clock += 601;
    try {
      expect((await answerStep(agent, page, code(codeFor(message)))).messages[0]).toBe('challenge.expired');
      // The next code, which would be under way for ten minutes otherwise.
      await mailTo(node, user.number, 2);
    } finally {
      clock = 0;
    }
  });

  test('nothing is kept or logged from which the code or the number follows', async () => {
    const user = await caller(node);
    const { uid } = await asked(user.identifier);
    const message = await mailTo(node, user.number);
    const kept = (await storedTransaction(node, uid))?.value ?? '';
    expect(kept).toContain('"authenticator":"phone"');
    const log = JSON.stringify(node.audit.filter(({ subject }) => subject === user.id));
    expect(log).not.toMatch(byItself(codeFor(message)));
    for (const secret of [user.number, user.number.slice(-8)]) expect(log).not.toContain(secret);
    for (const secret of [codeFor(message), user.number, user.number.slice(-8)])
      expect(kept).not.toContain(`"${secret}"`);
  });

  describe('an enrollment', () => {
    /** As far as the page that asks for the number. */
    async function offered() {
      const user = await userWithTotp(node);
      await node.configure(
        signOnPolicy('payroll', {
          then: {
            allow: {
              chains: [['password', 'totp', 'phone'].map((authenticator) => ({ authenticators: [authenticator] }))],
            },
          },
        }),
      );
      const { agent, page } = await beginSignIn(node, 'payroll');
      const proved = await answerStep(agent, await identify(agent, page, user), await passcode(user));
      return { user, agent, page: proved };
    }
    const number = (text: string) => ({ 'credentials.phoneNumber': text });

    test('by text message: a notice, the number, the code; wrong codes count on a counter of their own', async () => {
      const { user, agent, page } = await offered();
      expect(currentStep(page)).toBe('enroll:phone');
      expect(page.html).toContain('data-message="enroll.restricted"');
      expect(page.html).toMatch(/type="tel"[^>]* autocomplete="tel"/);
      const to = mobileNumber();
      const asking = await answerStep(agent, page, number(`0${to.slice(3)}`));
      expect(asking.html).toContain(to);
      expect(asking.html).toMatch(/autocomplete="one-time-code" inputmode="numeric"/);
      const message = await mailTo(node, to);
      expect(message.text).toMatch(/^\d{6} is your code to use this number with /);
      expect((await answerStep(agent, asking, code(otherThan(codeFor(message))))).messages).toEqual([
        'credentials.invalid',
      ]);
      expect(currentStep(await answerStep(agent, asking, code(codeFor(message))))).toBe('code');
      const account = await node.app.directory.get(user.id);
      expect(account?.credentials.find(({ authenticator }) => authenticator === 'phone')?.secret).toEqual({
        number: to,
      });
      expect(completed(user)).toMatchObject({ amr: ['mfa', 'otp', 'pwd', 'sms'] });
    });

    test('by a call instead', async () => {
      const { user, agent, page } = await offered();
      const to = mobileNumber();
      const asking = await answerStep(agent, page, number(to));
      await mailTo(node, to);
      await mayResend(user);
      const calling = await agent.submit(asking, callForm(asking));
      expect(calling.messages).toEqual(['sent.again']);
      const call = await mailTo(node, to, 2);
      expect(call.channel).toBe('voice');
      expect(currentStep(await answerStep(agent, calling, code(codeFor(call))))).toBe('code');
      expect(completed(user)?.amr).toContain('tel');
    });

    test.each([
      ['', 'phone.required'],
      ['12', 'phone.invalid'],
      ['+41 79 123 45 67', 'phone.country'],
      ['+1 900 555 0199', 'phone.country'],
      ['0900 1234567', 'phone.kind'],
    ])('with %j goes no further: %s, and nothing is sent', async (text, message) => {
      const { agent, page } = await offered();
      const before = (await allMailTo(node)).length;
      const refused = await answerStep(agent, page, number(text));
      expect([refused.status, refused.messages, currentStep(refused)]).toEqual([
        422,
        [message, 'enroll.restricted'],
        'enroll:phone',
      ]);
      expect(await allMailTo(node)).toHaveLength(before);
    });
  });

  describe('messages that cost money are limited', () => {
    const limited = async (reason: string, identifier: string): Promise<void> => {
      const { page } = await asked(identifier);
      expect([page.status, page.messages, currentStep(page)]).toEqual([429, ['send.exceeded'], 'challenge:phone']);
      expect(node.audit.findLast(({ event }) => event === 'message.limited')).toMatchObject({ reason });
    };

    test('by number, for any user who asks', async () => {
      await withLimits({ number: 2 }, async () => {
        const number = mobileNumber();
        const users = [await caller(node, number), await caller(node, number), await caller(node, number)];
        for (const { identifier } of users.slice(0, 2)) await asked(identifier);
        await limited('number', users[2]?.identifier ?? '');
        await mailTo(node, number, 2);
        expect(await allMailTo(node, number)).toHaveLength(2);
      });
    });

    test('by block: numbers in a row', async () => {
      await withLimits({ prefix: 3 }, async () => {
        const block = mobileNumber().slice(0, -4);
        for (let index = 0; index < 3; index += 1) await asked((await caller(node, `${block}000${index}`)).identifier);
        await limited('prefix', (await caller(node, `${block}0009`)).identifier);
        expect(currentStep((await asked((await caller(node)).identifier)).page)).toBe('challenge:phone');
      });
    });

    test('by country', async () => {
      await withLimits({ country: 2 }, async () => {
        const french = (index: number) => caller(node, `+3361234560${index}`);
        for (let index = 0; index < 2; index += 1) await asked((await french(index)).identifier);
        await limited('country', (await french(2)).identifier);
      });
    });

    test('by network, also for names that no user has', async () => {
      await withLimits({ network: 3 }, async () => {
        const pages = [];
        for (const address of unknownAddressesWith('phone', 6)) pages.push((await asked(address)).page);
        expect(pages.map(currentStep)).toEqual(pages.map(() => 'challenge:phone'));
        expect(pages.filter(({ messages }) => messages.length === 0).length).toBeLessThanOrEqual(3);
        expect(pages.at(-1)?.messages).toEqual(['send.exceeded']);
        await limited('network', (await caller(node)).identifier);
      });
    });
  });

  test('nothing is sent to a country that is no longer allowed: the page says so only after a proof', async () => {
    const user = await caller(node, '+33612345699');
    await node.configure(settingsWithPhone({ limits: enough, countries: ['DE'] }));
    try {
      const { page } = await asked(user.identifier);
      expect([page.status, page.messages, currentStep(page)]).toEqual([200, [], 'challenge:phone']);
      expect(node.audit.findLast(({ subject }) => subject === user.id)).toMatchObject({
        event: 'message.undeliverable',
        reason: 'phone.country',
      });
      expect(await allMailTo(node, user.number)).toEqual([]);
    } finally {
      await node.configure(settingsWithPhone({ limits: enough }));
    }
  });

  test('unknown users see the same pages, get the same refusals, and nothing is sent', async () => {
    const user = await caller(node);
    const known = await asked(user.identifier);
    const addresses = unknownAddressesWith('phone', 6, 'unknown');
    const phoned = await Promise.all(addresses.map((address) => asked(address)));
    expect(phoned.map(({ page }) => currentStep(page))).toEqual(phoned.map(() => 'challenge:phone'));
    const anonymous = ({ page, uid }: SignIn): string =>
      withoutTimeLeft(page.html)
        .replace(/stateHandle" value="[^"]*"/g, '')
        .replaceAll(uid, 'uid')
        .replace(/[\w-]+@demo\.test/g, 'x');
    expect(phoned.map(anonymous)).toContain(anonymous(known));
    for (const signIn of phoned.slice(0, 3)) {
      const refused = await answerStep(signIn.agent, signIn.page, code('123456'));
      expect([refused.status, refused.messages]).toEqual([422, ['credentials.invalid']]);
      const early = await signIn.agent.submit(signIn.page, formOf(signIn.page, 'resend'));
      expect([early.status, early.messages]).toEqual([429, ['resend.exceeded']]);
    }
    await mailTo(node, user.number);
    expect((await allMailTo(node)).filter(({ channel, to }) => channel !== 'sms' && to.includes('unknown'))).toEqual(
      [],
    );
  });
});
