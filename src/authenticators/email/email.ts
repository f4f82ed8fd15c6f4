/**
 * Something you have: a mailbox. One message contains a six-digit code and a magic link; both answer the same
 * challenge. NIST SP 800-63B-4 section 3.1.3.1 does not accept email as an out-of-band authenticator, so policies that
 * follow it exclude it.
 */
import { randomBytes } from 'node:crypto';
import type { Subject } from '../../core/model/facts.ts';
import { mailAddress, maskedAddress } from '../../core/model/mail-address.ts';
import { browserText } from '../../user-agent.ts';
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
  MagicLinkDetails,
  NewCredential,
  Proof,
  Refused,
  Verified,
} from '../authenticator.ts';
import { challengeLifetime, guessingLimits } from '../shared/limits.ts';
import { credentialOf, foreignChallenge, proofOf, refuse } from '../shared/results.ts';
import { isSameText } from '../shared/same-text.ts';
import { messagesPerAccount } from '../shared/sending-quotas.ts';
import { readSixDigitCode } from '../shared/six-digit-code.ts';
import { emailConfiguration, mailQuotas } from './settings.ts';

const descriptor = {
  key: 'email',
  factors: ['possession'],
  characteristics: ['userPresence'],
  methods: ['code', 'link'],
  enrollable: true,
  // A user whose identifier is a mail address can nearly always be reached at it.
  decoys: { share: 1 / 4, shareOfAddresses: 7 / 8 },
} as const;

type MailMethod = (typeof descriptor.methods)[number];

/** RFC 8176 has no value for mail. This one is our own, for both methods. */
function proofBy(method: MailMethod): Proof {
  return proofOf(descriptor, ['email'], method);
}

/**
 * The credential for an address that is known to belong to the user. Throws `TypeError` if mail cannot be sent to it.
 */
export function emailCredential(text: string): NewCredential {
  const address = mailAddress(text);
  if (address === undefined) throw new TypeError('mail cannot be sent to this address');
  return { ...credentialOf(descriptor, { address }), address };
}

export function emailAuthenticator(): Authenticator {
  return {
    descriptor,
    configuration: emailConfiguration,
    attemptLimits: guessingLimits({ limit: 5, window: 600 }),
    sendLimits: messagesPerAccount,
    challenge: async (credential, context) => challengeByMail(credential, context),
    verify: async (credential, answer, context) => verifyMailedCode(credential, answer, context),
    readMagicLink: (pending, token, context) => codeBehindLink(pending, token, context),
    matchesIdentifier: (credential, typed) => {
      const address = mailAddress(typed)?.toLowerCase();
      return address !== undefined && enrolledAddress(credential)?.toLowerCase() === address;
    },
    maskedAddress(credential) {
      const address = enrolledAddress(credential);
      return address && maskedAddress(address);
    },
    enrollmentStages: ['address', 'code'],
    register: (address, context) => takeAddress({ email: address }, context),
    profileValue: { attribute: 'email', ask: (text, context) => takeAddress({ email: text }, context) },
    beginEnrollment: async (subject, context) => askForMailAddress(subject, context),
    enroll: async (_subject, answer, context) =>
      answer.pending.stage === 'code' ? confirmMailAddress(answer, context) : takeAddress(answer.input, context),
  };
}

/**
 * Makes the code and link of a message, and their stored form: hashed under the server's secret, bound to the
 * transaction.
 */
function drawCodeAndLink(context: AuthenticatorContext) {
  const token = randomBytes(32).toString('base64url');
  const code = codeOfLink(token, context);
  return { token, code, stored: { code: mailCodeMac(code, context), link: storedLink(token, context) } };
}

/** Six digits derived from the token, so that the page behind the link can show them. */
function codeOfLink(token: string, context: AuthenticatorContext): string {
  const digest = Buffer.from(context.mac('email code of link', context.transactionId, token), 'base64url').toString(
    'hex',
  );
  return String(BigInt(`0x${digest}`) % 1_000_000n).padStart(6, '0');
}

function mailCodeMac(code: string, context: AuthenticatorContext): string {
  return context.mac('email code', context.transactionId, code);
}

function storedLink(token: string, context: AuthenticatorContext): string {
  return context.mac('email link', context.transactionId, token);
}

function storedAddress(address: string, context: AuthenticatorContext): string {
  return context.mac('email address', context.transactionId, address);
}

function challengeByMail(credential: Credential | undefined, context: AuthenticatorContext): IssuedChallenge {
  const address = enrolledAddress(credential);
  const methods = methodsIn(context);
  const { token, code, stored } = drawCodeAndLink(context);
  const requestedFrom = requestedBy(context);
  const link = `${context.issuer}/signin/${context.transactionId}/link?t=${token}`;
  const expires = context.now + challengeLifetime;
  const purpose = context.recovering ? { purpose: 'recovery' } : {};
  const contents = { ...(methods.includes('code') && { code }), ...(methods.includes('link') && { link }) };
  const params = { app: context.app, ...contents, minutes: challengeLifetime / 60, ...purpose, ...requestedFrom };
  const message: Delivery = { channel: 'email', to: address ?? '', template: 'code', params, expires };
  const linkable = methods.includes('link');
  return {
    inputs: methods.includes('code') ? ['one_time_code'] : [],
    public: {
      address: addressOnPage(address, context),
      resend: true,
      ...(linkable && { linkable }),
      ...(linkable && methods.length === 1 && { method: 'link' }),
    },
    private: { stage: 'code', ...stored, methods, address: storedAddress(address ?? '', context), requestedFrom },
    methods,
    expires,
    quotas: mailQuotas(address, context),
    ...(address === undefined ? {} : { deliver: [message] }),
  };
}

