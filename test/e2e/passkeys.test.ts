/** Passkeys and security keys in whole sign-ins, with a software authenticator in the place of browser and key. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CredentialInput } from '../../src/authenticators/authenticator.ts';
import { startNode, type TestNode } from '../support/node.ts';
import { claimsOf, redeemCode } from '../support/raw-client.ts';
import { redirectUri, signIn } from '../support/relying-party.ts';
import {
  answerStep,
  attemptsOf,
  beginSignIn,
  currentStep,
  formOf,
  identify,
  personWithPassword,
  type SignIn,
  signOnPolicy,
} from '../support/sign-in-flow.ts';
import { type Page, UserAgent } from '../support/user-agent.ts';
import {
  assertion,
  attestation,
  flag,
  type Making,
  newKey,
  optionsOf,
  type SoftKey,
  whereOf,
} from '../support/webauthn.ts';

const synced = flag.up | flag.uv | flag.be | flag.bs;
const two = { allow: { factors: 2 } };

let node: TestNode;
beforeAll(async () => {
  node = await startNode({
    authenticators: ['password', 'totp', 'webauthn'],
    files: signOnPolicy('notes', { then: two }),
  });
});
afterAll(() => node.stop());

type TestUser = Awaited<ReturnType<typeof personWithPassword>>;

function where(page: Page) {
  return whereOf({ public: optionsOf(page) }, node.issuer);
}

function fields(input: CredentialInput): Record<string, string> {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [`credentials.${name}`, value]));
}

function keyOf(person: TestUser, id?: Buffer): SoftKey {
  return newKey(Buffer.from(person.id).toString('base64url'), id);
}

/** Signs in with the password up to the offer of a key. */
async function upToTheOffer(person: TestUser, app = 'notes'): Promise<SignIn> {
  const begun = await beginSignIn(node, app);
  let page = await identify(begun.agent, begun.page, person);
  if (currentStep(page) === 'challenge:password')
    page = await answerStep(begun.agent, page, { 'credentials.passcode': person.password });
  if (currentStep(page) === 'select') page = await answerStep(begun.agent, page, { 'authenticator.id': 'webauthn' });
  expect(currentStep(page)).toBe('enroll:webauthn');
  return { ...begun, page };
}

async function enroll(person: TestUser, key: SoftKey, making: Making = {}): Promise<Page> {
  const { agent, page } = await upToTheOffer(person);
  return answerStep(agent, page, fields(attestation(key, where(page), making)));
}

async function personWithKey(making: Making = {}): Promise<{ person: TestUser; key: SoftKey }> {
  const person = await personWithPassword(node);
  const key = keyOf(person);
  expect(currentStep(await enroll(person, key, making))).toBe('code');
  return { person, key };
}

/** Answers the challenge of the page with the key. */
function present(agent: UserAgent, page: Page, key: SoftKey, making: Making = {}): Promise<Page> {
  return answerStep(agent, page, fields(assertion(key, where(page), making)));
}

/** Uses the passkey form of the page that asks who it is. */
function presentFirst(agent: UserAgent, page: Page, input: CredentialInput): Promise<Page> {
  const form = page.forms.find(({ step, authenticator }) => step === 'identify' && authenticator === 'webauthn');
  return agent.submit(page, form, fields(input), redirectUri);
}

async function tokenOf({ request }: SignIn, page: Page): Promise<unknown> {
  const { tokens } = await redeemCode(node.origin, request, page.url);
  return claimsOf(tokens?.id_token);
}

function refusals(of: TestUser): unknown[] {
  return node.audit.filter(({ event, subject }) => event === 'authenticator.refused' && subject === of.id);
}

/** The challenge of a key, after the identifier. */
async function upToTheKey(person: TestUser, agent = new UserAgent()): Promise<SignIn> {
  const begun = await beginSignIn(node, 'notes', agent);
  const named = await answerStep(agent, begun.page, { identifier: person.identifier, 'credentials.passcode': '' });
  const page =
    currentStep(named) === 'challenge:webauthn'
      ? named
      : await agent.submit(named, formOf(named, 'select'), { 'authenticator.id': 'webauthn' }, redirectUri);
  expect(currentStep(page)).toBe('challenge:webauthn');
  return { ...begun, page };
}

