/** What belongs to one user, one sign-in or one ceremony has no effect in another (Law 6). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appFile } from '../../support/clients/authorize.ts';
import { claimsOf, redeemCode } from '../../support/clients/raw-client.ts';
import { redirectUri } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  eventsOf,
  formOf,
  type SignIn,
  signOnPolicy,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { assertion, attestation, optionsOf, type SoftKey, whereOf } from '../../support/pages/webauthn.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import {
  type CapabilityName,
  capabilities,
  capabilityNames,
  fieldsOf,
  type Holder,
  holder,
  settingsWithAllAuthenticators,
  softKeyOf,
} from '../../support/users/enrolled-users.ts';

type Fields = Readonly<Record<string, string>>;

let node: TestNode;
beforeAll(async () => {
  const one = { allow: { factors: 1 } };
  const keyOnly = { allow: { factors: 1, possession: { authenticators: ['webauthn'] } } };
  node = await startNode({
    demo: true,
    users: false,
    files: {
      ...settingsWithAllAuthenticators,
      ...signOnPolicy('one', { then: one }),
      ...appFile('one', { signOnPolicy: 'one' }),
      ...signOnPolicy('key', { then: keyOnly }),
      ...appFile('key', { signOnPolicy: 'key' }),
    },
  });
});
afterAll(() => node.stop());

/** Goes as far as the page that asks for what this user has. */
async function upTo(who: Holder, app = 'one', agent = new UserAgent()): Promise<SignIn> {
  const begun = await beginSignIn(node, app, agent);
  const { identifier } = who;
  return { ...begun, page: await answerStep(agent, begun.page, { identifier, 'credentials.passcode': '' }) };
}

function post(agent: UserAgent, uid: string, fields: Fields): Promise<Page> {
  const init = { method: 'POST', body: new URLSearchParams(fields) };
  return agent.open(`${node.issuer}/signin/${uid}`, init, redirectUri);
}

const handleOf = (page: Page): string => mainForm(page)?.fields.stateHandle ?? '';

async function subjectOf({ request }: SignIn, { url }: Page): Promise<unknown> {
  return claimsOf((await redeemCode(node.origin, request, url)).tokens?.id_token).sub;
}

const sides = ['ann', 'ben'] as const;
const mixes = sides.flatMap((uid) =>
  sides.flatMap((cookies) => sides.flatMap((handle) => sides.map((proof) => ({ uid, cookies, handle, proof })))),
);

describe.each(capabilityNames)('two users who each have: %s', (name: CapabilityName) => {
  const begin = async () => {
    const who = await holder(node, name);
    return { who, ...(await upTo(who)) };
  };

  test('only what belongs together proves anything, and it proves it of its owner', async () => {
    for (const mix of mixes) {
      const users = { ann: await begin(), ben: await begin() };
      const { who, page, agent } = users[mix.proof];
      expect(currentStep(page)).toBe(`challenge:${capabilities[name].authenticator}`);
      const proof = await who.answer(name, page, agent);
      const fields = { stateHandle: handleOf(users[mix.handle].page), ...proof };
      const end = await post(users[mix.cookies].agent, users[mix.uid].uid, fields);
      // All users of this node have the same password: it is the right one in any mix of what else belongs together.
      const { proof: ofWhom, ...rest } = mix;
      const parts = name === 'password' ? Object.values(rest) : [...Object.values(rest), ofWhom];
      expect([mix, currentStep(end) === 'code']).toEqual([mix, new Set(parts).size === 1]);
      if (currentStep(end) !== 'code') continue;
      const owner = users[mix.uid];
      expect(await subjectOf(owner, end)).toBe(owner.who.id);
    }
  });
});