/** The configured methods that make progress. */
function methodsIn({ settings, methods: asked }: AuthenticatorContext): readonly MailMethod[] {
  const { methods = descriptor.methods } = (settings ?? {}) as { readonly methods?: readonly MailMethod[] };
  return methods.filter((method) => asked?.includes(method) ?? true);
}

/** The methods by which the message can be answered. Messages from before methods were recorded allow both. */
function methodsOf(pending: IssuedChallenge['private']): readonly unknown[] {
  return Array.isArray(pending.methods) ? pending.methods : descriptor.methods;
}

/** The browser that requests the message, for the user to compare. */
function requestedBy({ visitor: { ip, place = ip, userAgent } }: AuthenticatorContext) {
  return { ip: place, ...browserText(userAgent) };
}

/**
 * Before a proof, the page shows only the address that the user entered, masked, so as not to reveal whether an account
 * has it. Users who entered something else see no address, and neither do some decoys.
 */
function addressOnPage(address: string | undefined, context: AuthenticatorContext): string {
  if (address !== undefined && context.mayShowDetails) return maskedAddress(address);
  const typed = mailAddress(context.identifier ?? '')?.toLowerCase();
  if (typed === undefined) return '';
  const isShown =
    address === undefined
      ? (context.decoyMac('email mask', typed).codePointAt(0) ?? 0) % 8 !== 0
      : typed === address.toLowerCase();
  return isShown ? maskedAddress(typed) : '';
}

function verifyMailedCode(
  credential: Credential | undefined,
  { pending, input }: ChallengeAnswer,
  context: AuthenticatorContext,
): Verified | Refused {
  const code = readSixDigitCode(input.passcode);
  if (typeof code !== 'string') return code;
  const address = enrolledAddress(credential);
  const isCode = isSameText(pending.code, mailCodeMac(code, context));
  const isAddress = isSameText(pending.address, storedAddress(address ?? '', context));
  const method = context.byLink ? 'link' : 'code';
  const isRight = isCode && isAddress && methodsOf(pending).includes(method);
  if (!isRight || address === undefined || credential === undefined) return refuse('credentials.invalid');
  // A code counts once: a proof removes the challenge from the transaction, which is saved by compare-and-swap.
  return { ok: true, credential: credential.id, proof: proofBy(method), mustSave: false };
}

function codeBehindLink(
  pending: IssuedChallenge['private'],
  token: string,
  context: AuthenticatorContext,
): MagicLinkDetails | undefined {
  const methods = methodsOf(pending);
  if (!methods.includes('link') || !/^[\w-]{43}$/.test(token)) return undefined;
  if (!isSameText(pending.link, storedLink(token, context))) return undefined;
  const { ip = '', browser = '', system = '' } = (pending.requestedFrom ?? {}) as Readonly<Record<string, string>>;
  const linkOnly = methods.includes('code') ? {} : { linkOnly: true as const };
  return { passcode: codeOfLink(token, context), ...linkOnly, requestedFrom: { ip, browser, system } };
}

function askForMailAddress(subject: Subject, context: AuthenticatorContext): IssuedChallenge {
  const known: unknown = subject.profile.email;
  const address = typeof known === 'string' ? (mailAddress(known) ?? '') : '';
  return {
    inputs: ['mail_address'],
    public: { stage: 'address', address },
    private: { stage: 'address' },
    expires: context.now + challengeLifetime,
  };
}

/** First stage: the address. Nothing counts before the user has entered the code sent to it. */
function takeAddress(input: CredentialInput, context: AuthenticatorContext): EnrollmentContinued | Refused {
  const text: unknown = input.email;
  if (typeof text !== 'string' || text.trim() === '') return refuse('email.required', 'credentials.email');
  const address = mailAddress(text);
  if (address === undefined) return refuse('email.invalid', 'credentials.email');
  const has = (credential: Credential): boolean => enrolledAddress(credential)?.toLowerCase() === address.toLowerCase();
  if (context.enrolled.some(has)) return refuse('email.enrolled', 'credentials.email');
  return askForMailedCode(address, context);
}

function askForMailedCode(address: string, context: AuthenticatorContext): EnrollmentContinued {
  const { code, stored } = drawCodeAndLink(context);
  const expires = context.now + challengeLifetime;
  const requestedFrom = requestedBy(context);
  const params = { app: context.app, code, minutes: challengeLifetime / 60, ...requestedFrom };
  return {
    ok: true,
    nextStage: {
      inputs: ['one_time_code'],
      public: { stage: 'code', address, resend: true },
      private: { stage: 'code', code: stored.code, to: address },
      expires,
      quotas: mailQuotas(address, context),
      deliver: [{ channel: 'email', to: address, template: 'address', params, expires }],
    },
  };
}

/** Second stage: the code. On request another one is sent, which replaces the first. */
function confirmMailAddress(
  { pending, input }: ChallengeAnswer,
  context: AuthenticatorContext,
): Enrolled | EnrollmentContinued | Refused {
  const { to } = pending;
  if (typeof to !== 'string') throw foreignChallenge();
  if (input.resend !== undefined) return askForMailedCode(to, context);
  const code = readSixDigitCode(input.passcode);
  if (typeof code !== 'string') return code;
  if (!isSameText(pending.code, mailCodeMac(code, context))) return refuse('credentials.invalid');
  // If there are several, the user needs a label to distinguish them.
  const label = context.enrolled.length > 0 ? { label: maskedAddress(to) } : {};
  return { ok: true, credential: { ...emailCredential(to), ...label }, proof: proofBy('code') };
}

function enrolledAddress(credential: Credential | undefined): string | undefined {
  const address = credential?.authenticator === descriptor.key ? credential.secret.address : undefined;
  return typeof address === 'string' && mailAddress(address) === address ? address : undefined;
}
