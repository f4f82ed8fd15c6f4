import { describe, expect, test } from '@jest/globals';
import type {
  AuthenticatorContext,
  EnrollmentContinued,
  IssuedChallenge,
} from '../../../src/authenticators/authenticator.ts';
import { emailAuthenticator, emailCredential } from '../../../src/authenticators/email/email.ts';
import { context } from '../../contract/authenticators/authenticator-contract.ts';

const email = emailAuthenticator();
const ann = { ...emailCredential('Ann@example.org'), id: 'one', createdAt: 1 };
const subject = {
  id: 's',
  status: 'active',
  identifiers: ['ann@example.org'],
  groups: [],
  profile: { email: 'ann@example.org' },
  enrollments: [],
} as const;

const sent = (started: IssuedChallenge) => started.deliver?.[0]?.params ?? {};
const tokenOf = (started: IssuedChallenge) => new URL(String(sent(started).link)).searchParams.get('t') ?? '';
const challenge = (more: Partial<AuthenticatorContext> = {}, credential: typeof ann | undefined = ann) =>
  email.challenge(credential, { ...context, ...more });

describe('a challenge', () => {
  test('sends a code and a link of 256 bits to the issuer, which the transaction holds only hashed', async () => {
    const started = await challenge();
    expect(started.deliver).toHaveLength(1);
    expect(started.deliver?.[0]).toMatchObject({ channel: 'email', to: 'Ann@example.org', template: 'code' });
    const { code, link } = sent(started);
    expect(code).toMatch(/^\d{6}$/);
    expect(String(link).startsWith('https://id.example.org/signin/transaction-1/link?t=')).toBe(true);
    expect(Buffer.from(tokenOf(started), 'base64url')).toHaveLength(32);
    const kept = JSON.stringify([started.private, started.public]);
    expect(kept).not.toContain(tokenOf(started));
    expect(kept).not.toContain(`"${code}"`);
    expect(kept).not.toMatch(/ann@example\.org/i);
  });

  test('codes are spread over all six digits', async () => {
    const codes = await Promise.all(Array.from({ length: 500 }, async () => String(sent(await challenge()).code)));
    expect(new Set(codes).size).toBeGreaterThan(480);
    for (let place = 0; place < 6; place += 1) expect(new Set(codes.map((code) => code[place])).size).toBe(10);
  });

  test('the code of one challenge or transaction is not that of another', async () => {
    const started = await challenge();
    const other = await challenge();
    const answer = (pending: IssuedChallenge, more: Partial<AuthenticatorContext> = {}) =>
      email.verify(
        ann,
        { pending: pending.private, input: { passcode: String(sent(started).code) } },
        { ...context, ...more },
      );
    expect((await answer(started)).ok).toBe(true);
    expect((await answer(started, { transactionId: 'transaction-2' })).ok).toBe(false);
    if (sent(started).code !== sent(other).code) expect((await answer(other)).ok).toBe(false);
  });

  test('when the address is changed meanwhile, the code no longer counts', async () => {
    const started = await challenge();
    const moved = { ...ann, secret: { address: 'ann@example.net' } };
    const result = await email.verify(
      moved,
      { pending: started.private, input: { passcode: String(sent(started).code) } },
      context,
    );
    expect(result).toMatchObject({ ok: false, code: 'credentials.invalid' });
  });

  test.each<[string, (code: string) => string]>([
    ['full-width digits', (code) => code.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)))],
    ['two groups', (code) => ` ${code.slice(0, 3)} ${code.slice(3)}\n`],
    ['a dash', (code) => `${code.slice(0, 3)}-${code.slice(3)}`],
    ['an invisible character', (code) => `${code}\u200b`],
  ])('accepts the code as users paste it: %s', async (_what, typed) => {
    const started = await challenge();
    const passcode = typed(String(sent(started).code));
    expect((await email.verify(ann, { pending: started.private, input: { passcode } }, context)).ok).toBe(true);
  });
});

