import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { generate } from 'otplib';
import type { AuthenticatorContext, Credential, Refused, Verified } from '../../../src/authenticators/authenticator.ts';
import { totpAuthenticator } from '../../../src/authenticators/totp/totp.ts';
import { context } from '../../contract/authenticators/authenticator-contract.ts';

const totp = totpAuthenticator();
/** RFC 6238 appendix B: the ASCII text 12345678901234567890. */
const key = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const stepNow = Math.floor(context.now / 30);

function credential(step = 0): Credential {
  return {
    id: 'one',
    createdAt: 1,
    authenticator: 'totp',
    factors: ['possession'],
    characteristics: [],
    secret: { key, step },
  };
}

function at(now: number): AuthenticatorContext {
  return { ...context, now };
}

function verify(passcode: string, now: number, step = 0): Promise<Verified | Refused> {
  return totp.verify(credential(step), { pending: {}, input: { passcode } }, at(now));
}

/** RFC 4226 section 5.3, written down once more, so that the library is not compared with itself. */
function codeOf(step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', '12345678901234567890').update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

describe('codes', () => {
  test.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('RFC 6238 appendix B at %i: %s', async (now, code) => {
    expect(codeOf(Math.floor(now / 30))).toBe(code);
    expect(await verify(code, now)).toMatchObject({
      ok: true,
      credential: 'one',
      mustSave: true,
      proof: { amr: ['otp'] },
    });
  });

  test.each([-3, -2, -1, 0, 1, 2, 3])(
    'of the step %i away count only within one step, at every second',
    async (distance) => {
      for (const second of [0, 1, 15, 29]) {
        const result = await verify(codeOf(stepNow + distance), stepNow * 30 + second);
        expect(result.ok).toBe(Math.abs(distance) <= 1);
      }
    },
  );

  test.each(['123 456', ' 123456\n', '123-456', '\uff11\uff12\uff13456', '\u2066123456\u2069', '1 2 3 4 5 6'])(
    '%j is read as users type it',
    async (text) => {
      const wrong = await totp.verify(credential(), { pending: {}, input: { passcode: text } }, context);
      expect(wrong).toEqual({ ok: false, code: 'credentials.invalid', field: 'credentials.passcode' });
    },
  );

  test.each([
    '12345',
    '1234567',
    'abcdef',
    '12345a',
    '-12345',
    '1e5',
    '0x1234',
    '\u0661\u0662\u0663\u0664\u0665\u0666',
    '123456,',
  ])('%j is no code', async (passcode) => {
    const result = await totp.verify(credential(), { pending: {}, input: { passcode } }, context);
    expect(result).toEqual({ ok: false, code: 'credentials.malformed', field: 'credentials.passcode' });
  });

  test('grouped and full-width digits are accepted', async () => {
    const code = codeOf(stepNow);
    const wide = Array.from(code, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)).join('');
    expect((await verify(`${code.slice(0, 3)} ${code.slice(3)}`, context.now)).ok).toBe(true);
    expect((await verify(wide, context.now)).ok).toBe(true);
  });
});

describe('each code counts once', () => {
  test('the step is handed back to be saved, and neither it nor an older one counts again', async () => {
    const first = await verify(codeOf(stepNow), context.now);
    if (!first.ok) throw new Error(first.code);
    expect(first.secret).toEqual({ key, step: stepNow });
    for (const step of [stepNow, stepNow - 1]) {
      expect(await verify(codeOf(step), context.now, stepNow)).toMatchObject({ ok: false, code: 'credentials.used' });
    }
    expect(await verify(codeOf(stepNow + 1), context.now, stepNow)).toMatchObject({
      ok: true,
      secret: { step: stepNow + 1 },
    });
  });

  test('also after the clock was set back', async () => {
    expect(await verify(codeOf(stepNow - 100), context.now - 3000, stepNow)).toMatchObject({
      ok: false,
      code: 'credentials.used',
    });
  });
});

