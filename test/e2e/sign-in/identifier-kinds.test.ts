/** Which identifiers count: by the settings, and by the app where it says otherwise. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appFile, type OpenNode, openNode } from '../../support/clients/authorize.ts';
import { answerStep, beginSignIn, currentStep } from '../../support/clients/sign-in-flow.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { credentialOf, newKey } from '../../support/pages/webauthn.ts';
import { testPassword } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';
import { randomName } from '../../support/values/random-name.ts';

const password = 'correct horse battery staple';
const settings = {
  brand: { name: 'Stepgate' },
  zones: { office: { cidrs: ['192.0.2.0/24'] } },
  authenticators: { password: { enabled: true }, webauthn: { enabled: true } },
  attributes: {
    badge: { label: { en: 'Badge number', de: 'Ausweisnummer' }, identifies: true, unique: true },
    phone: { write: 'user' },
  },
  identify: { by: ['email', 'phone'], defaultCountry: 'DE' },
};

let opened: OpenNode;
beforeAll(async () => {
  const [storeUnderTest] = storesUnderTest;
  if (!storeUnderTest) throw new Error('no store to test');
  const files = {
    'stepgate.yaml': JSON.stringify(settings),
    ...appFile('usual'),
    ...appFile('badges', { identify: { by: ['badge'] } }),
    ...appFile('names', { identify: { by: ['username'], label: { en: 'Login' } } }),
    ...appFile('autofill', { identify: { passkey: 'autofill' } }),
    ...appFile('nokeys', { identify: { passkey: 'none' } }),
  };
  opened = await openNode(storeUnderTest, { files, authenticators: ['password', 'webauthn'] });
});
afterAll(() => opened?.stop());

let serial = 0;

/** A user with an identifier of each kind. */
async function newUser() {
  serial += 1;
  const name = randomName().toLowerCase();
  const own = {
    email: `${name}@demo.test`,
    username: name,
    phone: `+4930901820${String(serial).padStart(2, '0')}`,
    badge: `B-${name}`,
  };
  const { directory } = opened.node.app;
  const { email, username, phone, badge } = own;
  const created = await directory.create({
    identifiers: [username, email, phone, badge],
    profile: { email, phone, badge },
    groups: ['staff'],
    credentials: [testPassword(opened.node.app)],
  });
  if (!created.ok) throw new Error(created.code);
  return { id: created.user.id, ...own };
}

async function outcome(app: string, identifier: string): Promise<string> {
  const { agent, page } = await beginSignIn(opened.node, app);
  const next = await answerStep(agent, page, { identifier, 'credentials.passcode': password });
  return next.messages[0] ?? currentStep(next);
}

describe('at an app', () => {
  test.each([
    ['usual', { email: 'code', phone: 'code', username: 'identifier.invalid', badge: 'identifier.invalid' }],
    [
      'badges',
      { email: 'credentials.invalid', phone: 'credentials.invalid', username: 'credentials.invalid', badge: 'code' },
    ],
    [
      'names',
      { email: 'identifier.invalid', phone: 'credentials.invalid', username: 'code', badge: 'credentials.invalid' },
    ],
  ])('%s takes what it names, and nothing else', async (app, expected) => {
    const user = await newUser();
    const kinds = ['email', 'phone', 'username', 'badge'] as const;
    const found: Record<string, string> = {};
    for (const kind of kinds) found[kind] = await outcome(app, user[kind]);
    expect(found).toEqual(expected);
  });

  test('the label of the field names what it accepts', async () => {
    const labels: Record<string, string | undefined> = {};
    for (const app of ['usual', 'badges', 'names']) {
      const { page } = await beginSignIn(opened.node, app);
      labels[app] = /<label for="identifier">(?:<bdi>)?([^<]*)/.exec(page.html)?.[1];
    }
    expect(labels).toEqual({ usual: 'Email or phone number', badges: 'Badge number', names: 'Login' });
    const german = new UserAgent({ headers: { 'accept-language': 'de' } });
    expect((await beginSignIn(opened.node, 'badges', german)).page.html).toContain('Ausweisnummer');
  });
});

describe('a phone number', () => {
  test.each([
    ['international', (number: string) => number],
    [
      'with punctuation',
      (number: string) => `${number.slice(0, 3)} (${number.slice(3, 5)}) ${number.slice(5, 8)}-${number.slice(8)}`,
    ],
    ['national', (number: string) => `0${number.slice(3)}`],
    ['national, with spaces', (number: string) => ` 030 / ${number.slice(5)} `],
    ['with the prefix for calls abroad', (number: string) => `00${number.slice(1)}`],
  ])('%s', async (_, spelled) => {
    const user = await newUser();
    expect(await outcome('usual', spelled(user.phone))).toBe('code');
  });

  test('that looks like a badge is tried as one, too', async () => {
    const badge = '03090182888';
    const created = await opened.node.app.directory.create({
      identifiers: [badge],
      profile: { badge },
      credentials: [testPassword(opened.node.app)],
    });
    expect(created.ok).toBe(true);
    expect(await outcome('badges', badge)).toBe('code');
  });
});

describe('passkeys', () => {
  test('with a button, by autofill alone, or not on the first page', async () => {
    const forms: Record<string, string | undefined> = {};
    for (const app of ['usual', 'autofill', 'nokeys']) {
      const { page } = await beginSignIn(opened.node, app);
      const options = page.forms.find(({ authenticator }) => authenticator === 'webauthn');
      forms[app] = options && /mediation&#34;:&#34;(\w+)/.exec(page.html)?.[1];
      expect([app, options !== undefined]).toEqual([app, app !== 'nokeys']);
    }
    expect(forms).toEqual({ usual: undefined, autofill: 'conditional', nokeys: undefined });
  });

  test('are taken only where the page offers them', async () => {
    const user = await newUser();
    const key = newKey(Buffer.from(user.id).toString('base64url'));
    await opened.node.app.directory.replaceCredential(user.id, credentialOf(key, { id: 'passkey' }));
    const { agent, page } = await beginSignIn(opened.node, 'nokeys');
    const next = await answerStep(agent, page, { 'authenticator.id': 'webauthn', 'credentials.credentialId': 'x' });
    expect(next.messages).toEqual(['form.stale']);
  });
});