describe('what a key counts as', () => {
  test.each<[string, Making, Making, string[], string[]]>([
    ['verified, bound to its device', {}, {}, ['challenge:webauthn'], ['hwk', 'mfa', 'pop', 'user']],
    ['verified, synced', { flags: synced }, { flags: synced }, ['challenge:webauthn'], ['mfa', 'pop', 'swk', 'user']],
    [
      'only present',
      { flags: flag.up },
      { flags: flag.up },
      ['challenge:webauthn', 'challenge:password'],
      ['hwk', 'mfa', 'pop', 'pwd', 'user'],
    ],
    [
      'verified, but not when it was registered',
      { flags: flag.up },
      {},
      ['challenge:webauthn', 'challenge:password'],
      ['hwk', 'mfa', 'pop', 'pwd', 'user'],
    ],
    [
      'only present, but verified when it was registered',
      {},
      { flags: flag.up },
      ['challenge:webauthn', 'challenge:password'],
      ['hwk', 'mfa', 'pop', 'pwd', 'user'],
    ],
  ])('%s', async (_, registered, shown, steps, amr) => {
    const { person, key } = await personWithKey(registered);
    const begun = await upToTheKey(person);
    const asked = [currentStep(begun.page)];
    let page = await present(begun.agent, begun.page, key, shown);
    if (currentStep(page) === 'challenge:password') {
      asked.push(currentStep(page));
      page = await answerStep(begun.agent, page, { 'credentials.passcode': person.password });
    }
    expect(asked).toEqual(steps);
    expect(await tokenOf(begun, page)).toMatchObject({ sub: person.id, amr, acr: 'phr' });
  });

  test('enrolling it during the sign-in counts at once, with the password before it', async () => {
    const person = await personWithPassword(node);
    const begun = await upToTheOffer(person);
    const end = await answerStep(begun.agent, begun.page, fields(attestation(keyOf(person), where(begun.page))));
    expect(await tokenOf(begun, end)).toMatchObject({ amr: ['hwk', 'mfa', 'pop', 'pwd', 'user'] });
  });
});

