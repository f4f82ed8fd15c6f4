/**
 * Something you have: a phone that receives text messages or calls with a six-digit code. NIST SP 800-63B-4 section
 * 3.1.3.3 calls the public telephone network restricted: the enrollment page says so, and stricter policies exclude
 * phones. See decision 14.
 */

import { randomInt } from 'node:crypto';
import { oneDay } from '../../core/model/durations.ts';
import type { Seconds } from '../../core/model/facts.ts';
import type {
  Authenticator,
  AuthenticatorContext,
  ChallengeAnswer,
  Credential,
  CredentialInput,
  Delivery,
  Enrolled,
  EnrollmentContinued,
  IssuedChallenge,
  NewCredential,
  Proof,
  Refused,
  Verified,
} from '../authenticator.ts';
import { challengeLifetime, guessingLimits } from '../shared/limits.ts';
import { maskedNumber, type PhoneMethod, type PhoneNumber, readPhoneNumber } from '../shared/phone-number.ts';
import { credentialOf, foreignChallenge, proofOf, refuse } from '../shared/results.ts';
import { isSameText } from '../shared/same-text.ts';
import { messagesPerAccount } from '../shared/sending-quotas.ts';
import { readSixDigitCode } from '../shared/six-digit-code.ts';
import { phoneQuotas } from './quotas.ts';
import { type PhoneSettings, phoneConfiguration } from './settings.ts';

const descriptor = {
  key: 'phone',
  factors: ['possession'],
  characteristics: ['userPresence'],
  methods: ['sms', 'voice'],
  enrollable: true,
  decoys: { share: 1 / 2, shareOfNumbers: 7 / 8 },
} as const;

/** RFC 8176 section 2. */
const amr: Readonly<Record<PhoneMethod, string>> = { sms: 'sms', voice: 'tel' };

/** Without settings nothing is sent. */
const noSettings: PhoneSettings = {
  enabled: false,
  methods: [],
  countries: [],
  limits: { number: 1, prefix: 1, network: 1, country: 1 },
};

/** Whether the text is a number in E.164 of a kind that can receive codes. */
export function takesCodes(number: string): boolean {
  const read = readPhoneNumber(number);
  return read?.number === number && read.methods.length > 0;
}

/**
 * The credential for a number (E.164) that is known to belong to the user. Throws `TypeError` if no code can be sent to
 * it.
 */
export function phoneCredential(number: string): NewCredential {
  if (!takesCodes(number)) throw new TypeError('no code can be sent to this number');
  const { methods = [] } = readPhoneNumber(number) ?? {};
  const takesAll = descriptor.methods.every((method) => methods.includes(method));
  return { ...credentialOf(descriptor, { number }), ...(takesAll ? {} : { methods }) };
}

export function phoneAuthenticator(): Authenticator {
  return {
    descriptor,
    configuration: phoneConfiguration,
    attemptLimits: guessingLimits({ limit: 5, window: 600 }),
    sendLimits: [...messagesPerAccount, { limit: 30, window: oneDay }],
    maskedAddress(credential) {
      const to = numberOf(credential);
      return to && maskedNumber(to.number);
    },
    readableData(credential): { readonly number?: string } {
      const number = numberOf(credential)?.number;
      return number === undefined ? {} : { number };
    },
    challenge: async (credential, context) => challengeByPhone(credential, context),
    verify: async (credential, answer, context) => verifySentCode(credential, answer, context),
    matchesIdentifier: (credential, typed) => {
      const number = readPhoneNumber(typed)?.number;
      return number !== undefined && numberOf(credential)?.number === number;
    },
    enrollmentStages: ['number', 'code'],
    profileValue: {
      attribute: 'phone',
      ask: (text, context) => takeNumber({ phoneNumber: text }, context),
      notifyFormer: (former, undo, context) => notifyFormerNumber(former, undo, context),
    },
    beginEnrollment: async (_subject, context) => askForNumber(context),
    enroll: async (_subject, answer, context) =>
      answer.pending.stage === 'code' ? confirmNumber(answer, context) : takeNumber(answer.input, context),
  };
}

