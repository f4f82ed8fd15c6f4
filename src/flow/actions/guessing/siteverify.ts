/**
 * Verifies a response with the challenge service, using `siteverify` as reCAPTCHA defined it and hCaptcha and Turnstile
 * support it. The service gets the response and, if configured, the address, but nothing else about the user.
 */
import { boundedText, failureCode } from '../../../authenticators/shared/service-answer.ts';
import type { ChallengeServiceSettings } from '../../../policy/model/settings.ts';

/**
 * `refused`: the response is invalid, was used before, or belongs to another site. `failed`: the service did not answer
 * in time or as expected, or reports an error of this site or of its own.
 */
export type SiteVerifyResult =
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused' | 'failed'; readonly reason: string };

export interface ResponseToVerify {
  readonly service: ChallengeServiceSettings;
  readonly secret: string;
  /** As the page's script put it into the form. */
  readonly response: string;
  /** The user's address. Empty if unknown. */
  readonly ip: string;
  /** Base URL of the issuer. */
  readonly issuer: string;
}

/**
 * The characters of responses. Those of hCaptcha are the longest, with a few thousand. Other texts are not sent: if a
 * firewall of the service rejected one, the service would count as failing.
 */
const wellFormed = /^[\w.~+/=:-]{1,8192}$/;
/** The most bytes of an answer to read. */
const maxBodyBytes = 16_384;

/** `error-codes` that a user's response cannot cause. */
const faultsOfTheSite: readonly unknown[] = [
  'missing-input-secret',
  'invalid-input-secret',
  'sitekey-secret-mismatch',
  'missing-remoteip',
  'invalid-remoteip',
  'internal-error',
];

/** Never rejects. */
export async function siteVerify(asked: ResponseToVerify): Promise<SiteVerifyResult> {
  if (!wellFormed.test(asked.response)) return { kind: 'refused', reason: 'malformed' };
  try {
    return resultOf(await post(asked), new URL(asked.issuer).hostname);
  } catch (error) {
    return { kind: 'failed', reason: failureCode(error) };
  }
}

async function post({ service, secret, response, ip }: ResponseToVerify): Promise<unknown> {
  const { verify, remoteip, timeout } = service;
  const answer = await fetch(verify, {
    method: 'POST',
    headers: { 'user-agent': 'stepgate', accept: 'application/json' },
    body: new URLSearchParams({ secret, response, ...(remoteip && ip !== '' ? { remoteip: ip } : {}) }),
    // The secret must go to the configured address and nowhere else.
    redirect: 'error',
    signal: AbortSignal.timeout(timeout * 1000),
  });
  if (answer.status >= 500 || answer.status === 429) throw new Error(`status ${answer.status}`);
  return JSON.parse(await boundedText(answer, maxBodyBytes));
}

function resultOf(answer: unknown, expected: string): SiteVerifyResult {
  if (typeof answer !== 'object' || answer === null) throw new SyntaxError('no object');
  const { success, hostname, 'error-codes': given } = answer as Readonly<Record<string, unknown>>;
  const codes: readonly unknown[] = Array.isArray(given) ? given : [];
  if (typeof success !== 'boolean') throw new SyntaxError('no `success`');
  const fault = codes.find((code) => faultsOfTheSite.includes(code));
  if (!success && fault !== undefined) return { kind: 'failed', reason: String(fault) };
  if (!success) return { kind: 'refused', reason: reasonIn(codes) };
  if (typeof hostname === 'string' && hostname !== '' && hostname.toLowerCase() !== expected)
    return { kind: 'refused', reason: 'hostname' };
  return { kind: 'taken' };
}

/** The first error code, if it is well-formed: text from a service never goes into a log unchecked. */
function reasonIn([first]: readonly unknown[]): string {
  return typeof first === 'string' && /^[a-z-]{1,64}$/.test(first) ? first : 'refused';
}
