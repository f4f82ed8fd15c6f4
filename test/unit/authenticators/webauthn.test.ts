import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type {
  AuthenticatorContext,
  Credential,
  CredentialInput,
  IssuedChallenge,
} from '../../../src/authenticators/authenticator.ts';
import { webauthnAuthenticator } from '../../../src/authenticators/webauthn/webauthn.ts';
import type { Subject } from '../../../src/core/model/facts.ts';
import { context as base } from '../../contract/authenticators/authenticator-contract.ts';
import {
  assertion,
  attestation,
  cbor,
  credentialOf,
  flag,
  type Making,
  newKey,
  type SoftKey,
  whereOf,
} from '../../support/pages/webauthn.ts';

/** Bytes of all values, always the same ones. */
function mixedBytes(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (index * 89 + 113) % 256));
}

const webauthn = webauthnAuthenticator();
const userId = 'q83vEjRWeJCrze8SNFZ4kA';
const userHandle = Buffer.from(userId).toString('base64url');
const subject: Subject = {
  id: userId,
  status: 'active',
  identifiers: ['alice@demo.test'],
  groups: [],
  profile: { displayName: 'Alice' },
  enrollments: [],
};

interface Scene {
  readonly key: SoftKey;
  readonly credential: Credential;
  readonly context: AuthenticatorContext;
  readonly started: IssuedChallenge;
}

/** A user with one key, who is challenged. */
async function scene(
  given: { userVerification?: boolean; backupEligible?: boolean; hardware?: boolean; required?: boolean } = {},
): Promise<Scene> {
  const key = newKey(userHandle);
  const credential = credentialOf(key, { id: 'one', ...given });
  const context = { ...base, enrolled: [credential], userVerification: given.required ?? false };
  return { key, credential, context, started: await webauthn.challenge(credential, context) };
}

function verify({ credential, context, started }: Scene, input: CredentialInput) {
  return webauthn.verify(credential, { pending: started.private, input }, context);
}

function answer({ key, context, started }: Scene, making: Making = {}): CredentialInput {
  return assertion(key, whereOf(started, context.issuer), making);
}

