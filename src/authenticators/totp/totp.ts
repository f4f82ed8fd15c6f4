/** Something had: an authenticator app with time-based one-time passwords (RFC 6238; NIST SP 800-63B-4 section 3.1.4). */

import { generateSecret, generateURI, verify as verifyCode } from 'otplib';
import { z } from 'zod';
import type { Subject } from '../../core/model/facts.ts';
import { closed } from '../../policy/schema/fields.ts';
import type {
  Authenticator,
  AuthenticatorEnv,
  Credential,
  CredentialInput,
  Enrolled,
  Refused,
  Started,
  Verified,
} from '../authenticator.ts';
import { qrCodeSvg } from './qr-code.ts';

const descriptor = {
  key: 'totp',
  factors: ['possession'],
  characteristics: ['userPresence', 'deviceBound'],
  enrollable: true,
  decoys: { share: 1 / 2 },
} as const;

const configuration = {
  settings: closed({ enabled: z.boolean().default(true).describe('Can be enrolled, used, and counts.') })
    .prefault({})
    .describe('One-time codes of an authenticator app (RFC 6238).'),
} as const;

const proof = { factors: descriptor.factors, characteristics: descriptor.characteristics, amr: ['otp'] } as const;

/** What authenticator apps support without exception: SHA-1, six digits, 30 seconds; 160 bits as RFC 4226 section 4 recommends. */
const code = { algorithm: 'sha1', digits: 6, period: 30 } as const;
const keyBytes = 20;

/** Seconds that a challenge or an offer counts. */
const lifetime = 600;

/** Apps whose codes are computed for everybody. Whoever has more takes longer, by some microseconds for each. */
const appsComputed = 5;

/** For people who have none, or fewer: the same computation, and never an answer. 160 bits that nobody has. */
const nobodysKey = 'U6ULXKYFLR5J3U3C6LWHUYIVVNFGUKCR';

/** `step` is the last time step that was accepted; no code of it or before it counts again. */
interface TotpSecret {
  readonly key: string;
  readonly step: number;
}

export function totpAuthenticator(): Authenticator {
  return {
    descriptor,
    configuration,
    sharedChallenge: true,
    // NIST SP 800-63B-4 section 3.2.2: at most 100 failures in a row, then only an administrator opens it again.
    attemptLimits: [
      { limit: 5, window: 300 },
      { limit: 100, window: 0 },
    ],
    challenge: async (_credential, env) => ({
      inputs: ['one_time_code'],
      public: {},
      private: env.asked === undefined ? {} : { asked: env.asked },
      expires: env.now + lifetime,
    }),
    verify: verifyTotp,
    beginEnrollment: async (subject, env) => offerTotp(subject, env),
    enroll: (_subject, pending, input, env) => enrollTotp(pending, input, env),
  };
}

/**
 * A code of any app of the person that makes progress counts; they need not say which one it is of. All of them are computed, whichever
 * answered, and as many for people who have fewer or none: the time tells nothing about up to `appsComputed` apps.
 */
async function verifyTotp(
  credential: Credential | undefined,
  pending: Started['private'],
  input: CredentialInput,
  env: AuthenticatorEnv,
): Promise<Verified | Refused> {
  const token = readToken(input);
  if (typeof token !== 'string') return token;
  const apps = appsOf(env.enrolled.length > 0 ? env.enrolled : credential ? [credential] : []);
  const asked = apps.filter(({ id }) => !Array.isArray(pending.asked) || pending.asked.includes(id));
  const computed = Math.max(appsComputed, apps.length);
  const keys = [...asked.map(({ secret }) => secret.key), ...Array<string>(computed - asked.length).fill(nobodysKey)];
  const steps = await Promise.all(keys.map((key) => stepOf(key, token, env.now)));
  const matching = asked.flatMap((app, at) => {
    const step = steps[at];
    return step === undefined ? [] : [{ ...app, step }];
  });
  // Also true after the clock was set back: a code that counted once never counts again (RFC 6238 section 5.2).
  const fresh = matching.find(({ step, secret }) => step > secret.step);
  if (!fresh) return refuse(matching.length > 0 ? 'credentials.used' : 'credentials.invalid');
  const { id, step, secret } = fresh;
  return { ok: true, credential: id, proof, secret: { key: secret.key, step }, mustSave: true };
}