/** Undefined if the number cannot receive text messages. */
function notifyFormerNumber(
  former: string,
  { link, expires }: { readonly link: string; readonly expires: Seconds },
  context: AuthenticatorContext,
): Delivery | undefined {
  const to = readPhoneNumber(former);
  if (to === undefined || !methodsFor(to, settingsOf(context)).includes('sms')) return undefined;
  return { channel: 'sms', to: to.number, template: 'number-changed', params: { link }, expires };
}

function settingsOf(context: AuthenticatorContext): PhoneSettings {
  return { ...noSettings, ...(context.settings as Partial<PhoneSettings> | undefined) };
}

/** The settings, with only those methods that make progress. */
function settingsWithin(context: AuthenticatorContext): PhoneSettings {
  const settings = settingsOf(context);
  return { ...settings, methods: settings.methods.filter((method) => context.methods?.includes(method) ?? true) };
}

/**
 * The configured methods that suit the number, in the configured order. Empty for a number of a country that is not on
 * the list.
 */
function methodsFor({ country, methods }: PhoneNumber, settings: PhoneSettings): readonly PhoneMethod[] {
  return settings.countries.includes(country) ? settings.methods.filter((method) => methods.includes(method)) : [];
}

/** The method that the user chose, or the first one. */
function chosenMethod(methods: readonly PhoneMethod[], { method }: AuthenticatorContext): PhoneMethod {
  return methods.find((phoneMethod) => phoneMethod === method) ?? methods[0] ?? 'sms';
}

function proofBy(method: unknown): Proof {
  const channel = method === 'voice' ? 'voice' : 'sms';
  return proofOf(descriptor, [amr[channel]], channel);
}

/** Hashed under the server's secret, bound to the transaction. */
function phoneCodeMac(code: string, context: AuthenticatorContext): string {
  return context.mac('phone code', context.transactionId, code);
}

function storedNumber(number: string, context: AuthenticatorContext): string {
  return context.mac('phone number', context.transactionId, number);
}

function drawSixDigits(): string {
  return String(randomInt(1_000_000)).padStart(6, '0');
}

interface Sending {
  readonly to: PhoneNumber;
  readonly method: PhoneMethod;
  readonly template: 'code' | 'number';
  readonly code: string;
}

function messageOf({ to, method, template, code }: Sending, context: AuthenticatorContext): Delivery {
  const { hostname } = new URL(context.issuer);
  const purpose = context.recovering ? { purpose: 'recovery' } : {};
  return {
    channel: method,
    to: to.number,
    template,
    params: { app: context.app, code, minutes: challengeLifetime / 60, domain: hostname, ...purpose },
    expires: context.now + challengeLifetime,
  };
}

function challengeByPhone(credential: Credential | undefined, context: AuthenticatorContext): IssuedChallenge {
  const settings = settingsWithin(context);
  const to = numberOf(credential);
  const possible = to && methodsFor(to, settings);
  const isReachable = possible !== undefined && possible.length > 0;
  const methods = isReachable ? possible : decoyMethods(settings, context);
  const method = chosenMethod(methods, context);
  const code = drawSixDigits();
  const unknown = context.subjectId ?? context.identifier ?? '';
  return {
    inputs: ['one_time_code'],
    // Before a proof, the page shows nothing about the number, not even that there is one.
    public: { method, methods, resend: true, address: to && context.mayShowDetails ? maskedNumber(to.number) : '' },
    private: {
      stage: 'code',
      code: phoneCodeMac(code, context),
      number: storedNumber(to?.number ?? '', context),
      method,
    },
    methods: [method],
    expires: context.now + challengeLifetime,
    quotas: phoneQuotas(isReachable ? to : undefined, settings.limits, { ip: context.visitor.ip, unknown }),
    ...(to && isReachable ? { deliver: [messageOf({ to, method, template: 'code', code }, context)] } : {}),
    ...(to && !isReachable ? { undeliverable: 'phone.country' } : {}),
  };
}

/** Decoys support all methods, except for some that appear to have a landline. */
function decoyMethods({ methods }: PhoneSettings, context: AuthenticatorContext): readonly PhoneMethod[] {
  const draw = context.decoyMac('phone decoy', context.subjectId ?? '').codePointAt(0) ?? 0;
  return methods.length > 1 && draw % 8 === 0 ? ['voice'] : methods;
}

