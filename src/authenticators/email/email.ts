/**
 * Something had: a mailbox. One message holds a six-digit code and a link; both stand for the same challenge. NIST SP 800-63B-4 section
 * 3.1.3.1 does not take email for an out-of-band authenticator, so policies that follow it exclude it.
 */

import { randomBytes } from 'node:crypto';
import type { Subject } from '../../core/model/facts.ts';
import { mailAddress, maskedAddress } from '../../core/model/mail-address.ts';
import { browserInWords } from '../../user-agent.ts';
import type {
  Authenticator,
  AuthenticatorEnv,
  Continued,
  Credential,
  CredentialInput,
  Delivery,
  Enrolled,
  MagicLinkTarget,
  Refused,
  Started,
  Verified,
} from '../authenticator.ts';
import { readCode, refuse, same } from '../shared/sent-code.ts';
import { emailConfiguration, mailQuotas } from './email-settings.ts';

const descriptor = {
  key: 'email',
  factors: ['possession'],
  characteristics: ['userPresence'],
  enrollable: true,
  // Who is known by a mail address can nearly always be reached there.
  decoys: { share: 1 / 4, shareOfAddresses: 7 / 8 },
} as const;

/** RFC 8176 has no value for a code by mail; this one is ours. */
const proof = { factors: descriptor.factors, characteristics: descriptor.characteristics, amr: ['email'] } as const;

/** Seconds that a code and its link count (NIST SP 800-63B-4 section 3.1.3.2: at most ten minutes). */
const lifetime = 600;

/** The credential of an address that is known to be the person's. Throws `TypeError` when mail cannot be sent there. */
export function emailCredential(text: string): Omit<Credential, 'id' | 'createdAt'> {
  const address = mailAddress(text);
  if (address === undefined) throw new TypeError('mail cannot be sent to this address');
  const { factors, characteristics } = descriptor;
  return { authenticator: descriptor.key, factors, characteristics, address, secret: { address } };
}

export function emailAuthenticator(): Authenticator {
  return {
    descriptor,
    configuration: emailConfiguration,
    // NIST SP 800-63B-4 section 3.2.2: at most 100 failures in a row, then only an administrator opens it again.
    attemptLimits: [
      { limit: 5, window: 600 },
      { limit: 100, window: 0 },
    ],
    sendLimits: [
      { limit: 1, window: 20 },
      { limit: 5, window: 900 },
    ],
    challenge: async (credential, env) => challengeByMail(credential, env),
    verify: async (credential, pending, input, env) => verifyCode(credential, pending, input, env),
    link: (pending, token, env) => readMagicLink(pending, token, env),
    matchesIdentifier: (credential, typed) => {
      const address = mailAddress(typed)?.toLowerCase();
      return address !== undefined && addressOf(credential)?.toLowerCase() === address;
    },
    address(credential) {
      const address = addressOf(credential);
      return address && maskedAddress(address);
    },
    beginEnrollment: async (subject, env) => offerEmail(subject, env),
    enroll: async (_subject, pending, input, env) =>
      pending.stage === 'code' ? confirmAddress(pending, input, env) : takeAddress(input, env),
  };
}

/** What is drawn for a message, and how it is kept: hashed under the server's secret, bound to the transaction. */
function drawCode(env: AuthenticatorEnv) {
  const token = randomBytes(32).toString('base64url');
  const code = codeOf(token, env);
  return { token, code, kept: { code: keptCode(code, env), link: keptLink(token, env) } };
}

/** Six digits that follow from the token, so that the page behind the link can show them. */
function codeOf(token: string, env: AuthenticatorEnv): string {
  const digest = Buffer.from(env.mac('email code of link', env.transaction, token), 'base64url').toString('hex');
  return String(BigInt(`0x${digest}`) % 1_000_000n).padStart(6, '0');
}

function keptCode(code: string, env: AuthenticatorEnv): string {
  return env.mac('email code', env.transaction, code);
}

function keptLink(token: string, env: AuthenticatorEnv): string {
  return env.mac('email link', env.transaction, token);
}

function keptAddress(address: string, env: AuthenticatorEnv): string {
  return env.mac('email address', env.transaction, address);
}

function challengeByMail(credential: Credential | undefined, env: AuthenticatorEnv): Started {
  const address = addressOf(credential);
  const { token, code, kept } = drawCode(env);
  const asked = askedFrom(env);
  const link = `${env.issuer}/signin/${env.transaction}/link?t=${token}`;
  const expires = env.now + lifetime;
  const params = { app: env.app, code, link, minutes: lifetime / 60, ...asked };
  const message: Delivery = { channel: 'email', to: address ?? '', template: 'code', params, expires };
  return {
    inputs: ['one_time_code'],
    public: { address: shownAddress(address, env), resend: true, linkable: true },
    private: { stage: 'code', ...kept, address: keptAddress(address ?? '', env), asked },
    expires,
    quotas: mailQuotas(address, env),
    ...(address === undefined ? {} : { deliver: [message] }),
  };
}