function appsOf(credentials: readonly Credential[]) {
  return credentials.flatMap(({ id, authenticator, secret: kept }) => {
    const secret = authenticator === descriptor.key ? readSecret(kept) : undefined;
    return secret ? [{ id, secret }] : [];
  });
}

function offerTotp(subject: Subject, env: AuthenticatorEnv): Started {
  const key = generateSecret({ length: keyBytes });
  // A colon separates issuer and account in the label of the URI.
  const issuer = env.brand.replaceAll(':', ' ');
  const account = (subject.identifiers[0] ?? subject.id).replaceAll(':', ' ');
  const uri = generateURI({ issuer, label: account, secret: key, ...code });
  return {
    inputs: ['one_time_code', 'app_name'],
    public: {
      secret: key,
      secretGrouped: key.match(/.{1,4}/g)?.join(' '),
      uri,
      qr: qrCodeSvg(uri, `QR: ${issuer} (${account})`),
    },
    private: { key },
    expires: env.now + lifetime,
  };
}

async function enrollTotp(
  pending: Started['private'],
  input: CredentialInput,
  env: AuthenticatorEnv,
): Promise<Enrolled | Refused> {
  const key = pending.key;
  if (typeof key !== 'string') throw new TypeError('the offer to confirm is not one of this authenticator');
  const named = readName(input, env);
  if ('ok' in named) return named;
  const step = await acceptedStep(key, input, env);
  if (typeof step !== 'number') return step;
  const { factors, characteristics } = descriptor;
  return {
    ok: true,
    credential: { authenticator: descriptor.key, factors, characteristics, ...named, secret: { key, step } },
    proof,
  };
}

/** The name that the person gives the app. From the second on there must be one: the person has to tell them apart. */
function readName(input: CredentialInput, env: AuthenticatorEnv): { readonly label?: string } | Refused {
  const text: unknown = input.label ?? '';
  const label = typeof text === 'string' && text.length <= 1000 ? text.normalize('NFC').trim() : undefined;
  if (label === '') {
    const isNeeded = env.enrolled.length > 0;
    return isNeeded ? { ok: false, code: 'label.required', field: 'credentials.label' } : {};
  }
  const isName = label !== undefined && label.length <= 60 && !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(label);
  return isName ? { label } : { ok: false, code: 'label.invalid', field: 'credentials.label' };
}

async function acceptedStep(key: string, input: CredentialInput, env: AuthenticatorEnv): Promise<number | Refused> {
  const token = readToken(input);
  if (typeof token !== 'string') return token;
  return (await stepOf(key, token, env.now)) ?? refuse('credentials.invalid');
}

function readToken({ passcode: text }: CredentialInput): string | Refused {
  if (typeof text !== 'string' || text === '') return refuse('credentials.required');
  return digits(text) ?? refuse('credentials.malformed');
}

/** The time step that the code belongs to: the current one, or one on either side for slow people and slow clocks. */
async function stepOf(key: string, token: string, now: number): Promise<number | undefined> {
  const result = await verifyCode({ secret: key, token, epoch: now, epochTolerance: code.period, ...code });
  if (!result.valid) return undefined;
  if (!('timeStep' in result)) throw new TypeError('the TOTP library names no time step');
  return result.timeStep;
}

/** Six digits as people type and paste them: grouped, with full-width digits. `undefined`: it is no code. */
function digits(text: string): string | undefined {
  if (text.length > 64) return undefined;
  const token = text.normalize('NFKC').replace(/[\s\p{Cf}-]/gu, '');
  return /^[0-9]{6}$/.test(token) ? token : undefined;
}

function readSecret(secret: Credential['secret']): TotpSecret | undefined {
  const { key, step } = secret;
  return typeof key === 'string' && /^[A-Z2-7]{32,}$/.test(key) && Number.isInteger(step)
    ? { key, step: step as number }
    : undefined;
}

function refuse(reason: string): Refused {
  return { ok: false, code: reason, field: 'credentials.passcode' };
}
