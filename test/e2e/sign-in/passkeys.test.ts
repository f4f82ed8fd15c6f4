/** Passkeys and security keys in whole sign-ins, with a software authenticator in the place of browser and key. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CredentialInput } from '../../../src/authenticators/authenticator.ts';
import { claimsOf, redeemCode } from '../../support/clients/raw-client.ts';
import { signIn } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  attemptsOf,
  beginSignIn,
  currentStep,
  formOf,
  identify,
  type SignIn,
  signOnPolicy,
  userWithPassword,
} from '../../support/clients/sign-in-flow.ts';
import { type Page, UserAgent, withoutTimeLeft } from '../../support/pages/user-agent.ts';
import {
  assertion,
  attestation,
  flag,
  type Making,
  newKey,
  optionsOf,
  type SoftKey,
  whereOf,
} from '../../support/pages/webauthn.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

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

type TestUser = Awaited<ReturnType<typeof userWithPassword>>;

function where(page: Page) {
  return whereOf({ public: optionsOf(page) }, node.issuer);
}

function fields(input: CredentialInput): Record<string, string> {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [`credentials.${name}`, value]));
}

function keyOf(user: TestUser, id?: Buffer): SoftKey {
  return newKey(Buffer.from(user.id).toString('base64url'), id);
}

/** Signs in with the password up to the offer of a key. */
async function upToTheOffer(user: TestUser, app = 'notes'): Promise<SignIn> {
  const begun = await beginSignIn(node, app);
  let page = await identify(begun.agent, begun.page, user);
  if (currentStep(page) === 'challenge:password')
    page = await answerStep(begun.agent, page, { 'credentials.passcode': user.password });
  if (currentStep(page) === 'select') page = await answerStep(begun.agent, page, { 'authenticator.id': 'webauthn' });
  expect(currentStep(page)).toBe('enroll:webauthn');
  return { ...begun, page };
}

async function enroll(user: TestUser, key: SoftKey, making: Making = {}): Promise<Page> {
  const { agent, page } = await upToTheOffer(user);
  return answerStep(agent, page, fields(attestation(key, where(page), making)));
}

async function userWithKey(making: Making = {}): Promise<{ user: TestUser; key: SoftKey }> {
  const user = await userWithPassword(node);
  const key = keyOf(user);
  expect(currentStep(await enroll(user, key, making))).toBe('code');
  return { user, key };
}

/** Answers the challenge of the page with the key. */
function present(agent: UserAgent, page: Page, key: SoftKey, making: Making = {}): Promise<Page> {
  return answerStep(agent, page, fields(assertion(key, where(page), making)));
}

/** Uses the passkey form of the page that asks who it is. */
function presentFirst(agent: UserAgent, page: Page, input: CredentialInput): Promise<Page> {
  const form = page.forms.find(({ step, authenticator }) => step === 'identify' && authenticator === 'webauthn');
  return agent.submit(page, form, fields(input));
}

async function tokenOf({ request }: SignIn, page: Page): Promise<unknown> {
  const { tokens } = await redeemCode(node.origin, request, page.url);
  return claimsOf(tokens?.id_token);
}

function refusals(of: TestUser): unknown[] {
  return node.audit.filter(({ event, subject }) => event === 'authenticator.refused' && subject === of.id);
}

/** The challenge of a key, after the identifier. */
async function upToTheKey(user: TestUser, agent = new UserAgent()): Promise<SignIn> {
  const begun = await beginSignIn(node, 'notes', agent);
  const named = await answerStep(agent, begun.page, { identifier: user.identifier, 'credentials.passcode': '' });
  const page =
    currentStep(named) === 'challenge:webauthn'
      ? named
      : await agent.submit(named, formOf(named, 'select'), { 'authenticator.id': 'webauthn' });
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
    const { user, key } = await userWithKey(registered);
    const begun = await upToTheKey(user);
    const asked = [currentStep(begun.page)];
    let page = await present(begun.agent, begun.page, key, shown);
    if (currentStep(page) === 'challenge:password') {
      asked.push(currentStep(page));
      page = await answerStep(begun.agent, page, { 'credentials.passcode': user.password });
    }
    expect(asked).toEqual(steps);
    expect(await tokenOf(begun, page)).toMatchObject({ sub: user.id, amr, acr: 'phr' });
  });

  test('enrolling it during the sign-in counts at once, with the password before it', async () => {
    const user = await userWithPassword(node);
    const begun = await upToTheOffer(user);
    const end = await answerStep(begun.agent, begun.page, fields(attestation(keyOf(user), where(begun.page))));
    expect(await tokenOf(begun, end)).toMatchObject({ amr: ['hwk', 'mfa', 'pop', 'pwd', 'user'] });
  });
});