function verifySentCode(
  credential: Credential | undefined,
  { pending, input }: ChallengeAnswer,
  context: AuthenticatorContext,
): Verified | Refused {
  const code = readSixDigitCode(input.passcode);
  if (typeof code !== 'string') return code;
  const to = numberOf(credential);
  const isCode = isSameText(pending.code, phoneCodeMac(code, context));
  const isNumber = isSameText(pending.number, storedNumber(to?.number ?? '', context));
  if (!isCode || !isNumber || to === undefined || credential === undefined) return refuse('credentials.invalid');
  // A code counts once: a proof removes the challenge from the transaction, which is saved by compare-and-swap.
  return { ok: true, credential: credential.id, proof: proofBy(pending.method), mustSave: false };
}

function askForNumber(context: AuthenticatorContext): IssuedChallenge {
  const { defaultCountry } = settingsOf(context);
  const country = defaultCountry === undefined ? {} : { country: defaultCountry };
  return {
    inputs: ['phone_number'],
    public: { stage: 'number', restricted: true, ...country },
    private: { stage: 'number' },
    expires: context.now + challengeLifetime,
  };
}

/** First stage: the number. Nothing counts before the user has entered the code sent to it. */
function takeNumber(input: CredentialInput, context: AuthenticatorContext): EnrollmentContinued | Refused {
  const field = 'credentials.phoneNumber';
  const text: unknown = input.phoneNumber;
  if (typeof text !== 'string' || text.trim() === '') return refuse('phone.required', field);
  const settings = settingsWithin(context);
  const to = readPhoneNumber(text, settings.defaultCountry);
  if (to === undefined) return refuse('phone.invalid', field);
  if (!settings.countries.includes(to.country)) return refuse('phone.country', field);
  if (to.methods.length === 0) return refuse('phone.kind', field);
  if (methodsFor(to, settings).length === 0) return refuse('phone.landline', field);
  if (context.enrolled.some((credential) => numberOf(credential)?.number === to.number))
    return refuse('phone.enrolled', field);
  return askForSentCode(to, context);
}

function askForSentCode(to: PhoneNumber, context: AuthenticatorContext): EnrollmentContinued | Refused {
  const settings = settingsWithin(context);
  const methods = methodsFor(to, settings);
  if (methods.length === 0) return refuse('phone.country');
  const method = chosenMethod(methods, context);
  const code = drawSixDigits();
  return {
    ok: true,
    nextStage: {
      inputs: ['one_time_code'],
      public: { stage: 'code', method, methods, resend: true, address: to.number },
      private: { stage: 'code', code: phoneCodeMac(code, context), to: to.number, method },
      expires: context.now + challengeLifetime,
      quotas: phoneQuotas(to, settings.limits, { ip: context.visitor.ip, unknown: '' }),
      deliver: [messageOf({ to, method, template: 'number', code }, context)],
    },
  };
}

/** Second stage: the code. On request another one is sent, which replaces the first. */
function confirmNumber(
  { pending, input }: ChallengeAnswer,
  context: AuthenticatorContext,
): Enrolled | EnrollmentContinued | Refused {
  const to = typeof pending.to === 'string' ? readPhoneNumber(pending.to) : undefined;
  if (to === undefined) throw foreignChallenge();
  if (input.resend !== undefined) return askForSentCode(to, context);
  const code = readSixDigitCode(input.passcode);
  if (typeof code !== 'string') return code;
  if (!isSameText(pending.code, phoneCodeMac(code, context))) return refuse('credentials.invalid');
  // If there are several, the user needs a label to distinguish them.
  const label = context.enrolled.length > 0 ? { label: maskedNumber(to.number) } : {};
  return { ok: true, credential: { ...phoneCredential(to.number), ...label }, proof: proofBy(pending.method) };
}

function numberOf(credential: Credential | undefined): PhoneNumber | undefined {
  const number = credential?.authenticator === descriptor.key ? credential.secret.number : undefined;
  const read = typeof number === 'string' ? readPhoneNumber(number) : undefined;
  return read?.number === number ? read : undefined;
}
