/** Guessing at codes and keys, and locking others out by it (Law 8; passwords and TOTP: brute-force.test.ts). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appFile } from '../../support/clients/authorize.ts';
import { redirectUri } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  formOf,
  type SignIn,
  signOnPolicy,
} from '../../support/clients/sign-in-flow.ts';
import { codeIn, mailTo, maySendAgain, otherThan } from '../../support/messages/mail.ts';
import { mainForm, type Page, type UserAgent } from '../../support/pages/user-agent.ts';
import { assertion, optionsOf, whereOf } from '../../support/pages/webauthn.ts';
import { startTwoNodes, type TwoNodes } from '../../support/servers/two-nodes.ts';
import {
  type CapabilityName,
  capabilities,
  fieldsOf,
  type Holder,
  holder,
  settingsWithAllAuthenticators,
  softKeyOf,
} from '../../support/users/enrolled-users.ts';

type Fields = Readonly<Record<string, string>>;

let two: TwoNodes;
beforeAll(async () => {
  const mailed = { factors: 2, knowledge: { authenticators: ['password'] }, possession: { authenticators: ['email'] } };
  two = await startTwoNodes({
    demo: true,
    files: {
      ...settingsWithAllAuthenticators,
      ...signOnPolicy('one', { then: { allow: { factors: 1 } } }),
      ...appFile('one', { signOnPolicy: 'one' }),
      ...signOnPolicy('two', { then: { allow: { factors: 2 } } }),
      ...appFile('two', { signOnPolicy: 'two' }),
      ...signOnPolicy('mailed', { then: { allow: mailed } }),
      ...appFile('mailed', { signOnPolicy: 'mailed' }),
    },
  });
});
afterAll(() => two.stop());

/** Tries that are evaluated within five or ten minutes. */
const limits = { email: 5, phone: 5, recovery_code: 5, access_code: 5, webauthn: 10 } as const;
const guessed = ['security key', 'email', 'phone', 'recovery code', 'access code'] as const;
const spellings: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.toUpperCase(),
  (text) => ` ${text} `,
  (text) => text.replace('demo.test', 'DEMO.TEST.'),
];

async function upTo({ identifier }: Pick<Holder, 'identifier'>, app = 'one'): Promise<SignIn> {
  const begun = await beginSignIn(two, app, two.hoppingAgent());
  return { ...begun, page: await answerStep(begun.agent, begun.page, { identifier, 'credentials.passcode': '' }) };
}

/** Well-formed, and not the right one. */
async function wrongAnswer(name: CapabilityName, who: Holder, page: Page, agent: UserAgent): Promise<Fields> {
  if (capabilities[name].authenticator === 'webauthn') {
    const where = whereOf({ public: optionsOf(page) }, two.issuer);
    const { id = '' } = ((optionsOf(page).allowCredentials as { id: string }[])[0] ?? {}) as { id?: string };
    return fieldsOf(assertion(softKeyOf(who.id), where, { id: Buffer.from(id, 'base64url') }));
  }
  if (name === 'email')
    return { 'credentials.passcode': otherThan(codeIn(await mailTo(two.nodes[0], who.identifier))) };
  if (name === 'phone') {
    const right = await who.answer(name, page, agent);
    return { 'credentials.passcode': otherThan(right['credentials.passcode'] ?? '') };
  }
  const otherUser = await holder(two.nodes[0], name);
  return otherUser.answer(name, page, agent);
}

function evaluated({ id }: Holder, name: CapabilityName): number {
  const { authenticator } = capabilities[name];
  return two
    .audit()
    .filter(
      (line) => line.subject === id && line.authenticator === authenticator && line.event === 'authenticator.refused',
    ).length;
}

const limitOf = (name: (typeof guessed)[number]): number => limits[capabilities[name].authenticator];

describe.each(guessed)('%s', (name) => {
  test('20 guesses, ten at once, in ten sign-ins on two nodes, in any spelling of the name', async () => {
    const who = await holder(two.nodes[0], name);
    const first = await upTo(who);
    const right = await who.answer(name, first.page, first.agent);
    const wrong = await wrongAnswer(name, who, first.page, first.agent);
    const isKey = capabilities[name].authenticator === 'webauthn';
    for (let turn = 0; turn < 2; turn += 1) {
      const sides = await Promise.all(
        Array.from({ length: 5 }, (_, index) =>
          upTo({ identifier: spellings[(turn + index) % spellings.length]?.(who.identifier) ?? '' }),
        ),
      );
      const pages = await Promise.all(
        [...sides, ...sides].map(async ({ agent, page }) =>
          answerStep(agent, page, isKey ? await wrongAnswer(name, who, page, agent) : wrong),
        ),
      );
      expect(pages.map(currentStep)).not.toContain('code');
    }
    expect(evaluated(who, name)).toBe(limitOf(name));
    const late = await answerStep(first.agent, first.page, right);
    expect([late.status, late.messages]).toEqual([429, ['attempts.exceeded']]);
  });

  test('the right password before each guess gives no new ones', async () => {
    const who = await holder(two.nodes[0], 'password', name);
    for (let round = 0; round < 8; round += 1) {
      const { agent, page } = await upTo(who, 'two');
      const named = await chooseAuthenticator(agent, page, 'password');
      const at = await answerStep(agent, named, await who.answer('password', named, agent));
      expect(currentStep(at)).toBe(`challenge:${capabilities[name].authenticator}`);
      const wrong = await wrongAnswer(name, who, at, agent);
      await Promise.all([1, 2].map(() => answerStep(agent, at, wrong)));
    }
    expect(evaluated(who, name)).toBe(limitOf(name));
  });
});

