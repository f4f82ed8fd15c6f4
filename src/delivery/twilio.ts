/** Text messages and calls by Twilio's REST API (version 2010-04-01), or a compatible service. */

import type { Seconds } from '../core/model/facts.ts';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import { type Channel, type OutgoingMessage, TryLater } from './channel.ts';
import { isFinalRefusal, type Posted, postOnce } from './http-post.ts';

export interface TwilioOptions {
  readonly accountSid: string;
  readonly authToken: string;
  /** Sender: number, short code or name. */
  readonly from?: string;
  /** Selects the sender, instead of `from`. Text messages only. */
  readonly messagingServiceSid?: string;
  readonly baseUrl?: string;
  /** Epoch seconds. */
  now(): Seconds;
  /** Called with the reason if a message was finally refused, never with its text. */
  warn(text: string): void;
  /** Milliseconds. */
  readonly timeout?: number;
}

const twilio = 'https://api.twilio.com';
/** Responses about our account or address: another try may succeed after an administrator has fixed that. */
const retryable: ReadonlySet<number> = new Set([401, 403, 404]);

export function twilioChannel(options: TwilioOptions): Channel {
  const { accountSid, authToken, baseUrl = twilio, warn, timeout } = options;
  const credentials = Buffer.from(`${accountSid}:${authToken}`).toString('base64');
  const base = `${baseUrl.replace(/\/+$/, '')}/2010-04-01/Accounts/${encodeURIComponent(accountSid)}`;
  return {
    async send(message) {
      const isCall = message.channel === 'voice';
      const answer = await postOnce({
        url: `${base}/${isCall ? 'Calls' : 'Messages'}.json`,
        headers: {
          authorization: `Basic ${credentials}`,
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
        },
        body: new URLSearchParams(isCall ? callOf(message, options) : textOf(message, options)).toString(),
        ...omitUndefined({ timeout }),
      });
      if (answer.status >= 200 && answer.status < 300) return 'sent';
      const reason = `the gateway answered ${answer.status}${errorCodeIn(answer)}`;
      if (!isFinalRefusal(answer.status) || retryable.has(answer.status)) throw new TryLater(reason, answer.retryAfter);
      warn(`the message ${message.id} was refused: ${reason}`);
      return 'failed';
    },
  };
}

function textOf({ to, text, expires }: OutgoingMessage, { from, messagingServiceSid, now }: TwilioOptions) {
  // The carrier discards the message after this time, since the code no longer counts.
  const validity = Math.min(36_000, Math.max(1, expires - now()));
  const sender: Record<string, string> =
    messagingServiceSid === undefined ? { From: from ?? '' } : { MessagingServiceSid: messagingServiceSid };
  return { To: to, ...sender, Body: text.trim(), ValidityPeriod: String(validity) };
}

function callOf({ to, text, locale }: OutgoingMessage, { from }: TwilioOptions) {
  return { To: to, From: from ?? '', Twiml: twimlOf(text, locale) };
}

/** Each line is spoken separately, followed by a pause. */
export function twimlOf(text: string, locale: string): string {
  const { language, region } = new Intl.Locale(locale).maximize();
  const lines = text.split('\n').flatMap((line) => line.trim() || []);
  const spoken = lines.map((line) => `<Say language="${language}-${region}">${escaped(line)}</Say>`);
  return `<?xml version="1.0" encoding="UTF-8"?><Response>${spoken.join('<Pause length="1"/>')}</Response>`;
}

/** XML 1.0 allows no control characters except white space. */
function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text
    .toWellFormed()
    .replace(/\p{Cc}/gu, ' ')
    .replace(/[&<>"]/g, (sign) => entities[sign] ?? '');
}

/** The error number (https://www.twilio.com/docs/api/errors), such as 21211 for an invalid number. */
function errorCodeIn({ body }: Posted): string {
  const code = /"code"\s*:\s*(\d{1,6})\b/.exec(body)?.[1];
  return code === undefined ? '' : `, error ${code}`;
}
