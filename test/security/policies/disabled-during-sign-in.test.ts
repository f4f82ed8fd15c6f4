/** What is disabled, reset or suspended during a sign-in proves nothing any more. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { claimsOf, redeemCode } from '../../support/clients/raw-client.ts';
import { redirectUri } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  eventsOf,
  formOf,
  type SignIn,
} from '../../support/clients/sign-in-flow.ts';
import { linkIn, mailTo } from '../../support/messages/mail.ts';
import { settingsWithPhone } from '../../support/messages/phone.ts';
import type { Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import {
  type CapabilityName,
  capabilities,
  capabilityNames,
  type Holder,
  holder,
  settingsWithAllAuthenticators,
} from '../../support/users/enrolled-users.ts';
import { demands } from '../../support/users/first-factors.ts';
import {
  appsThatAsk,
  beginIdentified,
  chooseAuthenticator,
  name,
  prove,
  truth,
} from '../../support/users/prove-capabilities.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode({
    demo: true,
    users: false,
    files: { ...settingsWithAllAuthenticators, ...appsThatAsk(demands) },
  });
});
afterAll(() => node.stop());

const keys = Object.values(capabilities).map(({ authenticator }) => authenticator);

const settingsWithout = (key: string) =>
  settingsWithPhone(
    { enabled: key !== 'phone' },
    {},
    keys.filter((other) => other !== key),
  );

/** An app that needs the password goes with it: a policy that no user can meet is refused. */
const configurationWithout = (key: string) => ({
  ...settingsWithout(key),
  ...(key === 'password' && { 'apps/apart.yaml': undefined, 'policies/sign-on/apart.yaml': undefined }),
});

function enrollmentWithout(key: string) {
  // The others need a password, and a policy that no user can meet is refused.
  const apps = { any: ['one', 'two', ...(key === 'password' ? [] : ['apart'])] };
  const rules = [
    { name: 'Some', when: { apps }, then: { disabled: [key] } },
    { name: 'Rest', then: {} },
  ];
  return { 'policies/enrollment.yaml': JSON.stringify({ rules }) };
}

interface Withdrawal {
  /** Withdraws the authenticator from `who`, or from all users. */
  withdraw(one: CapabilityName, who: Holder): Promise<unknown>;
  /** What an app receives for a user whose session had nothing else. */
  readonly silently: string;
}

const withdrawals: Readonly<Record<string, Withdrawal>> = {
  'the settings disable': {
    withdraw: (capability) => node.configure(configurationWithout(capabilities[capability].authenticator)),
    silently: 'interaction_required',
  },
  'the enrollment policy disables': {
    withdraw: (capability) => node.configure(enrollmentWithout(capabilities[capability].authenticator)),
    silently: 'interaction_required',
  },
  'a reset takes away': {
    withdraw: (capability, { id }) =>
      node.app.directory.resetAuthenticators(id, capabilities[capability].authenticator),
    silently: 'login_required',
  },
};

afterEach(() =>
  node.configure({
    ...settingsWithAllAuthenticators,
    ...appsThatAsk(demands),
    'policies/enrollment.yaml': undefined,
  }),
);

async function claims({ request }: Pick<SignIn, 'request'>, { url }: Page) {
  return claimsOf((await redeemCode(node.origin, request, url)).tokens?.id_token);
}

const silently = async (app: string, agent: UserAgent) =>
  currentStep((await beginSignIn(node, { client_id: app, prompt: 'none' }, agent)).page);

/** Something else that is possessed. */
const instead = (capability: CapabilityName): CapabilityName => (capability === 'totp' ? 'access code' : 'totp');

/** A user who loses the password needs an authenticator that proves two types by itself. */
const ownerOf = (capability: CapabilityName): Promise<Holder> =>
  holder(
    node,
    ...new Set<CapabilityName>([
      'password',
      instead(capability),
      capability,
      ...(capability === 'password' ? (['passkey'] as const) : []),
    ]),
  );

/** As far as an answer that would be right; `give` gives it. */
type Ready = SignIn & { readonly who: Holder; give(): Promise<Page> };

async function ready(capability: CapabilityName): Promise<Ready> {
  const who = await ownerOf(capability);
  const begun = await beginIdentified(node, 'one', who);
  const page = await chooseAuthenticator(begun.agent, begun.page, capability);
  expect(currentStep(page)).toBe(`challenge:${capabilities[capability].authenticator}`);
  const answer = await who.answer(capability, page, begun.agent);
  return { ...begun, who, give: () => answerStep(begun.agent, page, answer) };
}

const otherForms: readonly [string, CapabilityName, () => Promise<Ready>][] = [
  [
    'a link that was opened',
    'email',
    async () => {
      const at = await ready('email');
      const landed = await at.agent.open(linkIn(await mailTo(node, at.who.identifier)));
      return { ...at, give: () => at.agent.submit(landed, landed.forms[0]) };
    },
  ],
  [
    'a password on the page that asks who it is',
    'password',
    async () => {
      const who = await ownerOf('password');
      const begun = await beginSignIn(node, 'one');
      const answer = { identifier: who.identifier, ...(await who.answer('password', begun.page, begun.agent)) };
      return { ...begun, who, give: () => answerStep(begun.agent, begun.page, answer) };
    },
  ],
  [
    'a passkey on the page that asks who it is',
    'passkey',
    async () => {
      const who = await ownerOf('passkey');
      const begun = await beginSignIn(node, 'one');
      const form = begun.page.forms.find(({ authenticator }) => authenticator === 'webauthn');
      const answer = await who.answer('passkey', begun.page, begun.agent);
      return { ...begun, who, give: () => begun.agent.submit(begun.page, form, answer) };
    },
  ],
];
const forms = [
  ...capabilityNames.map((capabilityName) => [capabilityName, capabilityName, () => ready(capabilityName)] as const),
  ...otherForms,
];

