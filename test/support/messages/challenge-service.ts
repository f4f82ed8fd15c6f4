/** A challenge service on this machine: it answers `siteverify`, and serves a script that fills in a response. */
import { type OpenServer, openServer } from '../servers/http-server.ts';

/** What the service does with the next responses; `honest`: takes each one that it gave out, once. */
export type Behaviour = 'honest' | 'silent' | 'broken' | 'nonsense' | 'foreign' | 'misconfigured' | 'sends elsewhere';

export interface ChallengeService {
  readonly origin: string;
  /** Bodies that `siteverify` was sent. */
  readonly asked: URLSearchParams[];
  behaviour: Behaviour;
  /** A response that was not used yet. */
  response(): string;
  close: OpenServer['close'];
}

/** The widgets of the real services do the same: find their place by its class, and add an input. */
const script = `
const place = document.querySelector('.g-recaptcha');
const input = document.createElement('input');
Object.assign(input, { type: 'hidden', name: 'g-recaptcha-response' });
const frame = document.createElement('iframe');
frame.title = 'Challenge';
frame.src = new URL('/frame', document.currentScript.src);
const { origin } = new URL(frame.src);
place.append(frame, input);
fetch(origin + '/response?key=' + place.dataset.sitekey).then(async (given) => {
  input.value = await given.text();
  place.dataset.ready = 'yes';
});
`;

export const siteSecret = 'secret-of-the-site';

export async function openChallengeService(): Promise<ChallengeService> {
  const fresh = new Set<string>();
  let count = 0;
  const asked: URLSearchParams[] = [];
  const response = (): string => {
    count += 1;
    fresh.add(`response-${count}`);
    return `response-${count}`;
  };
  const resultOf = (form: URLSearchParams): object => {
    const hostname = service.behaviour === 'foreign' ? 'elsewhere.test' : 'localhost';
    if (service.behaviour === 'misconfigured' || form.get('secret') !== siteSecret)
      return { success: false, 'error-codes': ['invalid-input-secret'] };
    if (fresh.delete(form.get('response') ?? '')) return { success: true, hostname, challenge_ts: '2026-11-25' };
    return { success: false, 'error-codes': ['timeout-or-duplicate'] };
  };
  const { port, close } = await openServer(async (req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://service.test');
    res.setHeader('access-control-allow-origin', '*');
    if (pathname === '/api.js') return void res.setHeader('content-type', 'text/javascript').end(script);
    if (pathname === '/frame') return void res.setHeader('content-type', 'text/html').end('<p>Challenge</p>');
    if (pathname === '/response') return void res.end(response());
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    asked.push(form);
    switch (service.behaviour) {
      case 'silent':
        return;
      case 'broken':
        return void res.writeHead(500).end('{"success":true}');
      case 'nonsense':
        return void res.end('<p>Maintenance</p>');
      case 'sends elsewhere':
        return void res.writeHead(307, { location: '/elsewhere' }).end();
      default:
        return void res.setHeader('content-type', 'application/json').end(JSON.stringify(resultOf(form)));
    }
  });
  const service: ChallengeService = {
    origin: `http://127.0.0.1:${port}`,
    asked,
    behaviour: 'honest',
    response,
    close,
  };
  return service;
}

/** The section of the settings. */
export const serviceSettings = ({ origin }: Pick<ChallengeService, 'origin'>, more: object = {}): object => ({
  script: `${origin}/api.js`,
  verify: `${origin}/siteverify`,
  siteKey: 'site-key',
  secretEnv: 'CHALLENGE_SECRET',
  // The longest that may be set: the machine may do other things.
  timeout: 'PT10S',
  ...more,
});
