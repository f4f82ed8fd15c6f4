import { describe, expect, test } from '@jest/globals';
import { hash as argon2, argon2d, verify as argon2Verify } from 'argon2';
import type { Credential } from '../../../src/authenticators/authenticator.ts';
import { passwordCredential } from '../../../src/authenticators/password/credential.ts';
import { hashPassword, isWeakHash, passwordBytes, readHash } from '../../../src/authenticators/password/hash.ts';
import { formFault, isContextWord, isGuessedFirst } from '../../../src/authenticators/password/new-password.ts';
import { passwordAuthenticator } from '../../../src/authenticators/password/password.ts';
import { HashingQueue } from '../../../src/authenticators/shared/hashing-queue.ts';
import { context } from '../../contract/authenticators/authenticator-contract.ts';

const queue = new HashingQueue();
const password = passwordAuthenticator(queue);

function holding(hash: string): Credential {
  return { ...passwordCredential(hash), id: 'one', createdAt: 1 };
}

async function signsIn(hash: string, passcode: string): Promise<boolean> {
  return (await password.verify(holding(hash), { pending: {}, input: { passcode } }, context)).ok;
}

describe('hashes', () => {
  test('are Argon2id with our parameters, in the order that every implementation reads', async () => {
    const hash = await hashPassword(queue, 'a good password');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(isWeakHash(hash)).toBe(false);
    expect(readHash(hash)?.hash).toBe(hash);
    expect(await hashPassword(queue, 'a good password')).not.toBe(hash);
  });

  test('in the order m,p,t are taken over in the order m,t,p, and still fit', async () => {
    const hash = await hashPassword(queue, 'a good password');
    const other = hash.replace('t=2,p=1', 'p=1,t=2');
    expect(readHash(other)?.hash).toBe(hash);
    expect(await argon2Verify(other, 'a good password')).toBe(true);
    expect(await signsIn(other, 'a good password')).toBe(true);
  });

  const tail = '$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g';
  test.each([
    ['bcrypt', '$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW'],
    ['argon2i', `$argon2i$v=19$m=19456,t=2,p=1${tail}`],
    ['argon2d', `$argon2d$v=19$m=19456,t=2,p=1${tail}`],
    ['an old version', `$argon2id$v=16$m=19456,t=2,p=1${tail}`],
    ['no parameters', `$argon2id$v=19$${tail}`],
    ['a parameter twice', `$argon2id$v=19$m=19456,t=2,t=2${tail}`],
    ['a keyid', `$argon2id$v=19$m=19456,t=2,p=1,keyid=a${tail}`],
    ['no passes', `$argon2id$v=19$m=19456,t=0,p=1${tail}`],
    ['no lanes', `$argon2id$v=19$m=19456,t=2,p=0${tail}`],
    ['too little memory for its lanes', `$argon2id$v=19$m=15,t=2,p=2${tail}`],
    ['all memory of the machine', `$argon2id$v=19$m=4194304,t=2,p=1${tail}`],
    ['a thousand passes', `$argon2id$v=19$m=19456,t=1000,p=1${tail}`],
    ['no tag', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA'],
    ['something after it', `$argon2id$v=19$m=19456,t=2,p=1${tail}\n`],
    ['nothing', ''],
  ])('with %s are not taken over, and open nothing', async (_what, text) => {
    expect(readHash(text)).toBeUndefined();
    expect(await signsIn(text, 'anything at all')).toBe(false);
  });

  test('of another type with the right password do not count', async () => {
    expect(await signsIn(await argon2('a good password', { type: argon2d }), 'a good password')).toBe(false);
  });
});

describe('the whole password counts', () => {
  test('composed and decomposed letters are the same', async () => {
    const hash = await hashPassword(queue, 'caf\u00e9 au lait');
    expect(await signsIn(hash, 'cafe\u0301 au lait')).toBe(true);
    expect(await signsIn(hash, 'cafe au lait')).toBe(false);
    expect(await signsIn(hash, ' caf\u00e9 au lait')).toBe(false);
    expect(await signsIn(hash, 'CAF\u00c9 au lait')).toBe(false);
  });

  test.each([72, 80, 128, 255, 1024])('%i characters: the last one matters', async (length) => {
    const hash = await hashPassword(queue, `${'x'.repeat(length - 1)}1`);
    expect(await signsIn(hash, `${'x'.repeat(length - 1)}1`)).toBe(true);
    expect(await signsIn(hash, `${'x'.repeat(length - 1)}2`)).toBe(false);
    expect(await signsIn(hash, 'x'.repeat(length - 1))).toBe(false);
  });

  test('a NUL does not end it', async () => {
    const hash = await hashPassword(queue, 'before\0after');
    expect(await signsIn(hash, 'before\0after')).toBe(true);
    expect(await signsIn(hash, 'before\0other')).toBe(false);
  });

  test('a password that is too long or not well-formed is refused before anything is hashed', async () => {
    const { started } = queue.stats;
    for (const text of ['', 'x'.repeat(1025), '\u00e9'.repeat(513), 'x\ud800', '\udc00x']) {
      expect(passwordBytes(text)).toBeUndefined();
      await expect(hashPassword(queue, text)).rejects.toThrow(RangeError);
      expect((await password.verify(undefined, { pending: {}, input: { passcode: text } }, context)).ok).toBe(false);
    }
    expect(queue.stats.started).toBe(started);
    expect(passwordBytes('e\u0301'.repeat(512))).toHaveLength(1024);
  });
});

describe('a hash that cost less than ours', () => {
  const cheap = { memoryCost: 8_192, timeCost: 1, parallelism: 1 };

  test('is replaced once the password is proved', async () => {
    const result = await password.verify(
      holding(await argon2('a good password', cheap)),
      { pending: {}, input: { passcode: 'a good password' } },
      context,
    );
    if (!result.ok) throw new Error(result.code);
    expect(result.mustSave).toBe(false);
    const replaced = String(result.secret?.hash);
    expect(isWeakHash(replaced)).toBe(false);
    expect(await signsIn(replaced, 'a good password')).toBe(true);
  });

  test('stays when the password is wrong, and when one is good enough', async () => {
    const wrong = await password.verify(
      holding(await argon2('a good password', cheap)),
      { pending: {}, input: { passcode: 'another' } },
      context,
    );
    expect(wrong).toEqual({ ok: false, code: 'credentials.invalid', field: 'credentials.passcode' });
    const good = await password.verify(
      holding(await hashPassword(queue, 'fine')),
      { pending: {}, input: { passcode: 'fine' } },
      context,
    );
    expect(good).toEqual(expect.not.objectContaining({ secret: expect.anything() }));
  });

  test('is no reason to fail a sign-in when the queue is full', async () => {
    const narrow = new HashingQueue({ concurrency: 1, maxWait: 1 });
    const stored = await argon2('a good password', cheap);
    const verified = passwordAuthenticator(narrow).verify(
      holding(stored),
      { pending: {}, input: { passcode: 'a good password' } },
      context,
    );
    const blocker = Promise.withResolvers<void>();
    const running = narrow.run(() => blocker.promise);
    expect(await verified).toEqual({ ok: true, credential: 'one', mustSave: false, proof: expect.anything() });
    expect(narrow.stats.refused).toBe(1);
    blocker.resolve();
    await running;
  });
});

test('a flood is refused with 503, not queued without end', async () => {
  const narrow = passwordAuthenticator(new HashingQueue({ concurrency: 1, capacity: 2 }));
  const attempts = Array.from({ length: 10 }, () =>
    narrow.verify(undefined, { pending: {}, input: { passcode: 'whatever it is' } }, context),
  );
  const settled = await Promise.allSettled(attempts);
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  for (const result of settled) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'busy' });
});

