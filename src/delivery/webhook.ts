/**
 * Text messages and calls by a webhook, signed according to Standard Webhooks 1.0.0 (https://www.standardwebhooks.com).
 * The gateway checks the signature, and uses the id to drop repetitions.
 */

import { createHmac } from 'node:crypto';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import { type Channel, type OutgoingMessage, TryLater } from './channel.ts';
import { isFinalRefusal, postOnce } from './http-post.ts';

export interface WebhookOptions {
  readonly url: string;
  /** `whsec_` and the key in Base64. Several keys, separated by white space, all sign. */
  readonly secret: string;
  /** Called with the reason if a message was finally refused, never with its text. */
  warn(text: string): void;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** Standard Webhooks requires 24 to 64 bytes. */
const shortestKey = 24;
const longestKey = 64;

/** Throws if a secret is invalid. */
export function webhookChannel({ url, secret, warn, timeout }: WebhookOptions): Channel {
  const keys = signingKeysIn(secret);
  return {
    async send(message) {
      const body = JSON.stringify(payloadOf(message));
      const answer = await postOnce({
        url,
        headers: { 'content-type': 'application/json', ...signatureOf(message.id, body, keys) },
        body,
        ...omitUndefined({ timeout }),
      });
      if (answer.status >= 200 && answer.status < 300) return 'sent';
      const reason = `the webhook answered ${answer.status}`;
      if (!isFinalRefusal(answer.status)) throw new TryLater(reason, answer.retryAfter);
      warn(`the message ${message.id} was refused: ${reason}`);
      return 'failed';
    },
  };
}

function payloadOf({ channel, to, text, locale, brand, expires }: OutgoingMessage) {
  return { type: channel, to, text, locale, brand, expires: new Date(expires * 1000).toISOString() };
}

function signatureOf(id: string, body: string, keys: readonly Buffer[]): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const sign = (key: Buffer): string =>
    `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': keys.map(sign).join(' ') };
}

function signingKeysIn(secret: string): readonly Buffer[] {
  const keys = secret
    .split(/\s+/)
    .filter((part) => part !== '')
    .map((part) => Buffer.from(/^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(part)?.[1] ?? '', 'base64'));
  if (keys.length === 0 || keys.some(({ length }) => length < shortestKey || length > longestKey))
    throw new Error(`the secret of a webhook must be whsec_ and ${shortestKey} to ${longestKey} bytes in Base64`);
  return keys;
}
