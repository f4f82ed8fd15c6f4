/** How the first page asks who the user is: by the settings, and by the app where it says otherwise. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { appFile, type OpenNode, openNode } from '../../support/clients/authorize.ts';
import { answerStep, beginSignIn, currentStep, identify } from '../../support/clients/sign-in-flow.ts';
import { mainForm, UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

const settings = {
  brand: { name: 'Stepgate' },
  zones: { office: { cidrs: ['192.0.2.0/24'] } },
  identify: { label: { en: 'Staff number', de: 'Personalnummer' }, hint: { en: 'It stands on your badge.' } },
};

let opened: OpenNode;
beforeAll(async () => {
  const [storeUnderTest] = storesUnderTest;
  if (!storeUnderTest) throw new Error('no store to test');
  const files = {
    'stepgate.yaml': JSON.stringify(settings),
    ...appFile('together'),
    ...appFile('first', { identify: { identifierFirst: true, label: 'Customer number' } }),
  };
  opened = await openNode(storeUnderTest, { files });
});
afterAll(() => opened?.stop());

test('the settings say what the identifier is called, in the language of the page', async () => {
  const { page } = await beginSignIn(opened.node, 'together');
  expect(page.html).toContain('Staff number');
  expect(page.html).toContain('It stands on your badge.');
  expect(page.html).not.toContain('Username or email');
  const german = new UserAgent({ headers: { 'accept-language': 'de' } });
  expect((await beginSignIn(opened.node, 'together', german)).page.html).toContain('Personalnummer');
});

test('an app says otherwise, member by member', async () => {
  const { page } = await beginSignIn(opened.node, 'first');
  expect(page.html).toContain('Customer number');
  expect(page.html).toContain('It stands on your badge.');
  expect(page.html).not.toContain('Staff number');
});

test('with the identifier first, the password has a page of its own, for known and unknown users alike', async () => {
  const user = await newTestUser(opened.node);
  const known = await beginSignIn(opened.node, 'first');
  const unknown = await beginSignIn(opened.node, 'first');
  expect(mainForm(known.page)?.fields).not.toHaveProperty(['credentials.passcode']);
  const before = opened.node.app.hashing.stats.started;
  const posted = { identifier: 'nobody@demo.test', 'credentials.passcode': 'guess' };
  const [next, decoy] = [
    await identify(known.agent, known.page, user),
    await answerStep(unknown.agent, unknown.page, posted),
  ];
  expect([currentStep(next), currentStep(decoy)]).toEqual(['challenge:password', 'challenge:password']);
  expect(opened.node.app.hashing.stats.started).toBe(before);
  expect(currentStep(await answerStep(known.agent, next, { 'credentials.passcode': user.password }))).toBe('code');
  const refused = await answerStep(unknown.agent, decoy, { 'credentials.passcode': user.password });
  expect([currentStep(refused), refused.messages]).toEqual(['challenge:password', ['credentials.invalid']]);
  expect(opened.node.app.hashing.stats.started).toBe(before + 2);
});

test('without it, the page asks for both where every user needs the password', async () => {
  const { page } = await beginSignIn(opened.node, 'together');
  expect(Object.keys(mainForm(page)?.fields ?? {})).toContain('credentials.passcode');
});