describe.each(Object.entries(withdrawals))('what %s meanwhile', (_how, { withdraw, silently: told }) => {
  test.each(forms)('is not taken any more: %s', async (_form, capability, begin) => {
    const { agent, who, give, ...rest } = await begin();
    await withdraw(capability, who);
    const page = await give();
    expect(currentStep(page)).not.toBe('code');
    expect(eventsOf(node, who.id).filter((event) => /verified|completed/.test(event))).toEqual([]);
    const other = capability === 'password' ? 'totp' : 'password';
    const again = await agent.open(page.url.replace(/\/link.*/, ''), {}, redirectUri);
    const end = await prove(who, { agent, page: await name(agent, again, who) }, [other]);
    expect(await claims(rest, end.page)).toMatchObject({ sub: who.id, ...truth([other]) });
  });

  test.each(capabilityNames)('does not count after it was proved: %s', async (capability) => {
    const who = await ownerOf(capability);
    // At the other app a passkey would be enough by itself.
    const begun = await beginIdentified(node, capability === 'passkey' ? 'apart' : 'two', who);
    const { agent } = begun;
    const first = await prove(who, begun, [capability]);
    expect(first.proved).toEqual([capability]);
    await withdraw(capability, who);
    // Without the password only the passkey shows two types, and nothing else is asked for any more.
    const [second, last]: [CapabilityName, CapabilityName] =
      capability === 'password' ? ['totp', 'passkey'] : ['password', instead(capability)];
    const half = await prove(who, { agent, page: first.page }, [second]);
    expect([half.proved, currentStep(half.page)]).toEqual([
      capability === 'password' ? [] : [second],
      expect.stringMatching(/^(challenge|select)/),
    ]);
    const end = await prove(who, { agent, page: half.page }, [last]);
    expect(await claims(begun, end.page)).toMatchObject({ sub: who.id, ...truth([...half.proved, last]) });
  });

  test.each(capabilityNames)('does not count in a session: %s', async (capability) => {
    const who = await ownerOf(capability);
    const begun = await beginIdentified(node, 'one', who);
    expect(currentStep((await prove(who, begun, [capability])).page)).toBe('code');
    expect(await silently('one', begun.agent)).toBe('code');
    await withdraw(capability, who);
    expect(await silently('one', begun.agent)).toBe(told);
  });
});

describe.each(['suspended', 'deactivated'] as const)('an account that is %s meanwhile', (status) => {
  test.each(forms)('before an answer that would be right: %s', async (_form, _one, begin) => {
    const { agent, who, give } = await begin();
    await node.app.directory.setStatus(who.id, status);
    const page = await give();
    expect([page.status, page.messages]).toEqual([403, ['denied.account_inactive']]);
    expect(currentStep(await agent.submit(page, formOf(page, 'cancel')))).toBe('access_denied');
    expect(eventsOf(node, who.id)).not.toContain('sign_in.completed');
  });

  test.each(capabilityNames)('after the first of two proofs: %s', async (capability) => {
    const who = await ownerOf(capability);
    const begun = await beginIdentified(node, capability === 'passkey' ? 'apart' : 'two', who);
    const first = await prove(who, begun, [capability]);
    expect([first.proved, currentStep(first.page)]).toEqual([
      [capability],
      expect.stringMatching(/^(challenge|select)/),
    ]);
    await node.app.directory.setStatus(who.id, status);
    const { agent } = begun;
    const { page } = await prove(who, { agent, page: first.page }, [capability === 'password' ? 'totp' : 'password']);
    expect([page.status, page.messages]).toEqual([403, ['denied.account_inactive']]);
    expect(eventsOf(node, who.id)).not.toContain('sign_in.completed');
  });
});

test('a step-up in progress when another authenticator is reset is over with its session, and all is asked again', async () => {
  const who = await holder(node, 'password', 'totp', 'recovery code');
  const session = await beginIdentified(node, 'one', who);
  const { agent } = session;
  expect(currentStep((await prove(who, session, ['password'])).page)).toBe('code');
  const begun = await beginSignIn(node, 'two', agent);
  const page = await chooseAuthenticator(agent, begun.page, 'totp');
  expect(currentStep(page)).toBe('challenge:totp');
  await node.app.directory.resetAuthenticators(who.id, 'recovery_code');
  expect(currentStep((await prove(who, { agent, page }, ['totp'])).page)).toBe('error.sign_in_expired');
  expect(await silently('two', agent)).toBe('login_required');
  const again = await beginIdentified({ issuer: node.issuer, agent }, 'two', who);
  expect(currentStep(again.page)).toBe('challenge:password');
  const end = await prove(who, again, ['password', 'totp']);
  expect(await claims(again, end.page)).toMatchObject({ sub: who.id, ...truth(['password', 'totp']) });
  expect(await silently('one', agent)).toBe('code');
});
