/**
 * What every authenticator promises, for any kind of evidence. `authenticator-cases.ts` says how to answer the
 * challenges of each.
 */
import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type {
  Authenticator,
  AuthenticatorContext,
  Credential,
  CredentialInput,
  IssuedChallenge,
  Proof,
  Refused,
  Verified,
} from '../../../src/authenticators/authenticator.ts';
import { possiblyShown } from '../../../src/core/analysis/proofs/shown-characteristics.ts';
import type { AuthenticatorDescriptor, Characteristic } from '../../../src/core/model/facts.ts';

export interface AuthenticatorCase {
  readonly authenticator: Authenticator;
  /** Two credentials with different secrets. */
  readonly credentials: readonly [Credential, Credential];
  /** The right answer of a credential to a challenge, at the time of the context. */
  answer(credential: Credential, context: AuthenticatorContext, challenge: IssuedChallenge): Promise<CredentialInput>;
  /** A well-formed answer that is wrong, to this challenge. */
  readonly wrong: CredentialInput | ((challenge: IssuedChallenge) => CredentialInput);
  /** An accepted value counts only once. */
  readonly oneTime: boolean;
  /** The input that a refusal names; absent: none. */
  readonly field?: string;
  /** Members of `Credential.secret` that may be public: the credential is a public key. */
  readonly open?: readonly string[];
  /** The number of expensive computations so far. */
  work(): number;
}

const mac: AuthenticatorContext['mac'] = (purpose, ...parts) =>
  createHmac('sha256', 'a test')
    .update(JSON.stringify([purpose, ...parts]))
    .digest('base64url');

export const context: AuthenticatorContext = {
  now: 1_800_000_000,
  issuer: 'https://id.example.org',
  brand: 'Example',
  app: 'Notes',
  transactionId: 'transaction-1',
  visitor: { ip: '192.0.2.1', userAgent: 'Test' },
  enrolled: [],
  warn: () => undefined,
  mac,
  decoyMac: (purpose, ...parts) => mac(purpose, 'decoy', ...parts),
};

type Make = () => Promise<AuthenticatorCase>;

/** A code of the form `credentials.<reason>`, and nothing that would reveal more to the user. */
function expectRefused({ field }: AuthenticatorCase, result: Verified | Refused): void {
  const { reason: _, ...withoutReason } = result as Refused;
  expect(withoutReason).toEqual({
    ok: false,
    code: expect.stringMatching(/^credentials\.[a-z_]+$/),
    ...(field === undefined ? {} : { field }),
  });
}

function inOrder({ characteristics }: AuthenticatorDescriptor, proof: Proof): readonly Characteristic[] {
  return characteristics.filter((characteristic) => proof.characteristics.includes(characteristic));
}

/** What the page says to the user. */
function said(result: Verified | Refused): unknown {
  const { reason: _, ...rest } = result as Refused;
  return rest;
}

async function verify(
  subject: AuthenticatorCase,
  credential: Credential | undefined,
  input: unknown,
): Promise<Verified | Refused> {
  const challenge = await subject.authenticator.challenge(credential, context);
  const answer = typeof input === 'function' ? input(challenge) : input;
  const { private: pending } = challenge;
  return subject.authenticator.verify(credential, { pending, input: answer as CredentialInput }, context);
}

/** A challenge for `credential`, and the answer of `answering` to it. */
async function challenged(subject: AuthenticatorCase, credential: Credential | undefined, answering: Credential) {
  const started = await subject.authenticator.challenge(credential, context);
  const input = await subject.answer(answering, context, started);
  const answerAs = (verified: Credential | undefined) =>
    subject.authenticator.verify(verified, { pending: started.private, input }, context);
  return { input, answerAs };
}

export function authenticatorContract(name: string, make: Make): void {
  describe(`${name} keeps the contract`, () => {
    promisesOfProof(make);
    promisesOfRefusal(make);
    promisesOfSecrecy(make);
  });
}

