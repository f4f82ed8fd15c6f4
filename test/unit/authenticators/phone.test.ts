import { describe, expect, test } from '@jest/globals';
import type {
  AuthenticatorContext,
  Credential,
  EnrollmentContinued,
  IssuedChallenge,
} from '../../../src/authenticators/authenticator.ts';
import { phoneAuthenticator, phoneCredential } from '../../../src/authenticators/phone/phone.ts';
import { context as bare } from '../../contract/authenticators/authenticator-contract.ts';
import { phoneSettings } from '../../support/messages/phone.ts';

const phone = phoneAuthenticator();
const context: AuthenticatorContext = { ...bare, settings: phoneSettings, subjectId: 'user-1' };
const of = (number: string): Credential => ({ ...phoneCredential(number), id: 'one', createdAt: 1 });
const ann = of('+4915112345678');
const landline = of('+4930901820');
const subject = { id: 's', status: 'active', identifiers: [], groups: [], profile: {}, enrollments: [] } as const;

const challenge = (more: Partial<AuthenticatorContext> = {}, credential: Credential | undefined = ann) =>
  phone.challenge(credential, { ...context, ...more });
const codeOf = (started: IssuedChallenge) => String(started.deliver?.[0]?.params.code);

describe('a challenge', () => {
  test('sends six digits by text message, which the transaction holds only hashed; nothing shows the number', async () => {
    const started = await challenge();
    expect(started.deliver).toEqual([
      {
        channel: 'sms',
        to: '+4915112345678',
        template: 'code',
        params: { app: 'Notes', code: expect.stringMatching(/^\d{6}$/), minutes: 10, domain: 'id.example.org' },
        expires: context.now + 600,
      },
    ]);
    const kept = JSON.stringify([started.private, started.public]);
    expect(kept).not.toContain(codeOf(started));
    expect(kept).not.toContain('15112345678');
    expect(started.public).toEqual({ method: 'sms', methods: ['sms', 'voice'], resend: true, address: '' });
  });

  test('shows the masked number once something is proved', async () => {
    expect((await challenge({ mayShowDetails: true })).public.address).toBe('+49 ••• •••• 78');
  });

  test('codes are spread over all six digits', async () => {
    const codes = await Promise.all(Array.from({ length: 500 }, async () => codeOf(await challenge())));
    expect(new Set(codes).size).toBeGreaterThan(480);
    for (let place = 0; place < 6; place += 1) expect(new Set(codes.map((code) => code[place])).size).toBe(10);
  });

  test.each([
    ['sms', ['sms', 'voice'], 'sms', 'sms'],
    ['voice', ['sms', 'voice'], 'voice', 'tel'],
    [undefined, ['voice', 'sms'], 'voice', 'tel'],
    ['sms', ['voice'], 'voice', 'tel'],
    ['fax', ['sms', 'voice'], 'sms', 'sms'],
  ] as const)(
    'asked for by %s where there is %j, it goes by %s, and proves %s',
    async (method, methods, channel, amr) => {
      const settings = { ...phoneSettings, methods };
      const started = await challenge({ ...(method ? { method } : {}), settings });
      expect(started.public.method).toBe(channel);
      expect(started.deliver?.[0]?.channel).toBe(channel);
      const verified = await phone.verify(
        ann,
        { pending: started.private, input: { passcode: codeOf(started) } },
        { ...context, settings },
      );
      expect(verified).toMatchObject({ ok: true, proof: { amr: [amr], factors: ['possession'] } });
    },
  );

  test.each([
    ['sms', 'sms'],
    ['voice', 'voice'],
  ] as const)('where only %s counts, nothing else is offered, whatever is asked for', async (asked, method) => {
    const other = method === 'sms' ? 'voice' : 'sms';
    const started = await challenge({ methods: [asked], method: other });
    expect(started.public).toMatchObject({ method, methods: [method] });
    expect(started.methods).toEqual([method]);
    const passcode = codeOf(started);
    const verified = await phone.verify(ann, { pending: started.private, input: { passcode } }, context);
    expect(verified).toMatchObject({ ok: true, proof: { method } });
  });

  test('looks the same for decoys, those that seem to have a landline as well', async () => {
    const decoys = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        phone.challenge(undefined, { ...context, subjectId: `decoy-${index}`, methods: ['sms'] }),
      ),
    );
    const shown = new Set(decoys.map(({ public: decoy }) => JSON.stringify([decoy.method, decoy.methods])));
    expect([...shown]).toEqual([JSON.stringify(['sms', ['sms']])]);
  });

  test('a landline is called, and offered no text message', async () => {
    const started = await challenge({ method: 'sms' }, landline);
    expect(started.public).toMatchObject({ method: 'voice', methods: ['voice'] });
    expect(started.deliver?.[0]?.channel).toBe('voice');
  });

  test('sends nothing to a country that is no longer allowed, nor to a landline where there are no calls', async () => {
    for (const [credential, change] of [
      [ann, { countries: ['FR'] }],
      [landline, { methods: ['sms'] }],
      [ann, { methods: [] }],
    ] as const) {
      const started = await challenge({ settings: { ...phoneSettings, ...change } }, credential);
      expect(started.deliver).toBeUndefined();
      expect(started.undeliverable).toBe('phone.country');
    }
    expect((await challenge({ settings: {} })).deliver).toBeUndefined();
  });

  test('for a decoy looks and costs the same; some decoys seem to have a landline', async () => {
    const real = await challenge();
    const seen = new Set<string>();
    for (let index = 0; index < 200; index += 1) {
      const decoy = await phone.challenge(undefined, { ...context, subjectId: `decoy-${index}` });
      expect(await phone.challenge(undefined, { ...context, subjectId: `decoy-${index}` })).toMatchObject({
        public: decoy.public,
      });
      expect(Object.keys(decoy.private)).toEqual(Object.keys(real.private));
      expect(decoy.deliver).toBeUndefined();
      expect(decoy.quotas?.map(({ kind }) => kind)).toEqual(real.quotas?.map(({ kind }) => kind));
      seen.add(JSON.stringify(decoy.public));
    }
    expect([...seen].sort()).toEqual([
      JSON.stringify((await challenge()).public),
      JSON.stringify((await challenge({}, landline)).public),
    ]);
  });
});