function chooseAuthenticator(agent: UserAgent, page: Page, name: CapabilityName): Promise<Page> | Page {
  const { authenticator } = capabilities[name];
  if (currentStep(page) === `challenge:${authenticator}`) return page;
  return agent.submit(page, formOf(page, 'select'), { 'authenticator.id': authenticator });
}

describe('messages sent again', () => {
  const mayBeSentAgain = ({ id }: { readonly id: string }) => maySendAgain(two.nodes[0], id);

  test('a newer code gives no new guesses', async () => {
    const who = await holder(two.nodes[0], 'email');
    let { agent, page } = await upTo(who);
    for (let round = 1; round <= 4; round += 1) {
      const wrong = otherThan(codeIn(await mailTo(two.nodes[0], who.identifier, round)));
      for (let guess = 0; guess < 2; guess += 1) await answerStep(agent, page, { 'credentials.passcode': wrong });
      await mayBeSentAgain(who);
      page = await agent.submit(page, formOf(page, 'resend'));
      expect(page.messages).toEqual(['sent.again']);
    }
    expect(evaluated(who, 'email')).toBe(limits.email);
  });

  test('an attacker cannot guess the code of a foreign address: new offers and new messages give no new guesses', async () => {
    const who = await holder(two.nodes[0], 'password');
    const address = `victim-${who.identifier}`;
    const seen: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      const begun = await upTo(who, 'mailed');
      const offer = await answerStep(begun.agent, begun.page, await who.answer('password', begun.page, begun.agent));
      expect(currentStep(offer)).toBe('enroll:email');
      await mayBeSentAgain(who);
      let at = await answerStep(begun.agent, offer, { 'credentials.email': address });
      seen.push(...at.messages);
      for (let again = 0; again < 3 && formOf(at, 'resend'); again += 1) {
        const wrong = otherThan(codeIn(await mailTo(two.nodes[0], address)));
        at = await answerStep(begun.agent, at, { 'credentials.passcode': wrong });
        seen.push(...at.messages);
        await mayBeSentAgain(who);
        at = await begun.agent.submit(at, formOf(at, 'resend'));
        expect(at.messages).toEqual(['sent.again']);
      }
    }
    expect(seen).toContain('attempts.exceeded');
    // The first answer gave the address; it costs one as well.
    expect(evaluated(who, 'email')).toBeLessThan(limits.email);
    expect((await two.nodes[0].app.directory.get(who.id))?.credentials).toHaveLength(1);
  });
});

describe('an attacker uses up all attempts', () => {
  async function burn({ identifier }: Holder): Promise<void> {
    for (let guess = 0; guess < 12; guess += 1) {
      const { agent, page } = await beginSignIn(two, 'one', two.hoppingAgent());
      await answerStep(agent, page, { identifier, 'credentials.passcode': `guess ${guess}` });
    }
    const { agent, page } = await beginSignIn(two, 'one');
    const refused = await answerStep(agent, page, { identifier, 'credentials.passcode': 'guess' });
    expect(refused.messages).toEqual(['attempts.exceeded']);
  }

  test.each(['passkey', 'email', 'phone', 'totp', 'recovery code', 'access code'] as const)(
    'at the password: the owner gets in by %s',
    async (name) => {
      const who = await holder(two.nodes[0], 'password', name);
      await burn(who);
      const { agent, page } = await upTo(who);
      const at = await chooseAuthenticator(agent, page, name);
      expect(currentStep(await answerStep(agent, at, await who.answer(name, at, agent)))).toBe('code');
    },
  );

  test('at the passkey, which takes only the id that every app knows: the owner gets in by the password', async () => {
    const who = await holder(two.nodes[0], 'password', 'passkey');
    for (let guess = 0; guess < 12; guess += 1) {
      const { agent, page } = await beginSignIn(two, 'one', two.hoppingAgent());
      const form = page.forms.find(({ step, authenticator }) => step === 'identify' && authenticator === 'webauthn');
      const wrong = fieldsOf(assertion(softKeyOf(who.id), whereOf({ public: optionsOf(page) }, two.issuer)));
      await agent.submit(page, form, wrong);
    }
    expect(evaluated(who, 'passkey')).toBe(limits.webauthn);
    const { agent, page } = await upTo(who);
    const at = await chooseAuthenticator(agent, page, 'password');
    expect(currentStep(await answerStep(agent, at, await who.answer('password', at, agent)))).toBe('code');
  });

  test('the form that was throttled stays: the user who comes back later need not start again', async () => {
    const who = await holder(two.nodes[0], 'email');
    const { agent, page } = await upTo(who);
    const right = await who.answer('email', page, agent);
    const wrong = await wrongAnswer('email', who, page, agent);
    for (let guess = 0; guess < 6; guess += 1) await answerStep(agent, page, wrong);
    await two.nodes[0].app.directory.unlock(who.id, ['email']);
    const current = await agent.open(page.url, {}, redirectUri);
    expect(mainForm(current)?.authenticator).toBe('email');
    expect(currentStep(await answerStep(agent, current, right))).toBe('code');
  });
});
