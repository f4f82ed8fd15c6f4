/**
 * Something you have: an authenticator app with time-based one-time passwords (RFC 6238; NIST SP 800-63B-4 section
 * 3.1.4).
 */
import type { Seconds, Subject } from '../../core/model/facts.ts';
import { closed } from '../../policy/schema/fields/fields.ts';
import type {
  Authenticator,
  AuthenticatorContext,
  ChallengeAnswer,
  Credential,
  CredentialInput,
  Enrolled,
  IssuedChallenge,
  Refused,
  Verified,
} from '../authenticator.ts';
import { challengeLifetime, enabledSetting, guessingLimits } from '../shared/limits.ts';
import { credentialOf, foreignChallenge, proofOf, refuse } from '../shared/results.ts';
import { readSixDigitCode } from '../shared/six-digit-code.ts';
import { qrCodeSvg } from './qr-code.ts';

const descriptor = {
  key: 'totp',
  factors: ['possession'],
  characteristics: ['userPresence', 'deviceBound'],
  enrollable: true,
  decoys: { share: 1 / 2 },
} as const;

const configuration = {
  settings: closed({ enabled: enabledSetting(true) })
    .prefault({})
    .describe('One-time codes of an authenticator app (RFC 6238).'),
} as const;

const proof = proofOf(descriptor, ['otp']);

/** What every authenticator app supports: SHA-1, six digits, 30 seconds; 160 bits as RFC 4226 section 4 recommends. */
const code = { algorithm: 'sha1', digits: 6, period: 30 } as const;
const keyBytes = 20;

/**
 * The number of apps for which codes are always computed. A user with more apps takes some microseconds longer for
 * each.
 */
const appsComputed = 5;

/** For users with fewer apps or none: the same computation, and never a match. 160 bits that no app has. */
const decoyKey = 'U6ULXKYFLR5J3U3C6LWHUYIVVNFGUKCR';

/** `step`: the last time step that was accepted. No code of it or before it counts again. */
interface TotpSecret {
  readonly key: string;
  readonly step: number;
}

export function totpAuthenticator(): Authenticator {
  return {
    descriptor,
    configuration,
    sharedChallenge: true,
    attemptLimits: guessingLimits({ limit: 5, window: 300 }),
    challenge: async (_credential, context) => ({
      inputs: ['one_time_code'],
      public: {},
      private: context.allowedCredentials === undefined ? {} : { allowed: context.allowedCredentials },
      expires: context.now + challengeLifetime,
    }),
    verify: verifyTotp,
    beginEnrollment: drawKey,
    enroll: (_subject, answer, context) => enrollTotp(answer, context),
  };
}

/**
 * A code of any app that makes progress counts, so the user need not say which app it comes from. The codes of all apps
 * are computed whichever one matches, and as many for users with fewer apps: up to `appsComputed` apps, the time
 * reveals nothing.
 */
async function verifyTotp(
  credential: Credential | undefined,
  { pending, input }: ChallengeAnswer,
  context: AuthenticatorContext,
): Promise<Verified | Refused> {
  const token = readSixDigitCode(input.passcode);
  if (typeof token !== 'string') return token;
  const apps = appsOf(context.enrolled.length > 0 ? context.enrolled : credential ? [credential] : []);
  const allowed = apps.filter(({ id: appId }) => !Array.isArray(pending.allowed) || pending.allowed.includes(appId));
  const computed = Math.max(appsComputed, apps.length);
  const keys = [
    ...allowed.map(({ secret: appSecret }) => appSecret.key),
    ...Array<string>(computed - allowed.length).fill(decoyKey),
  ];
  const steps = await Promise.all(keys.map((key) => stepOf(key, token, context.now)));
  const matching = allowed.flatMap((app, index) => {
    const step = steps[index];
    return step === undefined ? [] : [{ ...app, step }];
  });
  // Holds even after the clock was set back: a code that counted once never counts again (RFC 6238 section 5.2).
  const before = lastStepOf(context.epoch);
  const fresh = matching.find(
    ({ step: matchingStep, secret: appSecret }) => matchingStep > Math.max(appSecret.step, before),
  );
  if (!fresh) return refuse(matching.length > 0 ? 'credentials.used' : 'credentials.invalid');
  const { id, step, secret } = fresh;
  return { ok: true, credential: id, proof, secret: { key: secret.key, step }, mustSave: true };
}

function appsOf(credentials: readonly Credential[]) {
  return credentials.flatMap(({ id, authenticator, secret: kept }) => {
    const secret = authenticator === descriptor.key ? readTotpSecret(kept) : undefined;
    return secret ? [{ id, secret }] : [];
  });
}

async function drawKey(subject: Subject, context: AuthenticatorContext): Promise<IssuedChallenge> {
  const { generateSecret, generateURI } = await import('otplib');
  const key = generateSecret({ length: keyBytes });
  // A colon separates issuer and account in the URI's label.
  const issuer = context.brand.replaceAll(':', ' ');
  const account = (subject.identifiers[0] ?? subject.id).replaceAll(':', ' ');
  const uri = generateURI({ issuer, label: account, secret: key, ...code });
  return {
    inputs: ['one_time_code', context.enrolled.length > 0 ? 'another_app_name' : 'app_name'],
    public: {
      secret: key,
      secretGrouped: key.match(/.{1,4}/g)?.join(' '),
      uri,
      qr: qrCodeSvg(uri, `QR: ${issuer} (${account})`),
    },
    private: { key },
    expires: context.now + challengeLifetime,
  };
}

async function enrollTotp(
  { pending, input }: ChallengeAnswer,
  context: AuthenticatorContext,
): Promise<Enrolled | Refused> {
  const { key } = pending;
  if (typeof key !== 'string') throw foreignChallenge();
  const named = readName(input, context);
  if ('ok' in named) return named;
  const token = readSixDigitCode(input.passcode);
  if (typeof token !== 'string') return token;
  const step = await stepOf(key, token, context.now);
  if (step === undefined) return refuse('credentials.invalid');
  return { ok: true, credential: { ...credentialOf(descriptor, { key, step }), ...named }, proof };
}

/**
 * The name that the user gives the app. It is required from the second app on, so that the user can distinguish them.
 */
function readName(input: CredentialInput, context: AuthenticatorContext): { readonly label?: string } | Refused {
  const text: unknown = input.label ?? '';
  const label = typeof text === 'string' && text.length <= 1000 ? text.normalize('NFC').trim() : undefined;
  if (label === '') {
    return context.enrolled.length > 0 ? refuse('label.required', 'credentials.label') : {};
  }
  const isName = label !== undefined && label.length <= 60 && !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(label);
  return isName ? { label } : refuse('label.invalid', 'credentials.label');
}

/** The time step of the code: the current one, or one before or after it, for slow users and inexact clocks. */
async function stepOf(key: string, token: string, now: number): Promise<number | undefined> {
  const { verify } = await import('otplib');
  const result = await verify({ secret: key, token, epoch: now, epochTolerance: code.period, ...code });
  if (!result.valid) return undefined;
  if (!('timeStep' in result)) throw new TypeError('the TOTP library names no time step');
  return result.timeStep;
}

/** The last time step whose code may have counted before the epoch began. Clocks may differ by one step. */
function lastStepOf(epoch: Seconds | undefined): number {
  return epoch === undefined ? -1 : Math.floor(epoch / code.period) + 1;
}

function readTotpSecret(secret: Credential['secret']): TotpSecret | undefined {
  const { key, step } = secret;
  return typeof key === 'string' && /^[A-Z2-7]{32,}$/.test(key) && Number.isInteger(step)
    ? { key, step: step as number }
    : undefined;
}
