/** What counts once counts once: on one form, in two sign-ins, on two nodes at the same moment (Law 8). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generate } from 'otplib';
import { appFile } from '../../support/clients/authorize.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  eventsOf,
  type SignIn,
  signOnPolicy,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { linkIn, mailTo } from '../../support/messages/mail.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { assertion, attestation, flag, optionsOf, type SoftKey, whereOf } from '../../support/pages/webauthn.ts';
import { startTwoNodes, type TwoNodes } from '../../support/servers/two-nodes.ts';
import {
  type CapabilityName,
  capabilityNames,
  fieldsOf,
  type Holder,
  holder,
  settingsWithAllAuthenticators,
  softKeyOf,
} from '../../support/users/enrolled-users.ts';

let two: TwoNodes;
beforeAll(async () => {
  const only = (...authenticators: string[]) => ({ allow: { factors: 1, possession: { authenticators } } });
  two = await startTwoNodes({
    demo: true,
    files: {
      ...settingsWithAllAuthenticators,
      ...signOnPolicy('one', { then: { allow: { factors: 1 } } }),
      ...appFile('one', { signOnPolicy: 'one' }),
      ...signOnPolicy('key', { then: only('webauthn') }),
      ...appFile('key', { signOnPolicy: 'key' }),
      ...signOnPolicy('totp', { then: only('totp') }),
      ...appFile('totp', { signOnPolicy: 'totp' }),
    },
  });
});
afterAll(() => two.stop());

const rounds = Array.from({ length: 3 }, (_, round) => round + 1);

/** The same browser on one node or the other. */
function on(agent: UserAgent, index: number): UserAgent {
  return agent.via({ [two.issuer]: two.nodes[index % 2]?.origin ?? '' });
}

async function upTo(who: { readonly identifier: string }, app = 'one', agent = new UserAgent()): Promise<SignIn> {
  const begun = await beginSignIn(two, app, agent);
  const { identifier } = who;
  return { ...begun, page: await answerStep(agent, begun.page, { identifier, 'credentials.passcode': '' }) };
}

function atOnce(count: number, act: (index: number) => Promise<Page>): Promise<Page[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => act(index)));
}

const codes = (pages: readonly Page[]): number => pages.filter((page) => currentStep(page) === 'code').length;

const events = (who: { readonly id: string }): string[] => eventsOf({ audit: two.audit() }, who.id);

const verified = (who: { readonly id: string }): number =>
  events(who).filter((event) => event.startsWith('authenticator.verified')).length;

const limited = capabilityNames.filter((name) => name !== 'password');

describe.each(rounds)('round %i', () => {
  test.each(capabilityNames)(
    '%s: the right answer twenty times on one form proves one step',
    async (name: CapabilityName) => {
      const who = await holder(two.nodes[0], name);
      const { agent, page } = await upTo(who);
      const fields = await who.answer(name, page, agent);
      const ends = await atOnce(20, (index) => answerStep(on(agent, index), page, fields));
      expect(codes(ends)).toBe(1);
      expect(verified(who)).toBe(1);
      expect(events(who).filter((event) => event === 'sign_in.completed')).toHaveLength(1);
    },
  );

  test.each(['recovery code', 'access code'] as const)(
    '%s: one in six sign-ins at once lets one of them in, and none later',
    async (name) => {
      const who = await holder(two.nodes[0], name);
      const sides = await Promise.all(Array.from({ length: 6 }, () => upTo(who)));
      const { agent, page } = sides[0] as SignIn;
      const fields = await who.answer(name, page, agent);
      const submit = (index: number) => {
        const side = sides[index] as SignIn;
        return answerStep(on(side.agent, index), side.page, fields);
      };
      const ends = await atOnce(sides.length, submit);
      expect([codes(ends), verified(who)]).toEqual([1, 1]);
      expect(codes(await atOnce(sides.length, submit))).toBe(0);
      const late = await upTo(who);
      if (mainForm(late.page)) expect(currentStep(await answerStep(late.agent, late.page, fields))).not.toBe('code');
      expect(verified(who)).toBe(1);
    },
  );

  test('a link that is confirmed twelve times at once, and the code typed meanwhile: one step', async () => {
    const who = await holder(two.nodes[0], 'email');
    const { agent, page } = await upTo(who);
    const fields = await who.answer('email', page, agent);
    const landed = await agent.open(linkIn(await mailTo(two.nodes[0], who.identifier)));
    const ends = await atOnce(13, (index) =>
      index === 12 ? answerStep(agent, page, fields) : on(agent, index).submit(landed, landed.forms[0]),
    );
    expect([codes(ends), verified(who)]).toEqual([1, 1]);
    expect((await agent.open(linkIn(await mailTo(two.nodes[0], who.identifier)))).messages).toEqual([
      'magic_link.over',
    ]);
  });

  test.each([
    ['with a counter', {}],
    ['synced, without one', { flags: flag.up | flag.uv | flag.be | flag.bs, counter: 0 }],
  ])('a passkey %s, on the page that asks who it is, twenty times at once: one step', async (_, making) => {
    const { who, key } = await withKey(making);
    const before = verified(who);
    const { agent, page } = await beginSignIn(two, 'key');
    const fields = fieldsOf(assertion(key, whereOf({ public: optionsOf(page) }, two.issuer), making));
    const form = page.forms.find(({ step, authenticator }) => step === 'identify' && authenticator === 'webauthn');
    const ends = await atOnce(20, (index) => on(agent, index).submit(page, form, fields));
    expect([codes(ends), verified(who) - before]).toEqual([1, 1]);
  });
});