describe('where one method counts alone', () => {
  const verify = (started: IssuedChallenge, passcode: string, more: Partial<AuthenticatorContext> = {}) =>
    email.verify(ann, { pending: started.private, input: { passcode } }, { ...context, ...more });

  test('the code: no link is mailed, and none is answered', async () => {
    const started = await challenge({ methods: ['code'] });
    const { code, link } = sent(started);
    expect([code, link]).toEqual([expect.stringMatching(/^\d{6}$/), undefined]);
    expect([started.inputs, started.methods]).toEqual([['one_time_code'], ['code']]);
    expect(started.public).not.toHaveProperty('linkable');
    expect(await verify(started, String(code))).toMatchObject({ ok: true, proof: { amr: ['email'], method: 'code' } });
    expect(await verify(started, String(code), { byLink: true })).toMatchObject({ code: 'credentials.invalid' });
  });

  test('the link: no code is mailed, nothing can be entered, and the page elsewhere shows none', async () => {
    const started = await challenge({ methods: ['link'] });
    expect(sent(started).code).toBeUndefined();
    expect([started.inputs, started.methods]).toEqual([[], ['link']]);
    expect(started.public).toMatchObject({ linkable: true, method: 'link' });
    const linked = email.readMagicLink?.(started.private, tokenOf(started), context);
    expect(linked?.linkOnly).toBe(true);
    const passcode = String(linked?.passcode);
    expect(await verify(started, passcode)).toMatchObject({ code: 'credentials.invalid' });
    expect(await verify(started, passcode, { byLink: true })).toMatchObject({ ok: true, proof: { method: 'link' } });
  });

  test('the settings say so for all apps', async () => {
    const started = await challenge({ settings: { methods: ['code'] } });
    expect([started.methods, sent(started).link]).toEqual([['code'], undefined]);
  });

  test('with both, the proof says which it was', async () => {
    const started = await challenge();
    const { code } = sent(started);
    expect(await verify(started, String(code))).toMatchObject({ proof: { method: 'code' } });
    expect(await verify(started, String(code), { byLink: true })).toMatchObject({ proof: { method: 'link' } });
  });

  test('a message from before methods were recorded can be answered by both', async () => {
    const { methods: _, ...before } = (await challenge()).private;
    const started = await challenge();
    const { methods: _new, ...pending } = started.private;
    expect(email.readMagicLink?.(pending, tokenOf(started), context)?.passcode).toBe(sent(started).code);
    expect(email.readMagicLink?.(before, tokenOf(started), context)).toBeUndefined();
  });

  test('decoys get the same page', async () => {
    const { public: shown, inputs } = await challenge({ methods: ['link'] });
    const decoy = await email.challenge(undefined, { ...context, methods: ['link'] });
    expect([decoy.inputs, decoy.public]).toEqual([inputs, shown]);
  });
});

describe('the address on the page', () => {
  const shown = async (more: Partial<AuthenticatorContext>, credential: typeof ann | undefined = ann) =>
    (await email.challenge(credential, { ...context, ...more })).public.address;
  const unknown = async (identifier: string) =>
    (await email.challenge(undefined, { ...context, identifier })).public.address;

  test('is what was typed, masked', async () => {
    expect(await shown({ identifier: ' ANN@Example.org ' })).toBe('a***n@e***e.org');
    expect(await shown({ identifier: 'ann' })).toBe('');
    expect(await shown({ identifier: 'other@example.org' })).toBe('');
    expect(await shown({})).toBe('');
  });

  test('is the real one, masked, only after a proof', async () => {
    expect(await shown({ identifier: 'ann', mayShowDetails: true })).toBe('A***n@e***e.org');
  });

  test('of a decoy is stable, and masked like that of a user; some have none, like users with another address', async () => {
    const identifiers = Array.from({ length: 200 }, (_, index) => `ann${index}n@example.org`);
    const masks = await Promise.all(identifiers.map(unknown));
    expect(await Promise.all(identifiers.map(unknown))).toEqual(masks);
    expect(new Set(masks)).toEqual(new Set(['a***n@e***e.org', '']));
    expect(masks.filter((mask) => mask === '').length).toBeLessThan(60);
    expect(await unknown('ann')).toBe('');
  });
});

