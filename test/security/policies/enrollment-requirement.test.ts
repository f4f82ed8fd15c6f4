/** No authenticator is added before the strongest evidence that the account can give was proved (Law 7). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appFile } from '../../support/clients/authorize.ts';
import { redirectUri } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  eventsOf,
  formOf,
  type SignIn,
  signOnPolicy,
  wrongCode,
} from '../../support/clients/sign-in-flow.ts';
import { codeIn, mailTo, maySendAgain } from '../../support/messages/mail.ts';
import { mainForm, type Page, type UserAgent } from '../../support/pages/user-agent.ts';
import { attestation, optionsOf, whereOf } from '../../support/pages/webauthn.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import {
  type CapabilityName,
  capabilities,
  fieldsOf,
  type Holder,
  holder,
  settingsWithAllAuthenticators,
  softKeyOf,
} from '../../support/users/enrolled-users.ts';

/** What the enrollment policy can ask for. */
const enrollable = ['totp', 'webauthn', 'email', 'recovery_code'] as const;
type Enrollable = (typeof enrollable)[number];

let node: TestNode;
beforeAll(async () => {
  const rules = [
    ...enrollable.map((key) => ({
      name: `For ${key}`,
      when: { apps: { any: [`wants-${key}`] } },
      then: { required: [key] },
    })),
    ...enrollable.map((key) => ({
      name: `Offer of ${key}`,
      when: { apps: { any: [`offers-${key}`] } },
      then: { optional: [key] },
    })),
    { name: 'Rest', then: {} },
  ];
  const one = signOnPolicy('one', { then: { allow: { factors: 1 } } });
  const apps = enrollable.flatMap((key) =>
    ['wants', 'offers'].map((verb) => appFile(`${verb}-${key}`, { signOnPolicy: 'one' })),
  );
  node = await startNode({
    demo: true,
    users: false,
    files: Object.assign(
      { 'policies/enrollment.yaml': JSON.stringify({ rules }) },
      settingsWithAllAuthenticators,
      one,
      ...apps,
    ),
  });
});
afterAll(() => node.stop());

/** The page after the identifier, of an app that wants something enrolled, or offers it. */
async function signInUpToRequirement(
  { identifier }: Holder,
  key: Enrollable,
  verb: 'wants' | 'offers' = 'wants',
): Promise<SignIn> {
  const begun = await beginSignIn(node, `${verb}-${key}`);
  return { ...begun, page: await answerStep(begun.agent, begun.page, { identifier, 'credentials.passcode': '' }) };
}

/** Asks for an option by hand: the page may not offer it. */
function postByHand(
  agent: UserAgent,
  page: Page,
  way: string,
  fields: Readonly<Record<string, string>>,
): Promise<Page> {
  const body = new URLSearchParams({ stateHandle: mainForm(page)?.fields.stateHandle ?? '', ...fields });
  return agent.open(`${page.url}${way}`, { method: 'POST', body }, redirectUri);
}

function chooseAuthenticator(agent: UserAgent, page: Page, name: CapabilityName): Promise<Page> | Page {
  const { authenticator } = capabilities[name];
  if (currentStep(page) === `challenge:${authenticator}`) return page;
  return postByHand(agent, page, '/select', { 'authenticator.id': authenticator });
}

async function prove(who: Holder, agent: UserAgent, page: Page, name: CapabilityName): Promise<Page> {
  const at = await chooseAuthenticator(agent, page, name);
  expect(currentStep(at)).toBe(`challenge:${capabilities[name].authenticator}`);
  return answerStep(agent, at, await who.answer(name, at, agent));
}

/** Nothing on the page that only an offer contains: a key, codes, a challenge to register, an input for an address. */
function showsNoOffer(page: Page): void {
  expect(currentStep(page)).not.toMatch(/^(enroll|code$)/);
  expect(page.secret).toBeUndefined();
  expect(page.html).not.toMatch(/excludeCredentials|credentials\.email|credentials\.saved|otpauth:/);
}

const cases = (['totp', 'passkey', 'security key', 'email', 'phone', 'recovery code', 'access code'] as const).flatMap(
  (owned) => enrollable.filter((key) => key !== capabilities[owned].authenticator).map((key) => ({ owned, key })),
);

describe.each(cases)('a user with a password and: $owned', ({ owned, key }) => {
  test(`with the password alone there is no offer of ${key}, even by a forged request`, async () => {
    const who = await holder(node, 'password', owned);
    const { agent, page } = await signInUpToRequirement(who, key);
    showsNoOffer(page);
    const at = await prove(who, agent, page, 'password');
    expect(currentStep(at)).toBe(`challenge:${capabilities[owned].authenticator}`);
    for (const id of [key, `${key}:`, `enroll:${key}`])
      for (const way of ['/select', ''])
        showsNoOffer(await postByHand(agent, at, way, { 'authenticator.id': id, purpose: 'enroll' }));
    showsNoOffer(await postByHand(agent, at, '/skip', {}));
    showsNoOffer(await agent.open(at.url, {}, redirectUri));
    expect((await node.app.directory.get(who.id))?.credentials).toHaveLength(2);
    expect(eventsOf(node, who.id)).not.toContain('sign_in.completed');
  });

  test(`where ${key} is optional, it is named, and its requirements come only after the proof`, async () => {
    const who = await holder(node, 'password', owned);
    const { agent, page } = await signInUpToRequirement(who, key, 'offers');
    const list = await prove(who, agent, page, 'password');
    showsNoOffer(list);
    expect(currentStep(list)).toBe('select');
    const answers = {
      'credentials.saved': 'yes',
      'credentials.passcode': '000000',
      'credentials.email': 'a@demo.test',
    };
    showsNoOffer(await postByHand(agent, list, '', answers));
    const at = await answerStep(agent, list, { 'authenticator.id': key });
    expect(at.messages).toEqual(['enroll.prove_first']);
    showsNoOffer(at);
    const still = await postByHand(agent, at, '/select', { 'authenticator.id': key, purpose: 'enroll' });
    showsNoOffer(still);
    expect(currentStep(await prove(who, agent, still, owned))).toBe(`enroll:${key}`);
  });

  test(`with both, ${key} is offered`, async () => {
    const who = await holder(node, 'password', owned);
    const { agent, page } = await signInUpToRequirement(who, key);
    const at = await prove(who, agent, page, 'password');
    expect(currentStep(await prove(who, agent, at, owned))).toBe(`enroll:${key}`);
  });
});