describe('enrollment', () => {
  const subject = {
    id: 'u1',
    status: 'active',
    identifiers: ['a&b@x.test'],
    groups: [],
    profile: {},
    enrollments: [],
  } as const;
  const offer = () => totp.beginEnrollment(subject, { ...context, brand: 'A "B": <C>' });

  test('offers a fresh 160-bit key as text, address and picture', async () => {
    const [one, two] = [await offer(), await offer()];
    const { secret, secretGrouped, uri, qr } = one.public as Record<string, string>;
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(secretGrouped).toBe(secret?.match(/.{4}/g)?.join(' '));
    expect(two.public.secret).not.toBe(secret);
    expect(one.expires).toBe(context.now + 600);
    const parsed = new URL(uri ?? '');
    expect([parsed.protocol, parsed.host, decodeURIComponent(parsed.pathname)]).toEqual([
      'otpauth:',
      'totp',
      '/A "B"  <C>:a&b@x.test',
    ]);
    expect(parsed.searchParams.get('secret')).toBe(secret);
    expect(parsed.searchParams.get('issuer')).toBe('A "B"  <C>');
    expect(qr).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" role="img" /);
    expect(qr).not.toMatch(/<script|style=|on\w+=|href/i);
    expect(qr).toContain('<title>QR: A &#34;B&#34;  &#60;C&#62; (a&#38;b@x.test)</title>');
  });

  test('is confirmed with a code of that key, which is used up by it', async () => {
    const { private: pending } = await offer();
    const passcode = await generate({ secret: String(pending.key), epoch: context.now });
    const enrolled = await totp.enroll(subject, { pending, input: { passcode } }, context);
    if (!enrolled.ok || 'nextStage' in enrolled) throw new Error('it was not enrolled');
    expect(enrolled.proof).toEqual({
      factors: ['possession'],
      characteristics: ['userPresence', 'deviceBound'],
      amr: ['otp'],
    });
    const stored = { ...enrolled.credential, id: 'new', createdAt: context.now };
    expect(await totp.verify(stored, { pending: {}, input: { passcode } }, context)).toMatchObject({
      ok: false,
      code: 'credentials.used',
    });
    const next = await generate({ secret: String(pending.key), epoch: context.now + 30 });
    expect(await totp.verify(stored, { pending: {}, input: { passcode: next } }, at(context.now + 30))).toMatchObject({
      ok: true,
    });
  });

  test('is refused with another code, and without an offer it is a mistake of the caller', async () => {
    const { private: pending } = await offer();
    const other = await generate({ secret: String((await offer()).private.key), epoch: context.now });
    expect(await totp.enroll(subject, { pending, input: { passcode: other } }, context)).toMatchObject({
      ok: false,
      code: 'credentials.invalid',
    });
    expect(await totp.enroll(subject, { pending, input: {} }, context)).toMatchObject({
      ok: false,
      code: 'credentials.required',
    });
    await expect(totp.enroll(subject, { pending: {}, input: { passcode: other } }, context)).rejects.toThrow(TypeError);
  });

  const another = { ...context, enrolled: [credential()] };
  test.each([
    ['nothing, the first', context, {}, undefined],
    ['spaces, the first', context, { label: '  ' }, undefined],
    ['a name', context, { label: ' Work phone ' }, 'Work phone'],
    ['a name, the second', another, { label: 'Tablet' }, 'Tablet'],
    ['60 characters', context, { label: 'x'.repeat(60) }, 'x'.repeat(60)],
  ] as const)('is named: %s', async (_what, given, input, label) => {
    const { private: pending } = await offer();
    const passcode = await generate({ secret: String(pending.key), epoch: context.now });
    const enrolled = await totp.enroll(subject, { pending, input: { passcode, ...input } }, given);
    if (!enrolled.ok || 'nextStage' in enrolled) throw new Error('it was not enrolled');
    expect(enrolled.credential.label).toBe(label);
  });

  test('the page asks for a name, and says whether it is optional', async () => {
    const inputsFor = async (given: typeof context) => (await totp.beginEnrollment?.(subject, given))?.inputs;
    expect(await inputsFor(context)).toEqual(['one_time_code', 'app_name']);
    expect(await inputsFor(another)).toEqual(['one_time_code', 'another_app_name']);
  });

  test.each([
    ['nothing, the second', another, {}, 'label.required'],
    ['61 characters', context, { label: 'x'.repeat(61) }, 'label.invalid'],
    ['a line break', context, { label: 'a\nb' }, 'label.invalid'],
    ['text that turns around', context, { label: 'a\u202eb' }, 'label.invalid'],
    ['a lone surrogate', context, { label: '\ud800' }, 'label.invalid'],
  ] as const)('is not named: %s', async (_what, given, input, code) => {
    const { private: pending } = await offer();
    const passcode = await generate({ secret: String(pending.key), epoch: context.now });
    const refused = await totp.enroll(subject, { pending, input: { passcode, ...input } }, given);
    expect(refused).toEqual({ ok: false, code, field: 'credentials.label' });
  });
});

describe('several apps', () => {
  const other = 'U6ULXKYFLR5J3U3C6LWHUYIVVNFGUKCR';
  const apps = (step = 0): readonly Credential[] => [
    { ...credential(), id: 'first', secret: { key: other, step: 0 } },
    { ...credential(step), id: 'second' },
  ];
  const answer = (enrolled: readonly Credential[], pending = {}) =>
    totp.verify(enrolled[0], { pending, input: { passcode: codeOf(stepNow) } }, { ...context, enrolled });

  test('are served by one challenge: whichever the code is of, its own step is kept', async () => {
    expect(totp.sharedChallenge).toBe(true);
    expect(await answer(apps())).toMatchObject({ ok: true, credential: 'second', secret: { key, step: stepNow } });
    expect(await answer(apps(stepNow))).toMatchObject({ ok: false, code: 'credentials.used' });
  });

  test('count only where they make progress', async () => {
    const { private: pending } = await totp.challenge(undefined, { ...context, allowedCredentials: ['first'] });
    expect(await answer(apps(), pending)).toMatchObject({ ok: false, code: 'credentials.invalid' });
    expect(await answer(apps(), { allowedCredentials: ['second'] })).toMatchObject({ ok: true, credential: 'second' });
  });

  test('a code computed for users without TOTP never counts', async () => {
    const passcode = await generate({ secret: other, epoch: context.now });
    expect(await totp.verify(undefined, { pending: {}, input: { passcode } }, context)).toMatchObject({
      ok: false,
      code: 'credentials.invalid',
    });
    const one = credential();
    expect(await totp.verify(one, { pending: {}, input: { passcode } }, { ...context, enrolled: [one] })).toMatchObject(
      { ok: false },
    );
  });
});