describe('without a username', () => {
  test('a passkey says who it is and proves it in one step', async () => {
    const { user, key } = await userWithKey();
    const begun = await beginSignIn(node, 'notes');
    const options = optionsOf(begun.page);
    expect(options).toMatchObject({ allowCredentials: [], rpId: 'localhost', userVerification: 'preferred' });
    expect(begun.page.html).toContain('autocomplete="username webauthn"');
    const end = await presentFirst(begun.agent, begun.page, assertion(key, where(begun.page)));
    expect(await tokenOf(begun, end)).toMatchObject({ sub: user.id, amr: ['hwk', 'mfa', 'pop', 'user'] });
    expect(await attemptsOf(node, user.id, { authenticator: 'webauthn', window: 300 })).toBe(0);
  });

  test('the page asks the store for nothing: showing it twice gives the same challenge', async () => {
    const begun = await beginSignIn(node, 'notes');
    expect(optionsOf(await begun.agent.open(begun.page.url))).toEqual(optionsOf(begun.page));
  });

  test('for every defect the answer is the same, and no user is named', async () => {
    const { user, key } = await userWithKey();
    const other = await userWithKey();
    const unknownKey = newKey(Buffer.from('AAAAAAAAAAAAAAAAAAAAAA').toString('base64url'));
    const wrong: readonly ((page: Page) => CredentialInput)[] = [
      (page) => assertion(unknownKey, where(page)),
      (page) => assertion(key, where(page), { userHandle: unknownKey.userHandle }),
      (page) => assertion(key, where(page), { userHandle: other.key.userHandle }),
      (page) => assertion(key, where(page), { userHandle: '' }),
      (page) => assertion(keyOf(user), where(page)),
      (page) => assertion(key, { ...where(page), challenge: 'AAAA' }),
      (page) => assertion(key, where(page), { origin: 'https://evil.test' }),
    ];
    const seen = new Set<string>();
    for (const make of wrong) {
      const { agent, page } = await beginSignIn(node, 'notes');
      const next = await presentFirst(agent, page, make(page));
      seen.add(
        [next.status, currentStep(next), next.messages, next.html.includes(user.identifier)].join(' ') +
          withoutTimeLeft(next.html).replace(
            /\n<(?:div hidden data-credential-signal|script src="\/assets\/).*|"[\w.-]{40,}"|signin\/[\w-]+|challenge&#34;:&#34;[\w-]+/g,
            '',
          ),
      );
    }
    expect(seen.size).toBe(1);
    expect([...seen][0]).toMatch(/^422 identify credentials.invalid false/);
    expect(refusals(user).map((line) => (line as { reason: string }).reason)).toEqual([
      'credentials.invalid: unknown_credential',
      'credentials.invalid: challenge',
      'credentials.invalid: origin',
    ]);
  });

  test('a challenge is answered once, and only in its own sign-in', async () => {
    const { key } = await userWithKey();
    const one = await beginSignIn(node, 'notes');
    const second = await beginSignIn(node, 'notes');
    const input = assertion(key, where(one.page));
    expect((await presentFirst(second.agent, second.page, input)).messages).toEqual(['credentials.invalid']);
    expect(currentStep(await presentFirst(one.agent, one.page, input))).toBe('code');
    expect(currentStep(await presentFirst(one.agent, one.page, input))).not.toBe('code');
  });

  test('attempts count on the account that is named, over all sign-ins', async () => {
    const { user, key } = await userWithKey();
    for (let tries = 0; tries < 10; tries += 1) {
      const { agent, page } = await beginSignIn(node, 'notes');
      await presentFirst(agent, page, assertion(keyOf(user), where(page)));
    }
    const { agent, page } = await beginSignIn(node, 'notes');
    const next = await presentFirst(agent, page, assertion(key, where(page)));
    expect([next.status, next.messages]).toEqual([429, ['attempts.exceeded']]);
  });

  test('of an account that may not sign in it is denied', async () => {
    const { user, key } = await userWithKey();
    await node.app.directory.setStatus(user.id, 'suspended');
    const { agent, page } = await beginSignIn(node, 'notes');
    const next = await presentFirst(agent, page, assertion(key, where(page)));
    expect([next.status, next.messages]).toEqual([403, ['denied.account_inactive']]);
  });
});

describe('several keys', () => {
  test('one challenge serves all of them, whichever answers', async () => {
    const { user, key } = await userWithKey();
    const second = keyOf(user);
    await addKey(user, key, second);
    for (const softKey of [key, second]) {
      const begun = await upToTheKey(user);
      expect(optionsOf(begun.page).allowCredentials).toMatchObject([{ id: key.id }, { id: second.id }]);
      expect(currentStep(await present(begun.agent, begun.page, softKey))).toBe('code');
    }
  });

  /** At an app that asks for a chain of two keys. */
  async function addKey(user: TestUser, mine: SoftKey, key: SoftKey): Promise<void> {
    const keys = [{ authenticators: ['webauthn'] }, { authenticators: ['webauthn'] }];
    await node.configure(signOnPolicy('payroll', { then: { allow: { chains: [keys] } } }));
    const begun = await beginSignIn(node, 'payroll');
    const { page } = await signIn(begun.agent, begun.page, user);
    let next = await present(begun.agent, page, mine);
    if (currentStep(next) === 'challenge:password')
      next = await answerStep(begun.agent, next, { 'credentials.passcode': user.password });
    expect(currentStep(next)).toBe('enroll:webauthn');
    const input = { ...attestation(key, where(next)), label: 'Spare key' };
    expect(optionsOf(next).excludeCredentials).toMatchObject([{ id: mine.id }]);
    expect(currentStep(await answerStep(begun.agent, next, fields(input)))).toBe('code');
    const account = await node.app.directory.get(user.id);
    expect(account?.credentials.map(({ label }) => label)).toContain('Spare key');
  }
});

describe('a key belongs to one account', () => {
  test('what one user has registered, no other can', async () => {
    const { key } = await userWithKey();
    const thief = await userWithPassword(node);
    const copy = keyOf(thief, Buffer.from(key.id, 'base64url'));
    const page = await enroll(thief, copy);
    expect([page.status, page.messages]).toEqual([422, ['credentials.taken']]);
    expect((await node.app.directory.get(thief.id))?.credentials).toHaveLength(1);
  });

  test('two at the same moment: one gets it', async () => {
    const [a, b] = [await userWithPassword(node), await userWithPassword(node)];
    const key = keyOf(a);
    const offers = [await upToTheOffer(a), await upToTheOffer(b)];
    const ends = await Promise.all(
      offers.map(({ agent, page }) => answerStep(agent, page, fields(attestation(key, where(page))))),
    );
    expect(ends.filter((page) => currentStep(page) === 'code')).toHaveLength(1);
    const accounts = await Promise.all([a, b].map(({ id }) => node.app.directory.get(id)));
    expect(
      accounts.flatMap((account) => account?.credentials ?? []).filter(({ reservations }) => reservations),
    ).toHaveLength(1);
  });

  test('once it is taken away from an account, or the account is gone, it is free', async () => {
    const { user, key } = await userWithKey();
    const next = await userWithPassword(node);
    await node.app.directory.resetAuthenticators(user.id, 'webauthn');
    const moved = keyOf(next, Buffer.from(key.id, 'base64url'));
    expect(currentStep(await enroll(next, moved))).toBe('code');
    await node.app.directory.delete(next.id);
    const last = await userWithPassword(node);
    expect(currentStep(await enroll(last, keyOf(last, Buffer.from(key.id, 'base64url'))))).toBe('code');
  });
});

test('a passkey that does not count is used when it is used', async () => {
  const { user, key } = await userWithKey({ flags: synced });
  const begun = await upToTheKey(user);
  expect(currentStep(await present(begun.agent, begun.page, key, { flags: synced, counter: 0 }))).toBe('code');
  const account = await node.app.directory.get(user.id);
  expect(account?.credentials.at(-1)).toMatchObject({ secret: { counter: 0 }, lastUsedAt: expect.any(Number) });
});

test('a key that may have been copied is refused, and the audit log says so', async () => {
  const { user, key } = await userWithKey();
  const first = await upToTheKey(user);
  expect(currentStep(await present(first.agent, first.page, key, { counter: 5 }))).toBe('code');
  const again = await upToTheKey(user);
  const page = await present(again.agent, again.page, key, { counter: 5 });
  expect([page.status, page.messages]).toEqual([422, ['credentials.cloned']]);
  expect(refusals(user)).toMatchObject([{ reason: 'credentials.cloned', authenticator: 'webauthn' }]);
});

test('a policy that asks for user verification is passed on to the browser, and nothing less passes', async () => {
  const { user, key } = await userWithKey();
  const verified = { allow: { factors: 1, possession: { userVerification: true } } };
  await node.configure(signOnPolicy('payroll', { then: verified }));
  const begun = await beginSignIn(node, 'payroll');
  expect(optionsOf(begun.page)).toMatchObject({ userVerification: 'required' });
  const page = await answerStep(begun.agent, begun.page, { identifier: user.identifier });
  expect(optionsOf(page)).toMatchObject({ userVerification: 'required' });
  const refused = await present(begun.agent, page, key, { flags: flag.up });
  expect([refused.status, refused.messages]).toEqual([422, ['credentials.unverified']]);
  expect(currentStep(await present(begun.agent, refused, key))).toBe('code');
});

test('the key of another user proves nothing, under any id', async () => {
  const [mine, theirs] = [await userWithKey(), await userWithKey()];
  const { agent, page } = await upToTheKey(mine.user);
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
