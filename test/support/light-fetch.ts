/** Requests of tests: what `fetch` answers, at half of its cost, which is a tenth of what most tests cost. */
import { Agent, type IncomingMessage, request as nodeRequest } from 'node:http';

/** What is used of `fetch`. Redirects are never followed. */
export interface LightInit {
  readonly method?: string | undefined;
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  readonly body?: unknown;
  readonly signal?: AbortSignal | null | undefined;
}

const connections = new Agent({ keepAlive: true });

/** As `fetch` sends them. */
const usualHeaders = { accept: '*/*', 'accept-language': '*', 'sec-fetch-mode': 'cors', 'user-agent': 'node' };

/** An answer with one of these has no body (RFC 9110 sections 15.3.5 and 15.4.5). */
const statusWithoutBody: readonly number[] = [204, 304];

/**
 * One HTTP request, redirects not followed. `body`: text, bytes or form fields.
 *
 * Rejects as `fetch` does: with the reason of the signal, or with a `TypeError` whose cause says what broke.
 */
export async function lightFetch(url: string, init: LightInit = {}): Promise<Response> {
  const { method = 'GET', body, signal } = init;
  const headers = { ...usualHeaders, ...Object.fromEntries(new Headers(init.headers)), ...typeOf(body) };
  const bytes = body === undefined || body === null || ArrayBuffer.isView(body) ? body : String(body);
  try {
    return await new Promise((resolve, reject) => {
      const sent = nodeRequest(url, { method, headers, agent: connections, ...(signal ? { signal } : {}) });
      sent.once('error', reject);
      sent.once('response', (answer) => responseOf(answer).then(resolve, reject));
      sent.end(bytes);
    });
  } catch (cause) {
    throw signal?.aborted ? signal.reason : new TypeError('fetch failed', { cause });
  }
}

function typeOf(body: unknown): Readonly<Record<string, string>> {
  return body instanceof URLSearchParams ? { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' } : {};
}

async function responseOf(answer: IncomingMessage): Promise<Response> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  const headers = new Headers();
  const { rawHeaders, statusCode: status = 0 } = answer;
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  return new Response(statusWithoutBody.includes(status) ? null : Buffer.concat(chunks), { status, headers });
}