/** Enrolls a key during the sign-in. */
async function withKey(making: object): Promise<{ readonly who: Holder; readonly key: SoftKey }> {
  const who = await holder(two.nodes[0], 'password');
  const { agent, page } = await upTo(who, 'key');
  const offer = await answerStep(agent, page, await who.answer('password', page, agent));
  const key = softKeyOf(who.id);
  const fields = fieldsOf(attestation(key, whereOf({ public: optionsOf(offer) }, two.issuer), making));
  expect(currentStep(await answerStep(agent, offer, fields))).toBe('code');
  return { who, key };
}

describe('an answer that was taken', () => {
  test.each(limited)('%s: is refused in the next sign-in', async (name) => {
    const who = await holder(two.nodes[0], name);
    const first = await upTo(who);
    const fields = await who.answer(name, first.page, first.agent);
    expect(currentStep(await answerStep(first.agent, first.page, fields))).toBe('code');
    const next = await upTo(who);
    // An access code that is used up is not asked for any more.
    const end = mainForm(next.page) ? await answerStep(on(next.agent, 1), next.page, fields) : next.page;
    expect(mainForm(next.page) ? refusals : ['denied.unsatisfiable']).toContain(end.messages[0]);
  });

  /** `used` where the code is right but too old to count again; by then the clock may be in the next step. */
  const refusals = ['credentials.used', 'credentials.invalid'];
  const step = (): number => Math.floor(Date.now() / 30_000);
  const codeOf = async (secret: string, at: number) => ({
    'credentials.passcode': await generate({ secret, epoch: at * 30 }),
  });

  test('of an authenticator app does not count when it confirmed the set-up, nor does an older one', async () => {
    const user = await userWithPassword(two.nodes[0]);
    const begun = await upTo(user, 'totp');
    const offer = await answerStep(begun.agent, begun.page, { 'credentials.passcode': user.password });
    const secret = offer.secret ?? '';
    const now = step();
    const confirmation = await codeOf(secret, now);
    expect(currentStep(await answerStep(begun.agent, offer, confirmation))).toBe('code');
    const next = await upTo(user, 'totp');
    for (const old of [confirmation, await codeOf(secret, now - 1)])
      expect(refusals).toContain((await answerStep(on(next.agent, 1), next.page, old)).messages[0]);
    expect(currentStep(await answerStep(next.agent, next.page, await codeOf(secret, now + 1)))).toBe('code');
  });

  test('of an authenticator app voids all of older steps, on both nodes', async () => {
    const user = await userWithTotp(two.nodes[0]);
    const now = step();
    const first = await upTo(user, 'totp');
    expect(currentStep(await answerStep(first.agent, first.page, await codeOf(user.totp, now + 1)))).toBe('code');
    const next = await upTo(user, 'totp');
    for (const offset of [1, 0, -1]) {
      const refused = await answerStep(on(next.agent, offset + 1), next.page, await codeOf(user.totp, now + offset));
      expect(refusals).toContain(refused.messages[0]);
    }
  });

  test('of an authenticator app that is two steps old, or of three steps ahead, is refused as well', async () => {
    for (const offset of [-3, -2, 3]) {
      const user = await userWithTotp(two.nodes[0]);
      const { agent, page } = await upTo(user, 'totp');
      const refused = await answerStep(agent, page, await codeOf(user.totp, step() + offset));
      expect(refused.messages).toEqual(['credentials.invalid']);
    }
  });
});

test('nothing went wrong inside', () => {
  const errors = two.nodes.flatMap((node) => node.errors);
  expect(errors.filter((error) => ((error as { status?: number }).status ?? 500) >= 500)).toEqual([]);
});
