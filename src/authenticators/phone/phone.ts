/**
 * Something had: a phone that takes text messages or calls. A six-digit code goes there. NIST SP 800-63B-4 section 3.1.3.3 calls the
 * public telephone network restricted: people are told so when they set it up, and policies that need more exclude it.
 */
import { randomInt } from 'node:crypto';
import type {
  Authenticator,
  AuthenticatorEnv,
  Continued,
  Credential,
  CredentialInput,
  Delivery,
  Enrolled,
  Proof,
  Refused,
  Started,
  Verified,
} from '../authenticator.ts';
import { readCode, refuse, same } from '../shared/sent-code.ts';
import { maskedNumber, type PhoneMethod, type PhoneNumber, readPhoneNumber } from './phone-number.ts';
import { phoneQuotas } from './phone-quotas.ts';
import { type PhoneSettings, phoneConfiguration } from './phone-settings.ts';

const descriptor = {
  key: 'phone',
  factors: ['possession'],
  characteristics: ['userPresence'],
  enrollable: true,
  decoys: { share: 1 / 2 },
} as const;

/** RFC 8176 section 2. */
const amr: Readonly<Record<PhoneMethod, string>> = { sms: 'sms', voice: 'tel' };

/** Seconds that a code counts (NIST SP 800-63B-4 section 3.1.3.2: at most ten minutes). */
const lifetime = 600;

/** Without settings nothing is sent anywhere. */
const nowhere: PhoneSettings = {
  enabled: false,
  methods: [],
  countries: [],
  limits: { number: 1, prefix: 1, network: 1, country: 1 },
};

/** It is a number in E.164, and of a kind that codes can be sent to. */
export function takesCodes(number: string): boolean {
  const read = readPhoneNumber(number);
  return read?.number === number && read.methods.length > 0;
}

/** The credential of a number that is known to be the person's, in E.164. Throws `TypeError` when no code can be sent there. */
export function phoneCredential(number: string): Omit<Credential, 'id' | 'createdAt'> {
  if (!takesCodes(number)) throw new TypeError('no code can be sent to this number');
  const { factors, characteristics } = descriptor;
  return { authenticator: descriptor.key, factors, characteristics, secret: { number } };
}

export function phoneAuthenticator(): Authenticator {
  return {
    descriptor,
    configuration: phoneConfiguration,
    // NIST SP 800-63B-4 section 3.2.2: at most 100 failures in a row, then only an administrator opens it again.
    attemptLimits: [
      { limit: 5, window: 600 },
      { limit: 100, window: 0 },
    ],
    sendLimits: [
      { limit: 1, window: 20 },
      { limit: 5, window: 900 },
      { limit: 30, window: 86_400 },
    ],
    address(credential) {
      const to = numberOf(credential);
      return to && maskedNumber(to.number);
    },
    challenge: async (credential, env) => challengeByPhone(credential, env),
    verify: async (credential, pending, input, env) => verifyCode(credential, pending, input, env),
    matchesIdentifier: (credential, typed) => {
      const number = readPhoneNumber(typed)?.number;
      return number !== undefined && numberOf(credential)?.number === number;
    },
    beginEnrollment: async (_subject, env) => offerPhone(env),
    enroll: async (_subject, pending, input, env) =>
      pending.stage === 'code' ? confirmNumber(pending, input, env) : takeNumber(input, env),
  };
}

function settingsOf(env: AuthenticatorEnv): PhoneSettings {
  return { ...nowhere, ...(env.settings as Partial<PhoneSettings> | undefined) };
}

/** The configured ways that suit the number, in the configured order; none for a number of a country that is not on the list. */
function methodsFor({ country, methods }: PhoneNumber, settings: PhoneSettings): readonly PhoneMethod[] {
  return settings.countries.includes(country) ? settings.methods.filter((method) => methods.includes(method)) : [];
}

/** What the person asked for, or else the first. */
function chosenMethod(methods: readonly PhoneMethod[], { method }: AuthenticatorEnv): PhoneMethod {
  return methods.find((one) => one === method) ?? methods[0] ?? 'sms';
}

function proofBy(method: unknown): Proof {
  const { factors, characteristics } = descriptor;
  return { factors, characteristics, amr: [amr[method === 'voice' ? 'voice' : 'sms']] };
}

/** Hashed under the server's secret, bound to the transaction. */
function keptCode(code: string, env: AuthenticatorEnv): string {
  return env.mac('phone code', env.transaction, code);
}

function keptNumber(number: string, env: AuthenticatorEnv): string {
  return env.mac('phone number', env.transaction, number);
}

function drawCode(): string {
  return String(randomInt(1_000_000)).padStart(6, '0');
}

interface Sending {
  readonly to: PhoneNumber;
  readonly method: PhoneMethod;
  readonly template: 'code' | 'number';
  readonly code: string;
}

function messageOf({ to, method, template, code }: Sending, env: AuthenticatorEnv): Delivery {
  const { hostname } = new URL(env.issuer);
  return {
    channel: method,
    to: to.number,
    template,
    params: { app: env.app, code, minutes: lifetime / 60, domain: hostname },
    expires: env.now + lifetime,
  };
}