describe('an answer', () => {
  test('counts for its own challenge, transaction and number only', async () => {
    const started = await challenge();
    const other = await challenge();
    const answer = (pending: IssuedChallenge, credential = ann, more: Partial<AuthenticatorContext> = {}) =>
      phone.verify(
        credential,
        { pending: pending.private, input: { passcode: codeOf(started) } },
        { ...context, ...more },
      );
    expect((await answer(started)).ok).toBe(true);
    expect((await answer(started, ann, { transactionId: 'transaction-2' })).ok).toBe(false);
    expect((await answer(started, of('+4915112345679'))).ok).toBe(false);
    if (codeOf(started) !== codeOf(other)) expect((await answer(other)).ok).toBe(false);
  });

  test('is accepted as users type it', async () => {
    const started = await challenge();
    const code = codeOf(started);
    for (const passcode of [` ${code} `, `${code.slice(0, 3)} ${code.slice(3)}`, [...code].join('-')])
      expect((await phone.verify(ann, { pending: started.private, input: { passcode } }, context)).ok).toBe(true);
  });
});

describe('an enrollment', () => {
  const enroll = async (phoneNumber: string, more: Partial<AuthenticatorContext> = {}) => {
    const offer = await phone.beginEnrollment(subject, { ...context, ...more });
    return phone.enroll(subject, { pending: offer.private, input: { phoneNumber } }, { ...context, ...more });
  };

  test('asks for a number and says that there are safer ways', async () => {
    expect((await phone.beginEnrollment(subject, context)).public).toEqual({
      stage: 'number',
      restricted: true,
      country: 'DE',
    });
  });

  test('counts once the code has come back; the text message states its purpose', async () => {
    const asked = (await enroll('0151 1234 5678')) as EnrollmentContinued;
    expect(asked.nextStage.public).toEqual({
      stage: 'code',
      method: 'sms',
      methods: ['sms', 'voice'],
      resend: true,
      address: '+4915112345678',
    });
    expect(asked.nextStage.deliver).toMatchObject([{ channel: 'sms', to: '+4915112345678', template: 'number' }]);
    expect(asked.nextStage.quotas?.map(({ kind }) => kind)).toEqual(['network', 'number', 'prefix', 'country']);
    const wrong = { passcode: codeOf(asked.nextStage) === '111111' ? '222222' : '111111' };
    expect(await phone.enroll(subject, { pending: asked.nextStage.private, input: wrong }, context)).toMatchObject({
      code: 'credentials.invalid',
    });
    const right = { passcode: codeOf(asked.nextStage) };
    expect(await phone.enroll(subject, { pending: asked.nextStage.private, input: right }, context)).toEqual({
      ok: true,
      credential: phoneCredential('+4915112345678'),
      proof: { factors: ['possession'], characteristics: ['userPresence'], amr: ['sms'], method: 'sms' },
    });
  });

  test('accepts no number that the method does not reach, and calls where only calls count', async () => {
    const fixed = { phoneNumber: '+4930901820' };
    const pending = { stage: 'number' };
    const textOnly = { ...context, methods: ['sms'] };
    expect(await phone.enroll(subject, { pending, input: fixed }, textOnly)).toMatchObject({ code: 'phone.landline' });
    const called = await phone.enroll(
      subject,
      { pending, input: { phoneNumber: '+4915112345678' } },
      { ...context, methods: ['voice'] },
    );
    expect(called).toMatchObject({ nextStage: { public: { method: 'voice', methods: ['voice'] } } });
  });

  test('of a number that takes calls alone says so', () => {
    expect([phoneCredential('+4930901820').methods, phoneCredential('+4915112345678').methods]).toEqual([
      ['voice'],
      undefined,
    ]);
  });

  test('goes by call when the user asks for that; the older code no longer counts', async () => {
    const first = (await enroll('+4915112345678')) as EnrollmentContinued;
    const called = (await phone.enroll(
      subject,
      { pending: first.nextStage.private, input: { resend: 'yes' } },
      {
        ...context,
        method: 'voice',
      },
    )) as EnrollmentContinued;
    expect(called.nextStage.deliver?.[0]?.channel).toBe('voice');
    const confirm = (code: string) =>
      phone.enroll(subject, { pending: called.nextStage.private, input: { passcode: code } }, context);
    if (codeOf(first.nextStage) !== codeOf(called.nextStage))
      expect((await confirm(codeOf(first.nextStage))).ok).toBe(false);
    expect(await confirm(codeOf(called.nextStage))).toMatchObject({ ok: true, proof: { amr: ['tel'] } });
  });

  test('of a landline goes by call', async () => {
    const asked = (await enroll('030 901820')) as EnrollmentContinued;
    expect(asked.nextStage.deliver?.[0]).toMatchObject({ channel: 'voice', to: '+4930901820' });
  });

  test.each([
    ['', 'phone.required', {}],
    ['12', 'phone.invalid', {}],
    ['+41 79 123 45 67', 'phone.country', {}],
    ['0900 1234567', 'phone.kind', {}],
    ['030 901820', 'phone.landline', { methods: ['sms'] }],
    ['+4915112345678', 'phone.country', { countries: [] }],
  ])('of %j is refused: %s', async (text, code, change) => {
    const settings = { ...phoneSettings, ...change };
    expect(await enroll(text, { settings })).toEqual({ ok: false, code, field: 'credentials.phoneNumber' });
  });

  test('of a number that the user has is refused; a second one gets a name', async () => {
    expect(await enroll('+4915112345678', { enrolled: [ann] })).toMatchObject({ code: 'phone.enrolled' });
    const asked = (await enroll('+4915112345699', { enrolled: [ann] })) as EnrollmentContinued;
    const passcode = codeOf(asked.nextStage);
    expect(
      await phone.enroll(
        subject,
        { pending: asked.nextStage.private, input: { passcode } },
        { ...context, enrolled: [ann] },
      ),
    ).toMatchObject({
      credential: { label: '+49 ••• •••• 99' },
    });
  });
});

test('a number that accepts no code has no credential', () => {
  for (const number of ['0151 12345678', '+499001234567', '+49 15112345678', '', '+4915112345678x'])
    expect(() => phoneCredential(number)).toThrow(TypeError);
});
