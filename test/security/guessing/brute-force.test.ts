/**
 * Guessing: attempts are counted per account and authenticator, over all sign-ins, nodes and spellings (Law 8, NIST SP
 * 800-63B-4 section 3.2.2).
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { attemptCounter } from '../../../src/stores/keys.ts';
import type { TestUser } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  identify,
  passcode,
  userWithPassword,
  userWithTotp,
  wrongCode,
} from '../../support/clients/sign-in-flow.ts';
import type { Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startTwoNodes, type TwoNodes } from '../../support/servers/two-nodes.ts';

let two: TwoNodes;
beforeAll(async () => {
  two = await startTwoNodes();
});
afterAll(() => two.stop());

/** Attempts in a quarter of an hour, and in five minutes. */
const passwordLimit = 10;
const totpLimit = 5;

type StoredUser = TestUser & { readonly id: string };

const spellings: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.toUpperCase(),
  (text) => `  ${text}\t`,
  (text) => text.replace(/[a-f]/, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0)),
  (text) => text.replace('demo.test', 'DEMO.TEST.'),
  (text) => text.replace('test', 'teſt'),
];

function guessPassword(agent: UserAgent, page: Page, identifier: string, guess: string): Promise<Page> {
  return answerStep(agent, page, { identifier, 'credentials.passcode': guess });
}

async function newest(agent: UserAgent, page: Page): Promise<Page> {
  return agent.open(page.url);
}

/** Guesses in turns of ten at once, over both nodes. Returns all pages that came back. */
async function inTurns(count: number, guess: (index: number) => Promise<Page>): Promise<Page[]> {
  const pages: Page[] = [];
  for (let done = 0; done < count; done += 10)
    pages.push(...(await Promise.all(Array.from({ length: 10 }, (_, index) => guess(done + index)))));
  return pages;
}

async function signsIn(user: StoredUser): Promise<string> {
  const { agent, page } = await beginSignIn(two, 'notes', two.hoppingAgent());
  return currentStep(await identify(agent, page, user));
}

describe('60 wrong passwords', () => {
  test('stop at the limit of the account within one sign-in', async () => {
    const user = await userWithPassword(two.nodes[0]);
    const before = two.hashes();
    const { agent, page } = await beginSignIn(two, 'notes', two.hoppingAgent());
    let at = page;
    for (let index = 0; index < 60; index += 1) {
      const spelled = spellings[index % spellings.length]?.(user.identifier) ?? '';
      at = await guessPassword(agent, await newest(agent, at), spelled, `guess ${index}`);
    }
    expect([at.status, at.messages]).toEqual([429, ['attempts.exceeded']]);
    expect(two.hashes() - before).toBe(passwordLimit);
    expect(await signsIn(user)).toBe('identify');
  });

  test('in 60 sign-ins, ten at once, with other names in between', async () => {
    const user = await userWithPassword(two.nodes[0]);
    const names = new Set(spellings.map((spell) => spell(user.identifier)));
    expect(names.size).toBe(spellings.length);
    const before = two.hashes();
    const pages = await inTurns(60, async (index) => {
      const { agent, page } = await beginSignIn(two, 'notes', two.hoppingAgent());
      await answerStep(agent, page, { identifier: `junk-${index}@demo.test`, 'credentials.passcode': '' });
      const fresh = await beginSignIn(two, 'notes', two.hoppingAgent());
      const spelled = spellings[index % spellings.length]?.(user.identifier) ?? '';
      return guessPassword(fresh.agent, fresh.page, spelled, `guess ${index}`);
    });
    expect(two.hashes() - before).toBe(passwordLimit);
    expect(pages.filter(({ status }) => status === 422)).toHaveLength(passwordLimit);
    expect(pages.filter(({ status }) => status === 429)).toHaveLength(60 - passwordLimit);
    expect(await signsIn(user)).toBe('identify');
  });

  test('half on the first page, half on the page of the password', async () => {
    const user = await userWithPassword(two.nodes[0]);
    const before = two.hashes();
    await inTurns(60, async (index) => {
      const { agent, page } = await beginSignIn(two, 'notes', two.hoppingAgent());
      if (index % 2 === 0) return guessPassword(agent, page, user.identifier, `guess ${index}`);
      const named = await answerStep(agent, page, { identifier: user.identifier, 'credentials.passcode': '' });
      return answerStep(agent, named, { 'credentials.passcode': `guess ${index}` });
    });
    expect(two.hashes() - before).toBe(passwordLimit);
  });

  test('of an unknown user: as many, and the same answer', async () => {
    const before = two.hashes();
    const pages = await inTurns(30, async (index) => {
      const { agent, page } = await beginSignIn(two, 'notes', two.hoppingAgent());
      return guessPassword(agent, page, spellings[index % 4]?.('fabian@demo.test') ?? '', `guess ${index}`);
    });
    expect(two.hashes() - before).toBe(passwordLimit);
    expect(new Set(pages.slice(10).map(({ status, messages }) => `${status} ${messages}`))).toEqual(
      new Set(['429 attempts.exceeded']),
    );
  });
});