describe('an offer', () => {
  async function offered(key: Enrollable) {
    const who = await holder(node, 'password');
    const { agent, page } = await signInUpToRequirement(who, key);
    const offer = await prove(who, agent, page, 'password');
    expect(currentStep(offer)).toBe(`enroll:${key}`);
    return { who, agent, offer };
  }

  /** Confirms the offer of a page, as far as that takes one answer. */
  async function confirmation(key: Enrollable, who: Holder, offer: Page): Promise<Readonly<Record<string, string>>> {
    if (key === 'recovery_code') return { 'credentials.saved': 'yes' };
    if (key === 'email') return { 'credentials.email': `other-${who.identifier}` };
    if (key === 'webauthn') {
      const where = whereOf({ public: optionsOf(offer) }, node.issuer);
      return fieldsOf(attestation(softKeyOf(who.id), where));
    }
    return { 'credentials.passcode': '000000' };
  }

  test.each(enrollable)('of %s takes only its own form, from its own browser', async (key) => {
    const [mine, theirs] = [await offered(key), await offered(key)];
    const answer = await confirmation(key, mine.who, mine.offer);
    const uid = mine.offer.url;
    const mixes = [
      { agent: theirs.agent, url: uid, page: mine.offer },
      { agent: mine.agent, url: uid, page: theirs.offer },
      { agent: theirs.agent, url: uid, page: theirs.offer },
      { agent: mine.agent, url: theirs.offer.url, page: mine.offer },
    ];
    for (const { agent, url, page } of mixes) {
      const body = new URLSearchParams({ stateHandle: mainForm(page)?.fields.stateHandle ?? '', ...answer });
      const end = await agent.open(url, { method: 'POST', body }, redirectUri);
      expect(currentStep(end)).not.toBe('code');
    }
    for (const { who } of [mine, theirs])
      expect((await node.app.directory.get(who.id))?.credentials.map(({ authenticator }) => authenticator)).toEqual([
        'password',
      ]);
  });

  test.each(['webauthn', 'recovery_code'] as const)(
    'of %s is void once the account has something else',
    async (key) => {
      const { who, agent, offer } = await offered(key);
      const owner = await signInUpToRequirement(who, 'email');
      const atAddress = await prove(who, owner.agent, owner.page, 'password');
      const address = `owner-${who.identifier}`;
      const atCode = await answerStep(owner.agent, atAddress, { 'credentials.email': address });
      const code = codeIn(await mailTo(node, address));
      expect(currentStep(await answerStep(owner.agent, atCode, { 'credentials.passcode': code }))).toBe('code');
      const late = await answerStep(agent, offer, await confirmation(key, who, offer));
      expect([late.status, currentStep(late)]).toEqual([409, 'challenge:password']);
      expect((await node.app.directory.get(who.id))?.credentials).toHaveLength(2);
    },
  );

  test('of an address takes the code that was sent to this address last', async () => {
    const { who, agent, offer } = await offered('email');
    const [own, victims] = [`own-${who.identifier}`, `victim-${who.identifier}`];
    const first = await answerStep(agent, offer, { 'credentials.email': own });
    const code = codeIn(await mailTo(node, own));
    await maySendAgain(node, who.id);
    // Another offer in the same browser, for an address that another user reads.
    const second = await signInUpToRequirement(who, 'email');
    const again = await prove(who, second.agent, second.page, 'password');
    const claimed = await answerStep(second.agent, again, { 'credentials.email': victims });
    if (code !== codeIn(await mailTo(node, victims))) {
      const refused = await answerStep(second.agent, claimed, { 'credentials.passcode': code });
      expect(refused.messages).toEqual(['credentials.invalid']);
    }
    // The address cannot be changed under the code either.
    const swapped = await answerStep(agent, first, { 'credentials.email': victims, 'credentials.passcode': code });
    expect(currentStep(swapped)).toBe('code');
    const [, enrolled] = (await node.app.directory.get(who.id))?.credentials ?? [];
    expect(enrolled?.address).toBe(own);
  });

  test('that was not confirmed leaves nothing behind', async () => {
    for (const key of enrollable) {
      const { who, agent, offer } = await offered(key);
      if (key === 'totp')
        await answerStep(agent, offer, { 'credentials.passcode': await wrongCode({ totp: offer.secret }) });
      if (key === 'email') await answerStep(agent, offer, { 'credentials.email': `x-${who.identifier}` });
      if (key === 'recovery_code') await answerStep(agent, offer, { 'credentials.saved': '' });
      await agent.submit(offer, formOf(offer, 'cancel'));
      expect([key, (await node.app.directory.get(who.id))?.credentials.length]).toEqual([key, 1]);
    }
  });
});
