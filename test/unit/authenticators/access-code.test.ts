import { describe, expect, test } from '@jest/globals';
import { accessCodeAuthenticator, issueAccessCode } from '../../../src/authenticators/access-code/access-code.ts';
import type { Credential } from '../../../src/authenticators/authenticator.ts';
import { context } from '../../contract/authenticators/authenticator-contract.ts';
import { cheapQueue } from '../../support/servers/cheap-hashing.ts';

const queue = cheapQueue();
const authenticator = accessCodeAuthenticator(queue);

async function issue(uses: number, expiresAt: number, length = 12) {
  const { code, credential } = await issueAccessCode(queue, { length, uses, expiresAt });
  const issued: Credential = { ...credential, id: 'one', createdAt: 1 };
  return { code, issued };
}

describe('an access code', () => {
  test('counts as often as it was issued for', async () => {
    const { code, issued } = await issue(2, context.now + 60);
    const first = await authenticator.verify(issued, { pending: {}, input: { passcode: code.toLowerCase() } }, context);
    if (!first.ok || !first.secret) throw new Error('refused');
    expect(first).toMatchObject({ mustSave: true, proof: { factors: ['possession'], amr: ['otp'] } });
    expect(first.consumed).toBeUndefined();
    const second = await authenticator.verify(
      { ...issued, secret: first.secret },
      { pending: {}, input: { passcode: code } },
      context,
    );
    if (!second.ok || !second.secret) throw new Error('refused');
    expect(second.consumed).toBe(true);
    expect(
      (
        await authenticator.verify(
          { ...issued, secret: second.secret },
          { pending: {}, input: { passcode: code } },
          context,
        )
      ).ok,
    ).toBe(false);
  });

  test.each([
    [-1, true],
    [0, false],
    [1, false],
  ])('%i seconds after its end: counts = %p', async (after, counts) => {
    const { code, issued } = await issue(1, context.now);
    const result = await authenticator.verify(
      issued,
      { pending: {}, input: { passcode: code } },
      { ...context, now: context.now + after },
    );
    expect(result.ok).toBe(counts);
  });

  test('without an end it never counts', async () => {
    const { code, issued } = await issue(1, context.now + 60);
    const { expiresAt: _, ...endless } = issued;
    expect((await authenticator.verify(endless, { pending: {}, input: { passcode: code } }, context)).ok).toBe(false);
  });

  test.each([8, 12, 64])('has %i signs, and is kept as a hash only', async (length) => {
    const { code, issued } = await issue(1, context.now + 60, length);
    expect(code.replaceAll('-', '')).toHaveLength(length);
    expect(JSON.stringify(issued)).not.toContain(code.replaceAll('-', ''));
  });

  test.each([
    [7, 1],
    [65, 1],
    [8.5, 1],
    [12, 0],
    [12, 1.5],
  ])('is not issued with %p signs for %p uses', async (length, uses) => {
    await expect(issueAccessCode(queue, { length, uses, expiresAt: context.now + 60 })).rejects.toThrow(RangeError);
  });
});
