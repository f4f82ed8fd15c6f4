/** One POST to a gateway: with a time limit, without redirects, and with no more of the answer than is needed. */
import type { Seconds } from '../core/model/facts.ts';
import { TryLater } from './channel.ts';

export interface Posted {
  readonly status: number;
  /** At most the first few kilobytes. */
  readonly body: string;
  /** What `Retry-After` asks for (RFC 9110 section 10.2.3). */
  readonly retryAfter: Seconds;
}

export interface PostOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds for all of it. */
  readonly timeout?: number;
}

/** Much less than the time after which another node takes a message over. */
const defaultTimeout = 10_000;
/** Bytes of an answer that are read. */
const maxBodyBytes = 8192;

/** Rejects with `TryLater` when there was no answer: whether the other side took the message is not known then. */
export async function postOnce({ url, headers, body, timeout = defaultTimeout }: PostOptions): Promise<Posted> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'user-agent': 'stepgate', ...headers },
      body,
      // What is sent holds codes: it goes to the configured address and to no other.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
    return {
      status: response.status,
      // The status says it all: what breaks off after it changes nothing.
      body: await beginningOf(response).catch(() => ''),
      retryAfter: pauseOf(response.headers.get('retry-after')),
    };
  } catch (error) {
    throw new TryLater(`no answer: ${failureIn(error)}`);
  }
}

/** Final are answers about the message (4xx); the rest is about time (408, 429) or about the other side. */
export function isFinal(status: number): boolean {
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

/** A code such as ECONNREFUSED: the error itself may quote what was sent. */
function failureIn(error: unknown): string {
  const { name, cause } = error as { readonly name?: unknown; readonly cause?: { readonly code?: unknown } };
  return String(cause?.code ?? name ?? 'error');
}