function promisesOfProof(make: Make): void {
  test('the right answer proves at most what the descriptor allows, for the credential that answered', async () => {
    const subject = await make();
    const [credential] = subject.credentials;
    const result = await (await challenged(subject, credential, credential)).answerAs(credential);
    if (!result.ok) throw new Error(`refused: ${result.code}`);
    const { descriptor } = subject.authenticator;
    expect(result.credential).toBe(credential.id);
    expect(result.proof.factors.length).toBeGreaterThan(0);
    expect(descriptor.factors).toEqual(expect.arrayContaining([...result.proof.factors]));
    expect(descriptor.characteristics).toEqual(expect.arrayContaining([...result.proof.characteristics]));
    // What the analysis of policies relies on.
    expect(possiblyShown(descriptor)).toContainEqual(inOrder(descriptor, result.proof));
    expect(result.proof.amr).not.toContain('mfa');
    expect(result.proof.amr.length).toBeGreaterThan(0);
  });

  test('a one-time value must be saved, and does not count again afterwards', async () => {
    const subject = await make();
    const [credential] = subject.credentials;
    const { answerAs } = await challenged(subject, credential, credential);
    const first = await answerAs(credential);
    if (!first.ok) throw new Error(`refused: ${first.code}`);
    expect(first.mustSave).toBe(subject.oneTime);
    const second = await answerAs({ ...credential, secret: first.secret ?? credential.secret });
    expect(second.ok).toBe(!subject.oneTime);
  });

  test('attempts are limited for a while; where they could be guesses, to 100 for good (NIST SP 800-63B-4 section 3.2.2)', async () => {
    const { authenticator } = await make();
    const { attemptLimits } = authenticator;
    const { inputs } = await authenticator.challenge(undefined, context);
    expect(attemptLimits.some(({ limit, window }) => window > 0 && limit <= 10)).toBe(true);
    expect(attemptLimits.some(({ limit, window }) => window === 0 && limit <= 100)).toBe(
      !inputs.includes('public_key'),
    );
  });
}

function promisesOfRefusal(make: Make): void {
  const broken: readonly [string, unknown][] = [
    ['nothing', {}],
    ['an empty text', { passcode: '' }],
    ['white space', { passcode: '  ' }],
    ['a megabyte', { passcode: 'x'.repeat(1_000_000) }],
    ['a megabyte of digits', { passcode: '1'.repeat(1_000_000) }],
    ['a NUL', { passcode: '\0' }],
    ['a lone surrogate', { passcode: '\ud800' }],
    ['a number', { passcode: 123456 }],
    ['a list', { passcode: ['123456'] }],
    ['an object', { passcode: { length: 6 } }],
    ['null', { passcode: null }],
    ['a prototype', Object.create({ passcode: 1 })],
  ];
  test.each(broken)('%s is refused with a code', async (_what, input) => {
    const subject = await make();
    expectRefused(subject, await verify(subject, subject.credentials[0], input));
    expectRefused(subject, await verify(subject, undefined, input));
  });

  test('a wrong answer and the answer for another credential are refused', async () => {
    const subject = await make();
    const [mine, other] = subject.credentials;
    expectRefused(subject, await verify(subject, mine, subject.wrong));
    expectRefused(subject, await (await challenged(subject, mine, other)).answerAs(mine));
  });

  test('a decoy is refused like a user who exists, at the same cost', async () => {
    const subject = await make();
    const [credential] = subject.credentials;
    const before = subject.work();
    const known = await verify(subject, credential, subject.wrong);
    const between = subject.work();
    const unknown = await verify(subject, undefined, subject.wrong);
    expect(said(unknown)).toEqual(said(known));
    expect(subject.work() - between).toBe(between - before);
    expectRefused(subject, await (await challenged(subject, undefined, credential)).answerAs(undefined));
  });

  test('a credential of another authenticator or with a damaged secret is refused, at the same cost', async () => {
    const subject = await make();
    const [credential] = subject.credentials;
    const { answerAs } = await challenged(subject, credential, credential);
    const start = subject.work();
    await answerAs(undefined);
    const cost = subject.work() - start;
    const damaged = [
      { ...credential, authenticator: 'other' },
      { ...credential, secret: {} },
      ...Object.keys(credential.secret).flatMap((key) =>
        [null, '', 'x', -0.5, [], {}].map((value) => ({
          ...credential,
          secret: { ...credential.secret, [key]: value },
        })),
      ),
    ];
    for (const one of damaged) {
      const before = subject.work();
      expectRefused(subject, await answerAs(one));
      expect(subject.work() - before).toBe(cost);
    }
  });
}

function promisesOfSecrecy(make: Make): void {
  test('a challenge shows no secret, looks the same for a decoy, and ends', async () => {
    const subject = await make();
    const [credential] = subject.credentials;
    const started = await subject.authenticator.challenge(credential, context);
    const shown = JSON.stringify(started.public);
    for (const [name, value] of Object.entries(credential.secret))
      if (!subject.open?.includes(name)) expect(shown).not.toContain(String(value));
    const decoy = await subject.authenticator.challenge(undefined, context);
    expect(Object.keys(decoy.public)).toEqual(Object.keys(started.public));
    expect(decoy.expires).toBe(started.expires);
    expect(started.expires).toBeGreaterThan(context.now);
    expect(started.expires).toBeLessThanOrEqual(context.now + 600);
  });

  test('a challenge survives being stored as JSON', async () => {
    const { authenticator, credentials } = await make();
    const started = await authenticator.challenge(credentials[0], context);
    expect(JSON.parse(JSON.stringify(started))).toEqual(started);
  });
}