describe('a passkey', () => {
  interface WithKey {
    readonly who: Holder;
    readonly key: SoftKey;
  }

  /** Has a password, and enrolls the key during the sign-in. */
  async function withKey(): Promise<WithKey & { readonly registration: Fields; readonly offer: Page }> {
    const who = await holder(node, 'password');
    const { agent, page } = await upTo(who, 'key');
    const offer = await answerStep(agent, page, await who.answer('password', page, agent));
    expect(currentStep(offer)).toBe('enroll:webauthn');
    const key = softKeyOf(who.id);
    const registration = fieldsOf(attestation(key, whereOf({ public: optionsOf(offer) }, node.issuer)));
    expect(currentStep(await answerStep(agent, offer, registration))).toBe('code');
    return { who, key, registration, offer };
  }

  const signed = (key: SoftKey, page: Page, more = {}): Fields =>
    fieldsOf(assertion(key, { ...whereOf({ public: optionsOf(page) }, node.issuer), ...more }));

  function presentFirst(agent: UserAgent, page: Page, fields: Fields): Promise<Page> {
    const form = page.forms.find(({ step, authenticator }) => step === 'identify' && authenticator === 'webauthn');
    return agent.submit(page, form, fields);
  }

  test('answers the challenge of its own sign-in, not of another one, of another user, or of another ceremony', async () => {
    const [mine, theirs] = [await withKey(), await withKey()];
    const others: Readonly<Record<string, () => Promise<Fields>>> = {
      'another sign-in': async () => signed(mine.key, (await upTo(mine.who, 'key')).page),
      'another user': async () => signed(mine.key, (await upTo(theirs.who, 'key')).page),
      'the page that asks who it is': async () => signed(mine.key, (await beginSignIn(node, 'key')).page),
      'its registration': async () => signed(mine.key, mine.offer),
      'the registration itself': async () => mine.registration,
    };
    for (const [whose, make] of Object.entries(others)) {
      const { agent, page } = await upTo(mine.who, 'key');
      const refused = await answerStep(agent, page, await make());
      expect([whose, refused.status, currentStep(refused)]).toEqual([whose, 422, 'challenge:webauthn']);
      expect([whose, currentStep(await answerStep(agent, refused, signed(mine.key, refused)))]).toEqual([
        whose,
        'code',
      ]);
    }
  });

  test('of a challenge after the name does not answer the page that asks for the name', async () => {
    const { who, key } = await withKey();
    const begun = await beginSignIn(node, 'key');
    const wrong = [signed(key, (await upTo(who, 'key')).page), signed(key, (await beginSignIn(node, 'key')).page)];
    for (const fields of wrong) {
      const refused = await presentFirst(begun.agent, begun.page, fields);
      expect([refused.messages, currentStep(refused)]).toEqual([['credentials.invalid'], 'identify']);
    }
    const end = await presentFirst(begun.agent, begun.page, signed(key, begun.page));
    expect(await subjectOf(begun, end)).toBe(who.id);
  });

  test('was answered once: the same response proves nothing in the next step, the next sign-in or after a restart', async () => {
    const { who, key } = await withKey();
    const first = await upTo(who, 'key');
    const used = signed(key, first.page);
    expect(currentStep(await answerStep(first.agent, first.page, used))).toBe('code');
    expect(currentStep(await answerStep(first.agent, first.page, used))).not.toBe('code');
    const second = await upTo(who, 'key');
    expect((await answerStep(second.agent, second.page, used)).messages).toEqual(['credentials.invalid']);
    const unused = signed(key, second.page);
    const restarted = await second.agent.submit(second.page, formOf(second.page, 'restart'));
    const again = await answerStep(second.agent, restarted, { identifier: who.identifier });
    expect(currentStep(again)).toBe('challenge:webauthn');
    expect((await answerStep(second.agent, again, unused)).messages).toEqual(['credentials.invalid']);
  });

  test('is never registered with the response of a sign-in, or with the offer of another user', async () => {
    const { key } = await withKey();
    const offers = await Promise.all(
      [0, 1].map(async () => {
        const who = await holder(node, 'password');
        const { agent, page } = await upTo(who, 'key');
        return { who, agent, page: await answerStep(agent, page, await who.answer('password', page, agent)) };
      }),
    );
    const [mine, theirs] = offers as [(typeof offers)[0], (typeof offers)[0]];
    const fresh = softKeyOf(mine.who.id);
    const foreign = fieldsOf(attestation(fresh, whereOf({ public: optionsOf(theirs.page) }, node.issuer)));
    for (const fields of [signed(key, mine.page), foreign]) {
      const refused = await answerStep(mine.agent, mine.page, fields);
      expect([refused.status, currentStep(refused)]).toEqual([422, 'enroll:webauthn']);
    }
    expect(eventsOf(node, mine.who.id)).not.toContain('authenticator.enrolled:webauthn');
    expect((await node.app.directory.get(mine.who.id))?.credentials).toHaveLength(1);
  });
});