describe('a new password', () => {
  test.each([
    ['seven77', 'too_short'],
    ['\u{1f600}'.repeat(7), 'too_short'],
    ['x'.repeat(1025), 'too_long'],
    ['long enough \ud800', 'malformed'],
  ])('%j is refused: %s', (text, fault) => expect(formFault(text, 8)).toBe(fault));

  test.each([
    ['password', 'common'],
    ['Password1!', 'common'],
    ['P@ssw0rd2026', 'common'],
    ['12345678', 'common'],
    ['aaaaaaaaaaaaaaaa', 'common'],
    ['abababababababab', 'common'],
    ['passwordpassword', 'common'],
    ['Password1Password1', 'common'],
    ['iloveyou iloveyou', 'common'],
    ['alice@demo.test', 'context'],
    ['Stepgate2026!', 'context'],
    ['AliceLiddell1', 'context'],
    ['u1234567-u1234567', 'context'],
    ['U123456712345678', 'context'],
    ['stepgate alice 2026', 'context'],
  ])('%j is refused: %s', (text, reason) => {
    const words = ['alice@demo.test', 'Stepgate', 'AliceLiddell', 'u1234567'];
    expect([isGuessedFirst(text), isContextWord(text, words)]).toEqual([reason === 'common', reason === 'context']);
  });

  test('needs no digits or signs', () => {
    for (const text of [
      'plain but long enough',
      'fourteenletter',
      'пароль из шести слов',
      'alice eats soup',
      'umbrellas umbrellas',
    ]) {
      expect([isGuessedFirst(text), isContextWord(text, ['alice@demo.test'])]).toEqual([false, false]);
      expect(formFault(text, 8)).toBeUndefined();
    }
    expect([formFault('fifteen letters', 15), formFault('fourteenletter', 15)]).toEqual([undefined, 'too_short']);
  });
});
