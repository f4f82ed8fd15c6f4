/** A gateway for text messages on a free port: it answers as configured, and keeps what it got. */
import type { IncomingHttpHeaders } from 'node:http';
import { openServer } from '../servers/http-server.ts';

export interface Posted {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface GatewayAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Gateway {
  readonly url: string;
  readonly received: readonly Posted[];
  stop(): Promise<void>;
}

/**
 * `answer` of the nth request (from 1); `never`: takes it and says nothing; `endless`: an answer whose body does not
 * end.
 */
export async function startGateway(
  answer: (attempt: number) => GatewayAnswer | 'never' | 'endless' = () => ({ status: 200 }),
): Promise<Gateway> {
  const received: Posted[] = [];
  const { port, close } = await openServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += String(chunk);
    received.push({ path: req.url ?? '', headers: req.headers, body });
    const answered = answer(received.length);
    if (answered === 'never') return;
    if (answered === 'endless') {
      res.writeHead(201);
      const pour = (): void => {
        while (res.write('x'.repeat(65_536)));
        res.once('drain', pour);
      };
      pour();
      return;
    }
    res.writeHead(answered.status, answered.headers).end(answered.body);
  });
  return { url: `http://127.0.0.1:${port}`, received, stop: close };
}