describe('a challenge', () => {
  test('is 256 random bits, for the host of the issuer, and lists the keys that make progress', async () => {
    const keys = [newKey(userHandle), newKey(userHandle), newKey(userHandle)];
    const enrolled = keys.map((key, index) => credentialOf(key, { id: String(index) }));
    const context = { ...base, enrolled, allowedCredentials: ['0', '2'] };
    const one = await webauthn.challenge(enrolled[0], context);
    const two = await webauthn.challenge(enrolled[0], context);
    expect(Buffer.from(String(one.public.challenge), 'base64url')).toHaveLength(32);
    expect(two.public.challenge).not.toBe(one.public.challenge);
    expect(one.public).toMatchObject({
      rpId: 'id.example.org',
      userVerification: 'preferred',
      allowCredentials: [{ id: keys[0]?.id }, { id: keys[2]?.id }],
    });
    const left = assertion(keys[1] as SoftKey, whereOf(one, context.issuer));
    expect(await webauthn.verify(enrolled[0], { pending: one.private, input: left }, context)).toMatchObject({
      reason: 'unknown_credential',
    });
  });

  test('for a decoy has the shape of one for a user, and is always the same', async () => {
    const known = (await scene()).started;
    const context = { ...base, subjectId: 'identifier:{x}' };
    const [one, two] = [await webauthn.challenge(undefined, context), await webauthn.challenge(undefined, context)];
    expect(Object.keys(one.public)).toEqual(Object.keys(known.public));
    expect(one.public.allowCredentials).toEqual(two.public.allowCredentials);
    const newerSecret = { ...context, mac: () => 'another' };
    expect((await webauthn.challenge(undefined, newerSecret)).public.allowCredentials).toEqual(
      one.public.allowCredentials,
    );
    const other = await webauthn.challenge(undefined, { ...context, subjectId: 'identifier:{y}' });
    expect(other.public.allowCredentials).not.toEqual(one.public.allowCredentials);
  });

  test('for a decoy has ids that the server knows again: it never calls them unknown', async () => {
    for (let at = 0; at < 40; at += 1) {
      const decoys = await webauthn.challenge(undefined, { ...base, subjectId: `identifier:{${at}}` });
      for (const { id } of decoys.public.allowCredentials as { id: string }[]) {
        expect(await unknownAfter(Buffer.from(id, 'base64url'))).toBeUndefined();
        const changed = Buffer.from(id, 'base64url');
        changed[0] = (changed[0] ?? 0) ^ 1;
        expect(await unknownAfter(changed)).toEqual({
          value: changed.toString('base64url'),
          signal: { rpId: 'id.example.org', credentialId: changed.toString('base64url') },
        });
      }
    }
  });

  /** What is said of a key with this id that no account has, where the browser chose it. */
  async function unknownAfter(id: Buffer) {
    const byKey = webauthn.identifyByCredential;
    const started = byKey?.challenge(1, base) as IssuedChallenge;
    const input = assertion(newKey(userHandle, id), whereOf(started, base.issuer));
    const pending = byKey?.pending(1, input, base) ?? {};
    const result = await webauthn.verify(undefined, { pending, input }, base);
    return result.ok ? undefined : result.unknownCredential;
  }

  test('for decoys differs as keys do: one or two, of several makes', async () => {
    const shapes: string[] = [];
    const counts = new Map<number, number>();
    for (let at = 0; at < 300; at += 1) {
      const started = await webauthn.challenge(undefined, { ...base, subjectId: `identifier:{${at}}` });
      const keys = started.public.allowCredentials as { id: string; transports?: string[] }[];
      counts.set(keys.length, (counts.get(keys.length) ?? 0) + 1);
      expect(new Set(keys.map(({ id }) => id)).size).toBe(keys.length);
      shapes.push(
        ...keys.map(({ id, transports }) => `${Buffer.from(id, 'base64url').length} ${transports?.join() ?? ''}`),
      );
    }
    expect([...counts.keys()].toSorted()).toEqual([1, 2]);
    expect(Math.min(...counts.values())).toBeGreaterThan(60);
    expect([...new Set(shapes)].toSorted()).toEqual([
      '16 hybrid,internal',
      '20 hybrid,internal',
      '32 ',
      '32 hybrid,internal',
      '32 internal',
      '48 nfc,usb',
      '64 nfc,usb',
      '64 usb',
    ]);
  });

  test('names the transports of a key, which help the browser to find it', async () => {
    const { credential, context } = await scene();
    const known = { ...credential, secret: { ...credential.secret, transports: ['nfc', 'usb'] } };
    const started = await webauthn.challenge(known, { ...context, enrolled: [known] });
    expect(started.public.allowCredentials).toMatchObject([{ transports: ['nfc', 'usb'] }]);
  });
});

describe('evidence', () => {
  const one = ['possession'];
  const both = ['possession', 'inherence'];
  test.each([
    ['bound to its device, user verified', {}, flag.uv, both, 'hwk', ['userVerification', 'deviceBound']],
    ['bound to its device, user present', {}, 0, one, 'hwk', ['deviceBound']],
    ['synced, user verified', { backupEligible: true }, flag.uv | flag.be, both, 'swk', ['userVerification']],
    ['synced, user present', { backupEligible: true }, flag.be, one, 'swk', []],
    ['in hardware', { hardware: true }, 0, one, 'hwk', ['deviceBound', 'hardwareProtected']],
    // A thief who sets a PIN on a stolen key has proved no more than the key (section 7.2 step 26).
    ['verified for the first time', { userVerification: false }, flag.uv, one, 'hwk', ['deviceBound']],
  ])('%s', async (_, given, flags, factors, amr, characteristics) => {
    const at = await scene(given);
    const result = await verify(at, answer(at, { flags: flag.up | flags }));
    expect(result).toMatchObject({
      ok: true,
      credential: 'one',
      proof: {
        factors,
        characteristics: ['userPresence', ...characteristics, 'phishingResistant'],
        amr: [amr, 'pop', 'user'],
      },
    });
  });

  test('the counter and the backup state are kept; a key that counts must be saved', async () => {
    const at = await scene({ backupEligible: true });
    const flags = flag.up | flag.be | flag.bs;
    expect(await verify(at, answer(at, { flags, counter: 7 }))).toMatchObject({
      mustSave: true,
      secret: { counter: 7, backedUp: true },
    });
    expect(await verify(at, answer(at, { flags, counter: 0 }))).toMatchObject({ ok: true, mustSave: false });
  });

  test('base64 is taken like base64url, and without its id each of the keys is tried', async () => {
    const at = await scene();
    const { credentialId: _, userHandle: __, ...rest } = answer(at);
    const padded = Object.fromEntries(
      Object.entries(rest).map(([name, value]) => [name, Buffer.from(value, 'base64url').toString('base64')]),
    );
    const other = credentialOf(newKey(userHandle), { id: 'two' });
    const context = { ...at.context, enrolled: [other, at.credential] };
    const started = await webauthn.challenge(other, context);
    const unnamed = { ...padded, ...without(assertion(at.key, whereOf(started, context.issuer)), 'credentialId') };
    expect(await verify(at, padded)).toMatchObject({ ok: true, credential: 'one' });
    expect(await webauthn.verify(other, { pending: started.private, input: unnamed }, context)).toMatchObject({
      ok: true,
      credential: 'one',
    });
  });
});