describe('without a username', () => {
  test('a passkey says who it is and proves it in one step', async () => {
    const { person, key } = await personWithKey();
    const begun = await beginSignIn(node, 'notes');
    const options = optionsOf(begun.page);
    expect(options).toMatchObject({ allowCredentials: [], rpId: 'localhost', userVerification: 'preferred' });
    expect(begun.page.html).toContain('autocomplete="username webauthn"');
    const end = await presentFirst(begun.agent, begun.page, assertion(key, where(begun.page)));
    expect(await tokenOf(begun, end)).toMatchObject({ sub: person.id, amr: ['hwk', 'mfa', 'pop', 'user'] });
    expect(await attemptsOf(node, person.id, 'webauthn', 300)).toBe(0);
  });

  test('the page asks the store for nothing: showing it twice gives the same challenge', async () => {
    const begun = await beginSignIn(node, 'notes');
    expect(optionsOf(await begun.agent.open(begun.page.url))).toEqual(optionsOf(begun.page));
  });

  test('for every defect the answer is the same, and no user is named', async () => {
    const { person, key } = await personWithKey();
    const other = await personWithKey();
    const unknownKey = newKey(Buffer.from('AAAAAAAAAAAAAAAAAAAAAA').toString('base64url'));
    const wrong: readonly ((page: Page) => CredentialInput)[] = [
      (page) => assertion(unknownKey, where(page)),
      (page) => assertion(key, where(page), { userHandle: unknownKey.userHandle }),
      (page) => assertion(key, where(page), { userHandle: other.key.userHandle }),
      (page) => assertion(key, where(page), { userHandle: '' }),
      (page) => assertion(keyOf(person), where(page)),
      (page) => assertion(key, { ...where(page), challenge: 'AAAA' }),
      (page) => assertion(key, where(page), { origin: 'https://evil.test' }),
    ];
    const seen = new Set<string>();
    for (const make of wrong) {
      const { agent, page } = await beginSignIn(node, 'notes');
      const next = await presentFirst(agent, page, make(page));
      seen.add(
        [next.status, currentStep(next), next.messages, next.html.includes(person.identifier)].join(' ') +
          next.html.replace(/"[\w.-]{40,}"|signin\/[\w-]+|challenge&#34;:&#34;[\w-]+/g, ''),
      );
    }
    expect(seen.size).toBe(1);
    expect([...seen][0]).toMatch(/^422 identify credentials.invalid false/);
    expect(refusals(person).map((line) => (line as { reason: string }).reason)).toEqual([
      'credentials.invalid: unknown_credential',
      'credentials.invalid: challenge',
      'credentials.invalid: origin',
    ]);
  });

  test('a challenge is answered once, and only in its own sign-in', async () => {
    const { key } = await personWithKey();
    const one = await beginSignIn(node, 'notes');
    const two = await beginSignIn(node, 'notes');
    const input = assertion(key, where(one.page));
    expect((await presentFirst(two.agent, two.page, input)).messages).toEqual(['credentials.invalid']);
    expect(currentStep(await presentFirst(one.agent, one.page, input))).toBe('code');
    expect(currentStep(await presentFirst(one.agent, one.page, input))).not.toBe('code');
  });

  test('attempts count on the account that is named, over all sign-ins', async () => {
    const { person, key } = await personWithKey();
    for (let tries = 0; tries < 10; tries += 1) {
      const { agent, page } = await beginSignIn(node, 'notes');
      await presentFirst(agent, page, assertion(keyOf(person), where(page)));
    }
    const { agent, page } = await beginSignIn(node, 'notes');
    const next = await presentFirst(agent, page, assertion(key, where(page)));
    expect([next.status, next.messages]).toEqual([429, ['attempts.exceeded']]);
  });

  test('of an account that may not sign in it is denied', async () => {
    const { person, key } = await personWithKey();
    await node.app.directory.setStatus(person.id, 'suspended');
    const { agent, page } = await beginSignIn(node, 'notes');
    const next = await presentFirst(agent, page, assertion(key, where(page)));
    expect([next.status, next.messages]).toEqual([403, ['denied.account_inactive']]);
  });
});

describe('several keys', () => {
  test('one challenge serves all of them, whichever answers', async () => {
    const { person, key } = await personWithKey();
    const second = keyOf(person);
    await addKey(person, key, second);
    for (const one of [key, second]) {
      const begun = await upToTheKey(person);
      expect(optionsOf(begun.page).allowCredentials).toMatchObject([{ id: key.id }, { id: second.id }]);
      expect(currentStep(await present(begun.agent, begun.page, one))).toBe('code');
    }
  });

  /** At an app that asks for a chain of two keys. */
  async function addKey(person: TestUser, mine: SoftKey, key: SoftKey): Promise<void> {
    const keys = [{ authenticators: ['webauthn'] }, { authenticators: ['webauthn'] }];
    await node.configure(signOnPolicy('payroll', { then: { allow: { chains: [keys] } } }));
    const begun = await beginSignIn(node, 'payroll');
    const { page } = await signIn(begun.agent, begun.page, person);
    let next = await present(begun.agent, page, mine);
    if (currentStep(next) === 'challenge:password')
      next = await answerStep(begun.agent, next, { 'credentials.passcode': person.password });
    expect(currentStep(next)).toBe('enroll:webauthn');
    const input = { ...attestation(key, where(next)), label: 'Spare key' };
    expect(optionsOf(next).excludeCredentials).toMatchObject([{ id: mine.id }]);
    expect(currentStep(await answerStep(begun.agent, next, fields(input)))).toBe('code');
    const account = await node.app.directory.get(person.id);
    expect(account?.credentials.map(({ label }) => label)).toContain('Spare key');
  }
});

describe('a key belongs to one account', () => {
  test('what one user has registered, no other can', async () => {
    const { key } = await personWithKey();
    const thief = await personWithPassword(node);
    const copy = keyOf(thief, Buffer.from(key.id, 'base64url'));
    const page = await enroll(thief, copy);
    expect([page.status, page.messages]).toEqual([422, ['credentials.taken']]);
    expect((await node.app.directory.get(thief.id))?.credentials).toHaveLength(1);
  });

  test('two at the same moment: one gets it', async () => {
    const [a, b] = [await personWithPassword(node), await personWithPassword(node)];
    const key = keyOf(a);
    const offers = [await upToTheOffer(a), await upToTheOffer(b)];
    const ends = await Promise.all(
      offers.map(({ agent, page }) => answerStep(agent, page, fields(attestation(key, where(page))))),
    );
    expect(ends.filter((page) => currentStep(page) === 'code')).toHaveLength(1);
    const accounts = await Promise.all([a, b].map(({ id }) => node.app.directory.get(id)));
    expect(accounts.flatMap((one) => one?.credentials ?? []).filter(({ reservations }) => reservations)).toHaveLength(
      1,
    );
  });

  test('once it is taken away from an account, or the account is gone, it is free', async () => {
    const { person, key } = await personWithKey();
    const next = await personWithPassword(node);
    await node.app.directory.resetAuthenticators(person.id, 'webauthn');
    const moved = keyOf(next, Buffer.from(key.id, 'base64url'));
    expect(currentStep(await enroll(next, moved))).toBe('code');
    await node.app.directory.delete(next.id);
    const last = await personWithPassword(node);
    expect(currentStep(await enroll(last, keyOf(last, Buffer.from(key.id, 'base64url'))))).toBe('code');
  });
});

test('a passkey that does not count is used when it is used', async () => {
  const { person, key } = await personWithKey({ flags: synced });
  const begun = await upToTheKey(person);
  expect(currentStep(await present(begun.agent, begun.page, key, { flags: synced, counter: 0 }))).toBe('code');
  const account = await node.app.directory.get(person.id);
  expect(account?.credentials.at(-1)).toMatchObject({ secret: { counter: 0 }, lastUsedAt: expect.any(Number) });
});

test('a key that may have been copied is refused, and the audit log says so', async () => {
  const { person, key } = await personWithKey();
  const first = await upToTheKey(person);
  expect(currentStep(await present(first.agent, first.page, key, { counter: 5 }))).toBe('code');
  const again = await upToTheKey(person);
  const page = await present(again.agent, again.page, key, { counter: 5 });
  expect([page.status, page.messages]).toEqual([422, ['credentials.cloned']]);
  expect(refusals(person)).toMatchObject([{ reason: 'credentials.cloned', authenticator: 'webauthn' }]);
});

test('a policy that asks for user verification is said to the browser, and nothing less passes', async () => {
  const { person, key } = await personWithKey();
  const verified = { allow: { factors: 1, possession: { userVerification: true } } };
  await node.configure(signOnPolicy('payroll', { then: verified }));
  const begun = await beginSignIn(node, 'payroll');
  expect(optionsOf(begun.page)).toMatchObject({ userVerification: 'required' });
  const page = await answerStep(begun.agent, begun.page, { identifier: person.identifier });
  expect(optionsOf(page)).toMatchObject({ userVerification: 'required' });
  const refused = await present(begun.agent, page, key, { flags: flag.up });
  expect([refused.status, refused.messages]).toEqual([422, ['credentials.unverified']]);
  expect(currentStep(await present(begun.agent, refused, key))).toBe('code');
});

test('the key of another user proves nothing, under any id', async () => {
  const [mine, theirs] = [await personWithKey(), await personWithKey()];
  const { agent, page } = await upToTheKey(mine.person);
  const first = await present(agent, page, theirs.key);
  expect(first.messages).toEqual(['credentials.invalid']);
  const posing = await present(agent, first, theirs.key, { id: Buffer.from(mine.key.id, 'base64url') });
  expect(posing.messages).toEqual(['credentials.invalid']);
});

test('nothing that was sent or stored reaches the log', () => {
  const log = JSON.stringify(node.audit);
  for (const word of ['clientData', 'publicKey', 'signature":']) expect(log).not.toContain(word);
  // The form of a sign-in that was over.
  expect(node.errors.map(String)).toEqual(['StepgateError: this browser has finished the sign-in']);
});
