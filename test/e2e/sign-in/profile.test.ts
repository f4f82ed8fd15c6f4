/** The profile step: asked at any sign-in of any app that needs it, once, with what is known filled in. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as client from 'openid-client';
import { attemptCounter } from '../../../src/stores/keys.ts';
import type { Profile } from '../../../src/users/record/user.ts';
import { appFile, authorizeSilently, type OpenNode, openNode } from '../../support/clients/authorize.ts';
import {
  authorizationRequest,
  discover,
  type RelyingParty,
  redeem,
  redirectUri,
  signIn,
  type TestUser,
} from '../../support/clients/relying-party.ts';
import { answerStep, currentStep, eventsOf, formOf } from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

/** More attributes than a form has other fields. */
const answers = Array.from({ length: 40 }, (_, index) => `answer${index}`);

const files = {
  'stepgate.yaml': JSON.stringify({
    brand: { name: 'Stepgate' },
    zones: { office: { cidrs: ['192.0.2.0/24'] } },
    attributes: {
      shirt: {
        label: { en: 'Shirt', de: 'Hemd' },
        options: [{ value: 'S' }, { value: 'M' }],
        write: 'user',
        claim: 'shirt',
      },
      card: { unique: true, write: 'user' },
      note: {},
      ...Object.fromEntries(answers.map((name) => [name, { write: 'user', claim: name }])),
    },
  }),
  'policies/profile/buying.yaml': JSON.stringify({
    name: 'buying',
    rules: [
      {
        name: 'Buying',
        when: { scopes: { any: ['address'] } },
        then: {
          required: ['displayName', 'streetAddress', 'locality'],
          optional: ['phone'],
          terms: [{ id: 'shop', version: '1', url: 'https://shop.test/terms' }],
        },
      },
      { name: 'Shirts', when: { claims: { any: ['shirt'] } }, then: { required: ['shirt'] } },
      { name: 'Survey', when: { claims: { any: ['answer0'] } }, then: { required: answers } },
      { name: 'Cards', when: { scopes: { any: ['offline_access'] } }, then: { required: ['card', 'email'] } },
      { name: 'Rest', then: { optional: ['nickname'] } },
    ],
  }),
  ...appFile('store', { profilePolicy: 'buying' }),
};

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  let opened: OpenNode;
  let store: RelyingParty;
  beforeAll(async () => {
    opened = await openNode(storeUnderTest, { files });
    store = await discover(opened.node.issuer, 'store');
  });
  afterAll(() => opened?.stop());

  interface Asked {
    readonly agent: UserAgent;
    readonly page: Page;
    readonly user: TestUser & { readonly id: string };
    readonly finish: (page: Page) => Promise<Readonly<Record<string, unknown>>>;
  }

  /** As far as the profile step. */
  async function asked(parameters: Readonly<Record<string, string>>, profile: Profile = {}): Promise<Asked> {
    const user = await newTestUser(opened.node);
    await opened.node.app.directory.update(user.id, () => ({ profile }));
    const agent = new UserAgent();
    const request = await authorizationRequest(store, parameters);
    const { page } = await signIn(agent, request.url, user);
    const finish = async ({ url }: Page) => {
      const tokens = await redeem(store, request, url);
      return client.fetchUserInfo(store, tokens.access_token, user.id);
    };
    return { agent, page, user, finish };
  }

  const buying = { scope: 'openid profile address phone' };
  const filledIn = {
    'userProfile.displayName': '  Ann Archer ',
    'userProfile.streetAddress': 'Main Street 1',
    'userProfile.locality': 'Vienna',
    'userProfile.phone': '+43 1 234 5678',
    'terms.shop': 'yes',
  };
  const stored = async (id: string) => (await opened.node.app.directory.get(id))?.user;

  test('asks for missing attributes, shows the known ones, and issues the claims', async () => {
    const { agent, page, user, finish } = await asked(buying, {
      displayName: 'Ann',
      email: 'a@x.test',
      emailVerified: true,
    });
    expect(currentStep(page)).toBe('profile');
    expect(mainForm(page)?.fields).toMatchObject({ 'userProfile.displayName': 'Ann', 'userProfile.streetAddress': '' });
    expect(formOf(page, 'skip')).toBeUndefined();
    const done = await answerStep(agent, page, filledIn);
    expect(await finish(done)).toMatchObject({
      name: 'Ann Archer',
      phone_number: '+4312345678',
      phone_number_verified: false,
      address: { street_address: 'Main Street 1', locality: 'Vienna' },
    });
    expect(await stored(user.id)).toMatchObject({
      profile: { emailVerified: true, phoneVerified: false },
      acceptedTerms: { shop: { version: '1' } },
      offeredAttributes: ['phone'],
    });
    expect(eventsOf(opened.node, user.id)).toContain('profile.completed');
    expect(
      opened.node.audit.find(({ event, subject }) => event === 'profile.completed' && subject === user.id),
    ).toMatchObject({
      attributes: ['displayName', 'streetAddress', 'locality', 'phone', 'shop'],
    });
    expect(JSON.stringify(opened.node.audit)).not.toContain('Main Street');
  });

  test('may have many attributes', async () => {
    const { agent, page } = await asked({ claims: JSON.stringify({ userinfo: { answer0: { essential: true } } }) });
    expect(currentStep(page)).toBe('profile');
    const filled = Object.fromEntries(answers.map((name) => [`userProfile.${name}`, 'yes']));
    expect(currentStep(await answerStep(agent, page, filled))).toBe('code');
  });

  test('is asked once: not with single sign-on, not at the next sign-in, and not by a refresh', async () => {
    const { agent, page, user } = await asked(buying);
    const done = await answerStep(agent, page, filledIn);
    expect(currentStep(done)).toBe('code');
    expect((await authorizeSilently(store, agent, buying)).tokens).toBeDefined();
    const again = await signIn(new UserAgent(), (await authorizationRequest(store, buying)).url, user);
    expect(again.asked).not.toContain('profile');
    expect(again.page.url).toContain(redirectUri);
  });

  test('a refresh still works while the profile lacks what another request would need', async () => {
    const { agent, page, user } = await asked({ scope: 'openid profile' });
    const skipped = await agent.submit(page, formOf(page, 'skip') as never);
    expect(currentStep(skipped)).toBe('code');
    expect((await stored(user.id))?.offeredAttributes).toEqual(['nickname']);
    expect(eventsOf(opened.node, user.id)).toContain('profile.skipped');
    const { tokens } = await authorizeSilently(store, agent, { scope: 'openid profile' });
    const refreshed = await client.refreshTokenGrant(store, tokens?.refresh_token ?? '');
    expect(refreshed.access_token).toBeDefined();
    expect((await authorizeSilently(store, agent, buying)).error).toBe('interaction_required');
    const page2 = await agent.open((await authorizationRequest(store, buying)).url, {}, redirectUri);
    expect(currentStep(page2)).toBe('profile');
  });

  test('an essential claim asks for its attribute', async () => {
    const claims = JSON.stringify({ userinfo: { shirt: { essential: true }, nickname: null } });
    const { agent, page, finish } = await asked({ scope: 'openid profile', claims });
    expect(page.html).toContain('<select id="userProfile-shirt" name="userProfile.shirt"');
    expect(await finish(await answerStep(agent, page, { 'userProfile.shirt': 'M' }))).toMatchObject({ shirt: 'M' });
  });

  const bad: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
    ['nothing', { ...filledIn, 'userProfile.locality': ' ' }, ['profile.check', 'profile.required']],
    [
      'control characters',
      { ...filledIn, 'userProfile.locality': 'a\u0007' },
      ['profile.check', 'profile.forbidden_character'],
    ],
    [
      'a direction',
      { ...filledIn, 'userProfile.locality': 'a\u202eb' },
      ['profile.check', 'profile.forbidden_character'],
    ],
    ['HTML', { ...filledIn, 'userProfile.locality': '<b>' }, ['profile.check', 'profile.markup']],
    ['a template', { ...filledIn, 'userProfile.locality': '{{7*7}}' }, ['profile.check', 'profile.markup']],
    ['too much', { ...filledIn, 'userProfile.locality': 'x'.repeat(101) }, ['profile.check', 'profile.too_long']],
    ['another type', { ...filledIn, 'userProfile.phone': '030' }, ['profile.check', 'profile.invalid.phone']],
    ['no terms', { ...filledIn, 'terms.shop': '' }, ['profile.check', 'terms.required']],
    ['an unknown attribute', { ...filledIn, 'userProfile.note': 'x' }, ['profile.unknown']],
    ['a prototype', { ...filledIn, 'userProfile.__proto__': 'x' }, ['profile.unknown']],
    ['a verified address', { ...filledIn, 'userProfile.emailVerified': 'true' }, ['profile.unknown']],
  ];

  test.each(bad)('%s: a message, and everything that was typed stays', async (_, fields, messages) => {
    const { agent, page, user } = await asked(buying, { displayName: 'Ann' });
    const form = mainForm(page);
    const extra = { ...form, fields: { ...form?.fields, ...fields } };
    const refused = await agent.submit(page, extra as never);
    expect([refused.status, refused.messages]).toEqual([422, messages]);
    expect(mainForm(refused)?.fields).toMatchObject({ 'userProfile.displayName': '  Ann Archer ' });
    expect(await stored(user.id)).toMatchObject({ profile: { displayName: 'Ann' } });
    expect(({} as Record<string, unknown>).x).toBeUndefined();
    expect(currentStep(await answerStep(agent, refused, filledIn))).toBe('code');
  });

  test('too many forms: a message that says when to try again, and everything that was typed stays', async () => {
    const { agent, page, user } = await asked(buying);
    const limits = [{ limit: 60, window: 3600 }];
    for (let sent = 0; sent < 60; sent += 1)
      await opened.node.store.reserve(attemptCounter(user.id, 'profile'), limits);
    const refused = await answerStep(agent, page, filledIn);
    expect([refused.status, refused.messages]).toEqual([429, ['profile.exceeded']]);
    expect(mainForm(refused)?.fields).toMatchObject({ 'userProfile.locality': 'Vienna' });
    expect((await stored(user.id))?.profile).toEqual({});
  });

  test('a unique value belongs to one account, and an address that is known is not asked for again', async () => {
    const cards = { scope: 'openid offline_access', prompt: 'consent' };
    const one = await asked(cards, { email: 'known@x.test' });
    expect(Object.keys(mainForm(one.page)?.fields ?? {})).toEqual(['stateHandle', 'userProfile.card']);
    const done = await answerStep(one.agent, one.page, { 'userProfile.card': 'C-1' });
    expect(currentStep(done)).not.toBe('profile');
    const two = await asked(cards);
    const taken = await answerStep(two.agent, two.page, {
      'userProfile.card': ' c-1 ',
      'userProfile.email': 'two@x.test',
    });
    expect([taken.status, taken.messages]).toEqual([422, ['profile.check', 'profile.taken']]);
    expect((await stored(two.user.id))?.profile).toEqual({});
    await answerStep(two.agent, taken, { 'userProfile.card': 'C-2', 'userProfile.email': 'two@x.test' });
    expect((await stored(two.user.id))?.profile).toEqual({ card: 'C-2', email: 'two@x.test', emailVerified: false });
    expect((await stored(two.user.id))?.identifiers).not.toContain('two@x.test');
  });

  test('of two tabs one wins, and the form of the other leads to the next step', async () => {
    const { agent, page, user } = await asked(buying);
    const submissions = ['Ann', 'Bea'].map((name) =>
      answerStep(agent, page, { ...filledIn, 'userProfile.displayName': name }),
    );
    const pages = await Promise.all(submissions);
    expect(pages.some((each) => currentStep(each) === 'code')).toBe(true);
    expect(['Ann', 'Bea']).toContain((await stored(user.id))?.profile.displayName);
  });

  test('a form cannot be sent before the sign-on is met', async () => {
    const agent = new UserAgent();
    const page = await agent.open((await authorizationRequest(store, buying)).url, {}, redirectUri);
    const form = mainForm(page);
    const forged = { ...form, fields: { ...form?.fields, ...filledIn } };
    const answered = await agent.submit(page, forged as never);
    expect(currentStep(answered)).toMatch(/^identify/);
    expect((await agent.submit(page, { ...form, action: `${form?.action}/skip` } as never)).status).toBe(409);
  });

  test('new terms are asked for at the next sign-in', async () => {
    const { agent, page, user } = await asked(buying);
    await answerStep(agent, page, filledIn);
    const changed = JSON.parse(files['policies/profile/buying.yaml']);
    changed.rules[0].then.terms[0].version = '2';
    await opened.node.configure({ ...files, 'policies/profile/buying.yaml': JSON.stringify(changed) });
    const next = await agent.open((await authorizationRequest(store, buying)).url, {}, redirectUri);
    expect(Object.keys(mainForm(next)?.fields ?? {})).toEqual(['stateHandle', 'terms.shop']);
    expect(currentStep(await answerStep(agent, next, { 'terms.shop': 'yes' }))).toBe('code');
    expect((await stored(user.id))?.acceptedTerms).toMatchObject({ shop: { version: '2' } });
    await opened.node.configure(files);
  });
});