function without(input: CredentialInput, name: string): CredentialInput {
  return Object.fromEntries(Object.entries(input).filter(([key]) => key !== name));
}

/** Web Authentication Level 3 section 7.2, one wrong thing at a time. */
describe('an assertion is refused', () => {
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const cases: readonly [string, Making, string][] = [
    ['another challenge', { challenge: mixedBytes(32).toString('base64url') }, 'challenge'],
    ['an empty challenge', { challenge: '' }, 'challenge'],
    ['another origin', { origin: 'https://id.example.org.evil.test' }, 'origin'],
    ['another port', { origin: 'https://id.example.org:8443' }, 'origin'],
    ['plain HTTP', { origin: 'http://id.example.org' }, 'origin'],
    ['a subdomain', { origin: 'https://a.id.example.org' }, 'origin'],
    ['framed by another origin', { crossOrigin: true }, 'cross_origin'],
    ['framed, it says where', { crossOrigin: true, topOrigin: 'https://id.example.org' }, 'cross_origin'],
    ['a top origin without a frame', { topOrigin: 'https://id.example.org' }, 'cross_origin'],
    ['crossOrigin that is no truth value', { crossOrigin: 'false' }, 'cross_origin'],
    ['the response of a registration', { type: 'webauthn.create' }, 'type'],
    ['of a payment', { type: 'payment.get' }, 'type'],
    ['another relying party', { rpId: 'example.org' }, 'rp_id'],
    ['no user was present', { flags: flag.uv }, 'user_presence'],
    ['a backup of what has none', { flags: flag.up | flag.uv | flag.bs }, 'backup_flags'],
    ['now it can be backed up', { flags: flag.up | flag.uv | flag.be }, 'backup_eligibility'],
    ['the signature of another key', { signer: stranger }, 'signature'],
    ['an id of another user', { id: mixedBytes(32) }, 'unknown_credential'],
    ['the user handle of another user', { userHandle: Buffer.from('other user').toString('base64url') }, 'user_handle'],
  ];

  test.each(cases)('for this reason: %s', async (_, making, reason) => {
    const at = await scene();
    expect(await verify(at, answer(at, making))).toEqual({ ok: false, code: 'credentials.invalid', reason });
    expect(await verify(at, answer(at))).toMatchObject({ ok: true });
  });

  test.each(['clientData', 'authenticatorData', 'signatureData'])('%s was changed afterwards', async (name) => {
    const at = await scene();
    const input = answer(at);
    const bytes = Buffer.from(input[name] ?? '', 'base64url');
    // The last byte: a bracket, the counter, the signature.
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    const result = await verify(at, { ...input, [name]: bytes.toString('base64url') });
    expect(result).toMatchObject({ ok: false, code: 'credentials.invalid' });
  });

  test('a response of another ceremony, with its own challenge', async () => {
    const at = await scene();
    const later = { ...at, started: await webauthn.challenge(at.credential, at.context) };
    expect(await verify(later, answer(at))).toMatchObject({ reason: 'challenge' });
  });

  test('the key of another user', async () => {
    const [mine, theirs] = [await scene(), await scene()];
    const input = assertion(theirs.key, whereOf(mine.started, base.issuer));
    expect(await verify(mine, input)).toMatchObject({ reason: 'unknown_credential' });
    const posing = { ...input, credentialId: mine.key.id };
    expect(await verify(mine, posing)).toMatchObject({ reason: 'signature' });
  });

  test('another key of the same user under the id of this one', async () => {
    const at = await scene();
    const other = newKey(userHandle);
    const enrolled = [at.credential, credentialOf(other, { id: 'two' })];
    const context = { ...at.context, enrolled };
    const started = await webauthn.challenge(at.credential, context);
    const input = { ...assertion(other, whereOf(started, context.issuer)), credentialId: at.key.id };
    expect(await webauthn.verify(at.credential, { pending: started.private, input }, context)).toMatchObject({
      reason: 'signature',
    });
  });

  test('without user verification, where it is needed', async () => {
    const at = await scene({ required: true });
    expect(at.started.public.userVerification).toBe('required');
    const refusal = { ok: false, code: 'credentials.unverified', reason: 'user_verification' };
    expect(await verify(at, answer(at, { flags: flag.up }))).toEqual(refusal);
    expect(await verify(at, answer(at))).toMatchObject({ ok: true });
  });

  test.each([
    ['the same counter', 5],
    ['a lower counter', 4],
    ['no counter any more', 0],
  ])('%s: it may have been copied', async (_, counter) => {
    const at = await scene();
    const credential = { ...at.credential, secret: { ...at.credential.secret, counter: 5 } };
    const used = { ...at, credential, context: { ...at.context, enrolled: [credential] } };
    expect(await verify(used, answer(at, { counter }))).toEqual({ ok: false, code: 'credentials.cloned' });
    // Only the holder of the key can make it look copied.
    expect(await verify(used, answer(at, { counter, signer: stranger }))).toMatchObject({ reason: 'signature' });
    expect(await verify(used, answer(at, { counter: 6 }))).toMatchObject({ ok: true });
  });

  test.each([
    ['clientData', 'not base64!'],
    ['clientData', 'e30='.repeat(5000)],
    ['clientData', Buffer.from('null').toString('base64url')],
    ['clientData', Buffer.from('{').toString('base64url')],
    ['authenticatorData', mixedBytes(36).toString('base64url')],
    ['authenticatorData', mixedBytes(200).toString('base64url')],
    ['signatureData', mixedBytes(1100).toString('base64url')],
    ['credentialId', mixedBytes(1024).toString('base64url')],
    ['userHandle', mixedBytes(65).toString('base64url')],
    ['clientData', ''],
    ['authenticatorData', ''],
    ['signatureData', ''],
  ])('%s is nothing that could be one', async (name, value) => {
    const at = await scene();
    const result = await verify(at, { ...answer(at), [name]: value });
    expect(result).toMatchObject({ ok: false, code: expect.stringMatching(/^credentials\.(malformed|invalid)$/) });
  });
});

