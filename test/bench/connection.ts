/**
 * One kept-alive HTTP connection with the cookies of one browser: as little client as will do, since client and server
 * share the cores.
 */
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Absolute; empty when the answer does not redirect. */
  readonly next: string;
  readonly body: string;
}

export interface Call {
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: OutgoingHttpHeaders;
  /** `app`: the relying party calls, without the cookies of the browser. Default: the browser. */
  readonly by?: 'app';
  /** Anything else is an error of the benchmark: what fails is not measured. */
  readonly status: number;
}

export interface Cookie {
  readonly pair: string;
  readonly path: string;
}

export class Connection {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #cookies = new Map<string, Cookie>();

  /** The next user sits down at a clean browser. */
  forgetCookies(): void {
    this.#cookies = new Map();
  }

  /** Everything that the browser keeps, to go on from here later. */
  cookies(): ReadonlyMap<string, Cookie> {
    return new Map(this.#cookies);
  }

  useCookies(cookies: ReadonlyMap<string, Cookie>): void {
    this.#cookies = new Map(cookies);
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Rejects when the answer has another status than the call says. */
  async send(url: string, { form, headers, by, status }: Call): Promise<Answer> {
    const target = new URL(url);
    const cookie = by === 'app' ? '' : this.#cookieHeader(target.pathname);
    const body = form && new URLSearchParams(form).toString();
    const answer = await this.#exchange(target, body, { ...(cookie && { cookie }), ...headers });
    if (answer.status !== status)
      throw new Error(`${url} answered ${answer.status}, not ${status}: ${answer.body.slice(0, 500)}`);
    for (const line of answer.headers['set-cookie'] ?? []) this.#keep(line);
    return answer;
  }

  #exchange(url: URL, body: string | undefined, headers: OutgoingHttpHeaders): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        url,
        {
          agent: this.#agent,
          method: body === undefined ? 'GET' : 'POST',
          headers: {
            accept: 'text/html',
            'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36',
            ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
            ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
            ...headers,
          },
        },
        (incoming) => {
          const { statusCode: status = 0, headers: received } = incoming;
          let text = '';
          incoming.setEncoding('utf8');
          incoming.on('data', (chunk: string) => {
            text += chunk;
          });
          incoming.on('error', reject);
          incoming.on('end', () => {
            const next = received.location === undefined ? '' : new URL(received.location, url).href;
            resolve({ status, headers: received, next, body: text });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const path = attributes.find((attribute) => attribute.toLowerCase().startsWith('path='))?.slice(5) ?? '/';
    const key = `${pair.slice(0, pair.indexOf('='))} ${path}`;
    if (attributes.some((attribute) => attribute.toLowerCase().startsWith('expires=thu, 01 jan 1970')))
      this.#cookies.delete(key);
    else this.#cookies.set(key, { pair, path });
  }

  #cookieHeader(at: string): string {
    const sent = [...this.#cookies.values()].filter(
      ({ path }) => at === path || at.startsWith(path.endsWith('/') ? path : `${path}/`),
    );
    return sent.map(({ pair }) => pair).join('; ');
  }
}