function challengeByPhone(credential: Credential | undefined, env: AuthenticatorEnv): Started {
  const settings = settingsOf(env);
  const to = numberOf(credential);
  const possible = to && methodsFor(to, settings);
  const isReachable = possible !== undefined && possible.length > 0;
  const methods = isReachable ? possible : methodsOfNobody(settings, env);
  const method = chosenMethod(methods, env);
  const code = drawCode();
  const stranger = env.subject ?? env.identifier ?? '';
  return {
    inputs: ['one_time_code'],
    // Before anything is proved, the page tells nothing about the number: not even that there is one.
    public: { method, methods, resend: true, address: to && env.proved ? maskedNumber(to.number) : '' },
    private: { stage: 'code', code: keptCode(code, env), number: keptNumber(to?.number ?? '', env), method },
    expires: env.now + lifetime,
    quotas: phoneQuotas(isReachable ? to : undefined, settings.limits, { ip: env.visitor.ip, stranger }),
    ...(to && isReachable ? { deliver: [messageOf({ to, method, template: 'code', code }, env)] } : {}),
    ...(to && !isReachable ? { undeliverable: 'phone.country' } : {}),
  };
}

/** Somebody who does not exist can be reached in all ways; some of them have a landline. */
function methodsOfNobody({ methods }: PhoneSettings, env: AuthenticatorEnv): readonly PhoneMethod[] {
  const draw = env.lastingMac('phone decoy', env.subject ?? '').codePointAt(0) ?? 0;
  return methods.length > 1 && draw % 8 === 0 ? ['voice'] : methods;
}

function verifyCode(
  credential: Credential | undefined,
  pending: Started['private'],
  input: CredentialInput,
  env: AuthenticatorEnv,
): Verified | Refused {
  const code = readCode(input.passcode);
  if (typeof code !== 'string') return code;
  const to = numberOf(credential);
  const isCode = same(pending.code, keptCode(code, env));
  const isNumber = same(pending.number, keptNumber(to?.number ?? '', env));
  if (!isCode || !isNumber || to === undefined || credential === undefined) return refuse('credentials.invalid');
  // Once only: what is proved takes the challenge out of the transaction, which is saved by compare-and-swap.
  return { ok: true, credential: credential.id, proof: proofBy(pending.method), mustSave: false };
}

function offerPhone(env: AuthenticatorEnv): Started {
  const { defaultCountry } = settingsOf(env);
  const country = defaultCountry === undefined ? {} : { country: defaultCountry };
  return {
    inputs: ['phone_number'],
    public: { stage: 'number', restricted: true, ...country },
    private: { stage: 'number' },
    expires: env.now + lifetime,
  };
}

/** First stage: which number. Nothing counts before the code that is sent there has come back. */
function takeNumber(input: CredentialInput, env: AuthenticatorEnv): Continued | Refused {
  const field = 'credentials.phoneNumber';
  const text: unknown = input.phoneNumber;
  if (typeof text !== 'string' || text.trim() === '') return refuse('phone.required', field);
  const settings = settingsOf(env);
  const to = readPhoneNumber(text, settings.defaultCountry);
  if (to === undefined) return refuse('phone.invalid', field);
  if (!settings.countries.includes(to.country)) return refuse('phone.country', field);
  if (to.methods.length === 0) return refuse('phone.kind', field);
  if (methodsFor(to, settings).length === 0) return refuse('phone.landline', field);
  if (env.enrolled.some((credential) => numberOf(credential)?.number === to.number))
    return refuse('phone.enrolled', field);
  return askForCode(to, env);
}

function askForCode(to: PhoneNumber, env: AuthenticatorEnv): Continued | Refused {
  const settings = settingsOf(env);
  const methods = methodsFor(to, settings);
  if (methods.length === 0) return refuse('phone.country');
  const method = chosenMethod(methods, env);
  const code = drawCode();
  return {
    ok: true,
    nextStage: {
      inputs: ['one_time_code'],
      public: { stage: 'code', method, methods, resend: true, address: to.number },
      private: { stage: 'code', code: keptCode(code, env), to: to.number, method },
      expires: env.now + lifetime,
      quotas: phoneQuotas(to, settings.limits, { ip: env.visitor.ip, stranger: '' }),
      deliver: [messageOf({ to, method, template: 'number', code }, env)],
    },
  };
}

/** Second stage: the code. Asked to, it sends another one, which takes the place of the first. */
function confirmNumber(
  pending: Started['private'],
  input: CredentialInput,
  env: AuthenticatorEnv,
): Enrolled | Continued | Refused {
  const to = typeof pending.to === 'string' ? readPhoneNumber(pending.to) : undefined;
  if (to === undefined) throw new TypeError('the offer to confirm is not one of this authenticator');
  if (input.resend !== undefined) return askForCode(to, env);
  const code = readCode(input.passcode);
  if (typeof code !== 'string') return code;
  if (!same(pending.code, keptCode(code, env))) return refuse('credentials.invalid');
  // Two of a kind must be told apart when the person chooses.
  const label = env.enrolled.length > 0 ? { label: maskedNumber(to.number) } : {};
  return { ok: true, credential: { ...phoneCredential(to.number), ...label }, proof: proofBy(pending.method) };
}

function numberOf(credential: Credential | undefined): PhoneNumber | undefined {
  const number = credential?.authenticator === descriptor.key ? credential.secret.number : undefined;
  const read = typeof number === 'string' ? readPhoneNumber(number) : undefined;
  return read?.number === number ? read : undefined;
}