describe('without a username', () => {
  test('the challenge is the same for one version of a transaction, and another for the next', () => {
    const challenge = (version: number, transactionId: string) =>
      webauthn.identifyByCredential?.challenge(version, { ...base, transactionId }).public.challenge;
    const one = challenge(1, 'a');
    expect(challenge(1, 'a')).toBe(one);
    expect(Buffer.from(String(one), 'base64url')).toHaveLength(32);
    expect(new Set([one, challenge(2, 'a'), challenge(1, 'b')]).size).toBe(3);
  });

  test('the user handle names the account, and must be there', async () => {
    const { key, credential, context } = await scene();
    const started = webauthn.identifyByCredential?.challenge(3, context) as IssuedChallenge;
    const input = assertion(key, whereOf(started, context.issuer));
    expect(started.public.allowCredentials).toEqual([]);
    expect(webauthn.identifyByCredential?.subject(input)).toBe(userId);
    expect(
      await webauthn.verify(undefined, { pending: started.private, input }, { ...context, enrolled: [credential] }),
    ).toMatchObject({
      ok: true,
      credential: 'one',
    });
    const silent = without(input, 'userHandle');
    expect(webauthn.identifyByCredential?.subject(silent)).toBeUndefined();
    expect(await webauthn.verify(undefined, { pending: started.private, input: silent }, context)).toMatchObject({
      reason: 'user_handle',
    });
    expect(await webauthn.verify(undefined, { pending: started.private, input }, base)).toMatchObject({
      reason: 'unknown_credential',
    });
  });

  test.each(['', 'not base64!', Buffer.from('a b').toString('base64url'), mixedBytes(65).toString('base64url')])(
    'the handle %j names no user',
    (handle) => {
      expect(webauthn.identifyByCredential?.subject({ userHandle: handle })).toBeUndefined();
    },
  );
});