describe('a link', () => {
  test('replaces the code of its message, and names the app', async () => {
    const userAgent = 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36';
    const started = await challenge({ visitor: { ip: '192.0.2.9', userAgent } });
    expect(email.readMagicLink?.(started.private, tokenOf(started), context)).toEqual({
      passcode: sent(started).code,
      requestedFrom: { ip: '192.0.2.9', browser: 'Chrome', system: 'Windows' },
    });
  });

  test('of another challenge, of another transaction, cut, or of another kind is none', async () => {
    const started = await challenge();
    const token = tokenOf(started);
    const other = tokenOf(await challenge());
    const wrong = [
      other,
      token.slice(1),
      `${token}A`,
      '',
      String(sent(started).code),
      String(started.private.link),
      'é'.repeat(43),
    ];
    for (const one of wrong) expect(email.readMagicLink?.(started.private, one, context)).toBeUndefined();
    expect(
      email.readMagicLink?.(started.private, token, { ...context, transactionId: 'transaction-2' }),
    ).toBeUndefined();
    expect(email.readMagicLink?.({}, token, context)).toBeUndefined();
  });
});

describe('an enrollment', () => {
  const enroll = (pending: IssuedChallenge, input: Record<string, string>, more: Partial<AuthenticatorContext> = {}) =>
    email.enroll(subject, { pending: pending.private, input }, { ...context, ...more });

  test('starts with the address of the profile, sends a code there, and ends with it', async () => {
    const offered = await email.beginEnrollment(subject, context);
    expect(offered).toMatchObject({ public: { stage: 'address', address: 'ann@example.org' } });
    expect(offered.deliver).toBeUndefined();
    const { nextStage } = (await enroll(offered, { email: ' New@Example.NET ' })) as EnrollmentContinued;
    expect(nextStage.public).toEqual({ stage: 'code', address: 'New@example.net', resend: true });
    const done = await enroll(nextStage, { passcode: String(sent(nextStage).code) });
    expect(done).toMatchObject({
      ok: true,
      credential: { authenticator: 'email', address: 'New@example.net', secret: { address: 'New@example.net' } },
      proof: { factors: ['possession'], amr: ['email'] },
    });
    expect('credential' in done && done.credential.label).toBeUndefined();
  });

  test('is not done by the address alone, by a code of another message, or by the code before a resend', async () => {
    const offered = await email.beginEnrollment(subject, context);
    expect(await enroll(offered, { passcode: '123456' })).toMatchObject({ ok: false, code: 'email.required' });
    const { nextStage } = (await enroll(offered, { email: 'new@example.net' })) as EnrollmentContinued;
    const { nextStage: again } = (await enroll(nextStage, { resend: 'yes' })) as EnrollmentContinued;
    expect(again.deliver?.[0]?.to).toBe('new@example.net');
    const old = await enroll(again, { passcode: String(sent(nextStage).code) });
    if (sent(nextStage).code !== sent(again).code)
      expect(old).toMatchObject({ ok: false, code: 'credentials.invalid' });
    expect((await enroll(again, { passcode: String(sent(again).code) })).ok).toBe(true);
  });

  test('of an address that is there already is refused in any spelling; a second one gets its mask as name', async () => {
    const offered = await email.beginEnrollment(subject, context);
    const enrolled = [ann];
    expect(await enroll(offered, { email: 'ann@EXAMPLE.org' }, { enrolled })).toMatchObject({ code: 'email.enrolled' });
    const { nextStage } = (await enroll(offered, { email: 'bob@example.net' }, { enrolled })) as EnrollmentContinued;
    expect(await enroll(nextStage, { passcode: String(sent(nextStage).code) }, { enrolled })).toMatchObject({
      credential: { label: 'b***b@e***e.net' },
    });
  });
});
