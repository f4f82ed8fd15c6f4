import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Credential, Enrolled } from '../../../src/authenticators/authenticator.ts';
import { recoveryCodeAuthenticator } from '../../../src/authenticators/recovery-code/recovery-code.ts';
import { context } from '../../contract/authenticators/authenticator-contract.ts';
import { cheapQueue } from '../../support/servers/cheap-hashing.ts';

const authenticator = recoveryCodeAuthenticator(cheapQueue());
const subject = { id: 'u', status: 'active', identifiers: [], groups: [], profile: {}, enrollments: [] } as const;
let codes: readonly string[];
let credential: Credential;

async function enroll(input: Readonly<Record<string, string>>) {
  const offer = await authenticator.beginEnrollment(subject, context);
  return { offer, result: await authenticator.enroll(subject, { pending: offer.private, input }, context) };
}

beforeAll(async () => {
  const { offer, result } = await enroll({ saved: 'yes' });
  codes = offer.public.codes as string[];
  credential = { ...(result as Enrolled).credential, id: 'one', createdAt: 1 };
});

describe('the set', () => {
  test('has ten codes of 80 bits, never the same', async () => {
    const { offer } = await enroll({});
    const all = [...codes, ...(offer.public.codes as string[])];
    expect(codes).toHaveLength(10);
    expect(new Set(all).size).toBe(20);
    for (const code of all) expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
  });

  test.each([
    [10, 10],
    [20, 20],
    [3, 10],
    [200, 20],
  ])('has as many as the settings say (%d), 10 to 20', async (count, made) => {
    const offer = await authenticator.beginEnrollment(subject, { ...context, settings: { enabled: true, count } });
    expect(offer.public.codes).toHaveLength(made);
    const result = await authenticator.enroll(subject, { pending: offer.private, input: { saved: 'yes' } }, context);
    const kept: Credential = { ...(result as Enrolled).credential, id: 'x', createdAt: 1 };
    expect(authenticator.remainingUses?.(kept)).toBe(made);
  });

  test('is kept as hashes only', () => {
    const kept = JSON.stringify(credential.secret);
    for (const code of codes) {
      expect(kept).not.toContain(code);
      expect(kept).not.toContain(code.replaceAll('-', ''));
    }
  });

  test.each([[{}], [{ saved: '' }], [{ saved: 'no' }]])('counts only once it is saved: %j', async (input) => {
    const { result } = await enroll(input as Record<string, string>);
    expect(result).toEqual({ ok: false, code: 'recovery_codes.unsaved', field: 'credentials.saved' });
  });
});

describe('a code', () => {
  const spellings: readonly ((code: string) => string)[] = [
    (code) => code,
    (code) => code.toLowerCase(),
    (code) => code.replaceAll('-', ''),
    (code) => ` ${code.replaceAll('-', ' – ')}\n`,
    (code) => code.replaceAll('0', 'o').replaceAll('1', 'l'),
  ];
  test.each(spellings)('counts as users type it: %s', async (spell) => {
    const result = await authenticator.verify(
      credential,
      { pending: {}, input: { passcode: spell(codes[3] ?? '') } },
      context,
    );
    expect(result).toMatchObject({ ok: true, mustSave: true, notify: { params: { remaining: 9 } } });
  });

  test('counts once, each of the others still, and the last one uses the set up', async () => {
    let secret = credential.secret;
    for (const [index, passcode] of codes.entries()) {
      const result = await authenticator.verify(
        { ...credential, secret },
        { pending: {}, input: { passcode } },
        context,
      );
      if (!result.ok || !result.secret) throw new Error(`code ${index} was refused`);
      expect(result.consumed).toBe(index === 9 ? true : undefined);
      secret = result.secret;
      expect(
        (await authenticator.verify({ ...credential, secret }, { pending: {}, input: { passcode } }, context)).ok,
      ).toBe(false);
    }
  });

  test('how many are left is shown only to users who have proved something', async () => {
    expect((await authenticator.challenge(credential, context)).public).toEqual({});
    expect((await authenticator.challenge(credential, { ...context, mayShowDetails: true })).public).toEqual({
      remaining: 10,
    });
  });
});