describe('registration', () => {
  async function register(making: Making = {}, given: Partial<AuthenticatorContext> = {}, more: CredentialInput = {}) {
    const context = { ...base, ...given };
    const key = newKey(userHandle);
    const started = await webauthn.beginEnrollment(subject, context);
    const input = { ...attestation(key, whereOf(started, context.issuer), making), ...more };
    return { key, started, result: await webauthn.enroll(subject, { pending: started.private, input }, context) };
  }

  test('the offer names the account, the algorithms, and the keys that are there', async () => {
    const { credential, key } = await scene();
    const { public: offer } = await webauthn.beginEnrollment(subject, { ...base, enrolled: [credential] });
    expect(offer).toMatchObject({
      rp: { id: 'id.example.org', name: 'Example' },
      user: { id: userHandle, name: 'alice@demo.test', displayName: 'Alice' },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
      excludeCredentials: [{ id: key.id }],
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
      attestation: 'none',
    });
    expect(Buffer.from(String(offer.challenge), 'base64url')).toHaveLength(32);
  });

  test('a key that never verified its user does not keep a better one away', async () => {
    const { credential } = await scene({ userVerification: false });
    const { public: offer } = await webauthn.beginEnrollment(subject, {
      ...base,
      enrolled: [credential],
      userVerification: true,
    });
    expect(offer).toMatchObject({ excludeCredentials: [], authenticatorSelection: { userVerification: 'required' } });
  });

  test.each([
    ['verified', flag.up | flag.uv, ['possession', 'inherence'], ['userVerification', 'deviceBound'], 'hwk'],
    ['present', flag.up, ['possession'], ['deviceBound'], 'hwk'],
    ['synced', flag.up | flag.uv | flag.be | flag.bs, ['possession', 'inherence'], ['userVerification'], 'swk'],
  ])('%s: the enrollment is what was shown', async (_, flags, factors, characteristics, amr) => {
    const { key, result } = await register({ flags });
    const all = ['userPresence', ...characteristics, 'phishingResistant'];
    expect(result).toMatchObject({
      ok: true,
      credential: {
        authenticator: 'webauthn',
        factors,
        characteristics: all,
        reservations: [key.id],
        secret: { id: key.id, userHandle, hardware: false, transports: ['hybrid', 'internal'] },
      },
      proof: { factors, characteristics: all, amr: [amr, 'pop', 'user'] },
    });
  });

  test('a registered credential can sign in', async () => {
    const { key, result } = await register();
    if (!('credential' in result)) throw new Error('not enrolled');
    const credential: Credential = { ...result.credential, id: 'new', createdAt: 1 };
    const context = { ...base, enrolled: [credential] };
    const started = await webauthn.challenge(credential, context);
    const input = assertion(key, whereOf(started, context.issuer));
    expect(await webauthn.verify(credential, { pending: started.private, input }, context)).toMatchObject({ ok: true });
  });

  test.each([
    ['  Work \n laptop\u0000 ', 'Work laptop'],
    ['x'.repeat(100), 'x'.repeat(64)],
    ['\u202Egnp.exe', 'gnp.exe'],
    ['   ', undefined],
  ])('the name %j is kept as %j', async (label, kept) => {
    const { result } = await register({}, {}, { label });
    expect('credential' in result && result.credential.label).toBe(kept);
  });

  test.each(['', '"usb"', '[', '["telepathy"]', '[{}]'])('transports %j are none', async (transports) => {
    const { result } = await register({}, {}, { transports });
    expect(result).toMatchObject({ ok: true });
    expect('credential' in result && 'transports' in result.credential.secret).toBe(false);
  });

  test.each<[string, Making, string]>([
    ['another challenge', { challenge: mixedBytes(32).toString('base64url') }, 'challenge'],
    ['another origin', { origin: 'https://evil.test' }, 'origin'],
    ['framed by another origin', { crossOrigin: true }, 'cross_origin'],
    ['the response of a sign-in', { type: 'webauthn.get' }, 'type'],
    ['another relying party', { rpId: 'evil.test' }, 'rp_id'],
    ['no user was present', { flags: flag.uv }, 'user_presence'],
    ['a backup of what has none', { flags: flag.up | flag.bs }, 'backup_flags'],
    ['an algorithm that was not offered', { alg: -8 - 27 }, 'attestation'],
    ['ML-DSA', { alg: -48 }, 'attestation'],
    ['an unknown attestation format', { fmt: 'mystery' }, 'attestation'],
    ['a self attestation without a signature', { fmt: 'packed' }, 'attestation'],
    ['an id of 1024 bytes', { id: mixedBytes(1024) }, 'credential_id'],
    ['an empty id', { id: Buffer.alloc(0) }, 'malformed'],
  ])('%s is refused', async (_, making, reason) => {
    expect((await register(making)).result).toEqual({ ok: false, code: 'credentials.invalid', reason });
  });

  test('an id of 1023 bytes is the longest that is taken', async () => {
    expect((await register({ id: mixedBytes(1023) })).result).toMatchObject({ ok: true });
  });

  test('without user verification, where it is needed', async () => {
    const { result } = await register({ flags: flag.up }, { userVerification: true });
    expect(result).toEqual({ ok: false, code: 'credentials.unverified', reason: 'user_verification' });
  });

  test.each([
    ['no authenticator data', cbor(new Map([['fmt', 'none']]))],
    ['no CBOR', Buffer.from('hello')],
    ['bytes of all kinds', mixedBytes(300)],
  ])('%s is refused', async (_, object) => {
    const { result } = await register({}, {}, { attestation: object.toString('base64url') });
    expect(result).toEqual({ ok: false, code: 'credentials.invalid', reason: 'malformed' });
  });

  test.each<[CredentialInput, string]>([
    [{ clientData: '', attestation: '' }, 'credentials.required'],
    [{ attestation: 'x'.repeat(20_000) }, 'credentials.malformed'],
    [{ clientData: 'ä' }, 'credentials.malformed'],
  ])('%j is refused', async (more, code) => {
    expect((await register({}, {}, more)).result).toEqual({ ok: false, code });
  });
});

