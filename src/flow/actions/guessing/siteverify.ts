/**
 * Asks a challenge service what a response is worth: `siteverify` as reCAPTCHA defined it and hCaptcha and Turnstile
 * have it. The service learns the response and, where the configuration says so, the address: nothing else of the user.
 */
import { boundedText, failureCode } from '../../../authenticators/shared/service-answer.ts';
import type { ChallengeServiceSettings } from '../../../policy/model/settings.ts';

/**
 * `refused`: the response is none, was used, or is another site's. `failed`: the service did not answer in time or as
 * expected, or says that the fault is ours or its own.
 */
export type Verdict = { readonly kind: 'taken' } | { readonly kind: 'refused' | 'failed'; readonly reason: string };

export interface ResponseToVerify {
  readonly service: ChallengeServiceSettings;
  readonly secret: string;
  /** As the script of the page put it into the form. */
  readonly response: string;
  /** Of the user; empty: not known. */
  readonly ip: string;
  /** Base URL of the issuer. */
  readonly issuer: string;
}

/**
 * What responses are made of; those of hCaptcha are the longest, with a few thousand characters. Anything else is not
 * sent: a firewall of the service that objects to it would count as a service that fails.
 */
const wellFormed = /^[\w.~+/=:-]{1,8192}$/;
/** Bytes of an answer that are read. */
const maxBodyBytes = 16_384;

/** `error-codes` that no response of a user causes. */
const faultsOfTheSite: readonly unknown[] = [
  'missing-input-secret',
  'invalid-input-secret',
  'sitekey-secret-mismatch',
  'missing-remoteip',
  'invalid-remoteip',
  'internal-error',
];

/** Never rejects. */
export async function siteVerify(asked: ResponseToVerify): Promise<Verdict> {
  if (!wellFormed.test(asked.response)) return { kind: 'refused', reason: 'malformed' };
  try {
    return verdictOf(await post(asked), new URL(asked.issuer).hostname);
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
    // The secret goes to the configured address and to no other.
    redirect: 'error',
    signal: AbortSignal.timeout(timeout * 1000),
  });
  if (answer.status >= 500 || answer.status === 429) throw new Error(`status ${answer.status}`);
  return JSON.parse(await boundedText(answer, maxBodyBytes));
}

function verdictOf(answer: unknown, expected: string): Verdict {
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

/** The first code, if it is one: what a service writes goes into no log as it is. */
function reasonIn([first]: readonly unknown[]): string {
  return typeof first === 'string' && /^[a-z-]{1,64}$/.test(first) ? first : 'refused';
}
