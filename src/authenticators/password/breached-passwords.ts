/**
 * Asks a service whether a password is known from breaches, by k-anonymity: the service learns the first five of the
 * forty digits of a hash, and returns all hashes with that beginning. If the service does not answer, no password is
 * refused (decision 27).
 */

import { createHash } from 'node:crypto';
import type { Seconds } from '../../core/model/facts.ts';
import { boundedText, failureCode } from '../shared/service-answer.ts';

export interface BreachedPasswords {
  /** The prefix is appended. */
  readonly url: string;
  /** For the complete response. */
  readonly timeout: Seconds;
}

/** The most bytes of a response to read: a prefix has about a thousand entries, including padding. */
const maxBodyBytes = 262_144;

/**
 * Whether the service knows the password. False if it does not answer in time or as expected; then `warn` is called,
 * without any information about the password.
 */
export async function isBreached(
  text: string,
  { url, timeout }: BreachedPasswords,
  warn: (message: string) => void,
): Promise<boolean> {
  const digest = createHash('sha1').update(text.normalize('NFC')).digest('hex').toUpperCase();
  try {
    const response = await fetch(`${url.replace(/\/$/, '')}/${digest.slice(0, 5)}`, {
      headers: { 'user-agent': 'stepgate', 'add-padding': 'true' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeout * 1000),
    });
    if (response.status !== 200) throw new Error(`status ${response.status}`);
    return hasSuffix(await boundedText(response, maxBodyBytes), digest.slice(5));
  } catch (error) {
    warn(`breached passwords could not be checked: ${failureCode(error)}`);
    return false;
  }
}

/** Lines of the form `<35 digits>:<count>`. Padding has the count 0. */
function hasSuffix(body: string, suffix: string): boolean {
  return body.split(/\r?\n/).some((line) => {
    const [digits = '', count = ''] = line.split(':');
    return digits.toUpperCase() === suffix && Number(count) > 0;
  });
}
