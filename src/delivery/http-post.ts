/**
 * A single POST to a gateway, with a time limit, without redirects, and reading no more of the response than needed.
 */
import type { Seconds } from '../core/model/facts.ts';
import { TryLater } from './channel.ts';

export interface Posted {
  readonly status: number;
  /** At most the first few kilobytes. */
  readonly body: string;
  /** The value of `Retry-After` (RFC 9110 section 10.2.3). */
  readonly retryAfter: Seconds;
}

export interface PostOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Time limit for the whole exchange (milliseconds). */
  readonly timeout?: number;
}

/** Much less than the time after which another node takes over a message. */
const defaultTimeout = 10_000;
/** The most bytes of a response to read. */
const maxBodyBytes = 8192;

/** Rejects with `TryLater` if there was no response. It is then unknown whether the other side accepted the message. */
export async function postOnce({ url, headers, body, timeout = defaultTimeout }: PostOptions): Promise<Posted> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'user-agent': 'stepgate', ...headers },
      body,
      // The body contains codes, so it must go to the configured address and nowhere else.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
    return {
      status: response.status,
      // The status is enough: an error after it changes nothing.
      body: await beginningOf(response).catch(() => ''),
      retryAfter: pauseOf(response.headers.get('retry-after')),
    };
  } catch (error) {
    throw new TryLater(`no answer: ${failureIn(error)}`);
  }
}

/** Errors about the message (4xx) are final. The others concern time (408, 425, 429) or the other side. */
export function isFinalRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429;
}

async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop closes the connection.
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= maxBodyBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBodyBytes).toString('utf8');
}

function pauseOf(header: string | null): Seconds {
  if (header === null) return 0;
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : Math.ceil((Date.parse(header) - Date.now()) / 1000);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
}

/** A code such as ECONNREFUSED, because the error itself may quote what was sent. */
function failureIn(error: unknown): string {
  const { name, cause } = error as { readonly name?: unknown; readonly cause?: { readonly code?: unknown } };
  return String(cause?.code ?? name ?? 'error');
}