test('a throttled answer says when to come back, the same for known and unknown users', async () => {
  const user = await userWithPassword(two.nodes[0]);
  for (const identifier of [user.identifier, 'nobody-waits@demo.test']) {
    const pages = await inTurns(20, async (index) => {
      const { agent, page } = await beginSignIn(two, 'notes');
      return guessPassword(agent, page, identifier, `guess ${index}`);
    });
    const throttled = pages.filter(({ status }) => status === 429);
    expect(throttled).toHaveLength(10);
    for (const { headers } of throttled) {
      expect(headers.get('retry-after')).toMatch(/^\d+$/);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(900);
    }
  }
});

describe('the codes of an authenticator app', () => {
  const evaluated = (user: StoredUser): number =>
    two
      .audit()
      .filter(
        ({ event, authenticator, subject }) =>
          subject === user.id && authenticator === 'totp' && event === 'authenticator.refused',
      ).length;

  async function atTotp(user: StoredUser): Promise<{ agent: UserAgent; page: Page }> {
    const { agent, page } = await beginSignIn(two, 'payroll', two.hoppingAgent());
    return { agent, page: await identify(agent, page, user) };
  }

  test('60 wrong ones on one form', async () => {
    const user = await userWithTotp(two.nodes[0]);
    const { agent, page } = await atTotp(user);
    const wrong = await wrongCode(user);
    const pages = await inTurns(60, () => answerStep(agent, page, { 'credentials.passcode': wrong }));
    expect(evaluated(user)).toBe(totpLimit);
    expect(pages.filter(({ status }) => status === 429)).toHaveLength(60 - totpLimit);
    expect(currentStep(await answerStep(agent, page, await passcode(user)))).toBe('challenge:totp');
  });

  test('over many sign-ins, the right password before each: a proof of one does not free the other', async () => {
    const user = await userWithTotp(two.nodes[0]);
    const wrong = await wrongCode(user);
    for (let index = 0; index < 12; index += 1) {
      const { agent, page } = await atTotp(user);
      await Promise.all([1, 2, 3].map(() => answerStep(agent, page, { 'credentials.passcode': wrong })));
    }
    expect(evaluated(user)).toBe(totpLimit);
    expect(await signsIn(user)).toBe('code');
  });

  test('a malformed code costs an attempt like any other, an empty one too', async () => {
    const user = await userWithTotp(two.nodes[0]);
    const { agent, page } = await atTotp(user);
    for (const code of ['', 'x', '1234567', '12345', '１２３', '0'.repeat(5000)])
      expect([422, 429]).toContain((await answerStep(agent, page, { 'credentials.passcode': code })).status);
    expect((await answerStep(agent, page, await passcode(user))).status).toBe(429);
  });
});

describe('an administrator', () => {
  async function lockedOut(): Promise<StoredUser> {
    const user = await userWithPassword(two.nodes[0]);
    await inTurns(10, async (index) => {
      const { agent, page } = await beginSignIn(two, 'notes');
      return guessPassword(agent, page, user.identifier, `guess ${index}`);
    });
    expect(await signsIn(user)).toBe('identify');
    return user;
  }

  test('unlocks', async () => {
    const user = await lockedOut();
    await two.nodes[1].app.directory.unlock(user.id, ['password']);
    expect(await signsIn(user)).toBe('code');
  });

  test('is the only one who opens an authenticator after 100 failures in a row', async () => {
    const user = await userWithPassword(two.nodes[0]);
    const counter = attemptCounter(user.id, 'password');
    for (let failures = 0; failures < 100; failures += 1)
      await two.nodes[0].store.reserve(counter, [{ limit: 100, window: 0 }]);
    const { agent, page } = await beginSignIn(two, 'notes', two.hoppingAgent());
    const locked = await identify(agent, page, user);
    expect([locked.status, locked.messages]).toEqual([429, ['attempts.locked']]);
    expect(locked.headers.has('retry-after')).toBe(false);
    await two.nodes[1].app.directory.unlock(user.id, ['password']);
    expect(await signsIn(user)).toBe('code');
  });

  test('suspends, which frees nothing', async () => {
    const user = await lockedOut();
    await two.nodes[1].app.directory.setStatus(user.id, 'suspended');
    await two.nodes[1].app.directory.setStatus(user.id, 'active');
    expect(await signsIn(user)).toBe('identify');
  });
});

test('the right password sets the count back: an owner who mistypes is not locked out in the end', async () => {
  const user = await userWithPassword(two.nodes[0]);
  for (let round = 0; round < 3; round += 1) {
    await inTurns(10, async (index) => {
      const { agent, page } = await beginSignIn(two, 'notes');
      return index < 6 ? guessPassword(agent, page, user.identifier, `guess ${index}`) : page;
    });
    expect(await signsIn(user)).toBe('code');
  }
});