describe('the name of a key that its owner did not name', () => {
  const userAgent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';
  const nameBeside = async (labels: readonly (string | undefined)[], visitor = { ip: '', userAgent }) => {
    const enrolled = labels.map((label, at) => {
      const credential = credentialOf(newKey(userHandle), { id: String(at) });
      return label === undefined ? credential : { ...credential, label };
    });
    const context = { ...base, enrolled, visitor };
    const offered = await webauthn.beginEnrollment(subject, context);
    const made = await webauthn.enroll(
      subject,
      { pending: offered.private, input: attestation(newKey(userHandle), whereOf(offered, context.issuer)) },
      context,
    );
    return made.ok && 'credential' in made ? made.credential.label : 'refused';
  };

  test.each([
    ['the first', [], undefined],
    ['the second', [undefined], 'Firefox, Windows'],
    ['one made in the same place', [undefined, 'Firefox, Windows'], 'Firefox, Windows #3'],
    ['one more', [undefined, 'Firefox, Windows #3', 'Firefox, Windows'], 'Firefox, Windows #4'],
    ['one whose number is taken', ['Firefox, Windows #3', 'Firefox, Windows'], 'Firefox, Windows #4'],
  ])('%s', async (_, labels, expected) => {
    expect(await nameBeside(labels)).toBe(expected);
  });

  test('in an unknown browser it is a number', async () => {
    expect(await nameBeside([undefined], { ip: '', userAgent: 'curl/8' })).toBe('#2');
  });
});

describe('the relying party of the settings', () => {
  const settings = { enabled: true, rpId: 'example.org', origins: ['https://id.example.net'] };
  const context = { ...base, settings };

  test('is in every challenge, and what a new key remembers', async () => {
    const key = newKey(userHandle);
    const offer = await webauthn.beginEnrollment(subject, context);
    expect(offer.public.rp).toMatchObject({ id: 'example.org' });
    const place = { ...whereOf(offer, base.issuer), rpId: 'example.org' };
    const enrolled = await webauthn.enroll(
      subject,
      { pending: offer.private, input: attestation(key, place) },
      context,
    );
    expect(enrolled).toMatchObject({ ok: true, credential: { relyingParty: 'example.org' } });
    expect((await webauthn.challenge(undefined, context)).public.rpId).toBe('example.org');
  });

  test.each([
    ['that domain', {}, { ok: true }],
    ['the host of the issuer', { rpId: 'id.example.org' }, { reason: 'rp_id' }],
    ['that domain at another origin, also a listed one', { origin: 'https://id.example.net' }, { reason: 'origin' }],
  ])('an answer for %s', async (_, making, expected) => {
    const key = newKey(userHandle);
    const credential = credentialOf(key, { id: 'one' });
    const enrolled = { ...context, enrolled: [credential] };
    const started = await webauthn.challenge(credential, enrolled);
    const input = assertion(key, { ...whereOf(started, base.issuer), rpId: 'example.org' }, making);
    expect(await webauthn.verify(credential, { pending: started.private, input }, enrolled)).toMatchObject(expected);
  });
});