/** Who asks, for the person to compare. */
function askedFrom({ visitor: { ip, place = ip, userAgent } }: AuthenticatorEnv) {
  return { ip: place, ...browserInWords(userAgent) };
}

/**
 * Before anything is proved, the page shows nothing but what was typed, masked: whether that is the address of somebody who exists, it
 * must not tell. Who typed something else gets no address; so do some of those who do not exist.
 */
function shownAddress(address: string | undefined, env: AuthenticatorEnv): string {
  if (address !== undefined && env.proved) return maskedAddress(address);
  const typed = mailAddress(env.identifier ?? '')?.toLowerCase();
  if (typed === undefined) return '';
  const isShown =
    address === undefined
      ? (env.lastingMac('email mask', typed).codePointAt(0) ?? 0) % 8 !== 0
      : typed === address.toLowerCase();
  return isShown ? maskedAddress(typed) : '';
}

function verifyCode(
  credential: Credential | undefined,
  pending: Started['private'],
  input: CredentialInput,
  env: AuthenticatorEnv,
): Verified | Refused {
  const code = readCode(input.passcode);
  if (typeof code !== 'string') return code;
  const address = addressOf(credential);
  const isCode = same(pending.code, keptCode(code, env));
  const isAddress = same(pending.address, keptAddress(address ?? '', env));
  if (!isCode || !isAddress || address === undefined || credential === undefined) return refuse('credentials.invalid');
  // Once only: what is proved takes the challenge out of the transaction, which is saved by compare-and-swap.
  return { ok: true, credential: credential.id, proof, mustSave: false };
}

/** What the page behind a link may show; `undefined`: it is no link of this challenge. */
function readMagicLink(pending: Started['private'], token: string, env: AuthenticatorEnv): MagicLinkTarget | undefined {
  if (!/^[\w-]{43}$/.test(token) || !same(pending.link, keptLink(token, env))) return undefined;
  const { ip = '', browser = '', system = '' } = (pending.asked ?? {}) as Readonly<Record<string, string>>;
  return { passcode: codeOf(token, env), asked: { ip, browser, system } };
}

function offerEmail(subject: Subject, env: AuthenticatorEnv): Started {
  const known: unknown = subject.profile.email;
  const address = typeof known === 'string' ? (mailAddress(known) ?? '') : '';
  return {
    inputs: ['mail_address'],
    public: { stage: 'address', address },
    private: { stage: 'address' },
    expires: env.now + lifetime,
  };
}

/** First stage: which address. Nothing counts before the code that is sent there has come back. */
function takeAddress(input: CredentialInput, env: AuthenticatorEnv): Continued | Refused {
  const text: unknown = input.email;
  if (typeof text !== 'string' || text.trim() === '') return refuse('email.required', 'credentials.email');
  const address = mailAddress(text);
  if (address === undefined) return refuse('email.invalid', 'credentials.email');
  const has = (credential: Credential): boolean => addressOf(credential)?.toLowerCase() === address.toLowerCase();
  if (env.enrolled.some(has)) return refuse('email.enrolled', 'credentials.email');
  return askForCode(address, env);
}

function askForCode(address: string, env: AuthenticatorEnv): Continued {
  const { code, kept } = drawCode(env);
  const expires = env.now + lifetime;
  const asked = askedFrom(env);
  const params = { app: env.app, code, minutes: lifetime / 60, ...asked };
  return {
    ok: true,
    nextStage: {
      inputs: ['one_time_code'],
      public: { stage: 'code', address, resend: true },
      private: { stage: 'code', code: kept.code, to: address },
      expires,
      quotas: mailQuotas(address, env),
      deliver: [{ channel: 'email', to: address, template: 'address', params, expires }],
    },
  };
}

/** Second stage: the code. Asked to, it sends another one, which takes the place of the first. */
function confirmAddress(
  pending: Started['private'],
  input: CredentialInput,
  env: AuthenticatorEnv,
): Enrolled | Continued | Refused {
  const { to } = pending;
  if (typeof to !== 'string') throw new TypeError('the offer to confirm is not one of this authenticator');
  if (input.resend !== undefined) return askForCode(to, env);
  const code = readCode(input.passcode);
  if (typeof code !== 'string') return code;
  if (!same(pending.code, keptCode(code, env))) return refuse('credentials.invalid');
  // Two of a kind must be told apart when the person chooses.
  const label = env.enrolled.length > 0 ? { label: maskedAddress(to) } : {};
  return { ok: true, credential: { ...emailCredential(to), ...label }, proof };
}

function addressOf(credential: Credential | undefined): string | undefined {
  const address = credential?.authenticator === descriptor.key ? credential.secret.address : undefined;
  return typeof address === 'string' && mailAddress(address) === address ? address : undefined;
}
