/** A browser without a screen: cookies by origin and path, redirects, and forms (docs/form-contract.md). */
import { type LightHeaders, type LightResponse, lightFetch } from '../clients/light-fetch.ts';

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
  readonly attributes: string;
}

export interface Form {
  readonly step: string;
  readonly authenticator: string;
  readonly action: string;
  /** Names and values of all inputs. An optional box is there only if it is ticked. */
  readonly fields: Readonly<Record<string, string>>;
  /** Names of the boxes that are optional. */
  readonly boxes: readonly string[];
}

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: LightHeaders;
  readonly html: string;
  readonly forms: readonly Form[];
  /** Codes of the messages on the page. */
  readonly messages: readonly string[];
  /** `data-secret`, without spaces. */
  readonly secret?: string;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#34': '"' };

function decode(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39|#34);/g, (_, name: string) => entities[name] ?? '');
}

const patterns = new Map<string, RegExp>();

function attribute(tag: string, name: string): string | undefined {
  const pattern = patterns.get(name) ?? new RegExp(`\\s${name.replaceAll('.', '\\.')}="([^"]*)"`);
  patterns.set(name, pattern);
  const found = pattern.exec(tag);
  return found ? decode(found[1] ?? '') : undefined;
}

export function formsOf(html: string): readonly Form[] {
  // The switch of languages stands on every page and belongs to no step.
  const content = html.replace(/<form method="post" action="\/language">[\s\S]*?<\/form>/, '');
  return [...content.matchAll(/<form\b[^>]*>([\s\S]*?)<\/form>/g)].map(([whole, inner = '']) => {
    const tag = /<form\b[^>]*>/.exec(whole)?.[0] ?? '';
    const all = [...inner.matchAll(/<(?:input|button)\b[^>]*>/g)].map(([input]) => input);
    const isBox = (input: string) => /\stype="checkbox"/.test(input) && !/\srequired\b/.test(input);
    const sent = all.filter((input) => !isBox(input) || /\schecked\b/.test(input));
    const inputs = sent.flatMap((input) => {
      const name = attribute(input, 'name');
      return name === undefined ? [] : [[name, attribute(input, 'value') ?? ''] as const];
    });
    return {
      step: attribute(tag, 'data-step') ?? '',
      authenticator: attribute(tag, 'data-authenticator') ?? '',
      action: attribute(tag, 'action') ?? '',
      fields: Object.fromEntries(inputs),
      boxes: all.filter(isBox).flatMap((input) => attribute(input, 'name') ?? []),
    };
  });
}

function secretIn(html: string): string | undefined {
  // Looked for first, because few pages have one and the expression tries each element.
  if (!html.includes('data-secret')) return undefined;
  return /<(\w+)[^>]*\sdata-secret[^>]*>([\s\S]*?)<\/\1>/.exec(html)?.[2]?.replace(/<[^>]*>|\s/g, '');
}

export class UserAgent {
  #cookies = new Map<string, Cookie[]>();
  readonly #headers: Readonly<Record<string, string>>;
  /** Requests to these origins go elsewhere: several nodes behind one issuer. */
  readonly #routes: Readonly<Record<string, string>>;

  constructor(
    options: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly routes?: Readonly<Record<string, string>>;
    } = {},
  ) {
    this.#headers = options.headers ?? {};
    this.#routes = options.routes ?? {};
  }

  /** The same browser with the same cookies, talking to another node. */
  via(routes: Readonly<Record<string, string>>): UserAgent {
    const other = new UserAgent({ headers: this.#headers, routes });
    other.#cookies = this.#cookies;
    return other;
  }

  /** Another browser that has the cookies of this one as they are now. */
  copy(): UserAgent {
    const other = new UserAgent({ headers: this.#headers, routes: this.#routes });
    other.#cookies = new Map(this.#cookies);
    return other;
  }

  cookies(url: string): readonly Cookie[] {
    return this.#cookies.get(new URL(url).hostname) ?? [];
  }

  setCookie(url: string, line: string): void {
    const { hostname, pathname } = new URL(url);
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const [name = '', ...rest] = pair.split('=');
    const path = attributes.find((part) => part.toLowerCase().startsWith('path='))?.slice(5) ?? pathname;
    const others = (this.#cookies.get(hostname) ?? []).filter(
      (cookie) => !(cookie.name === name && cookie.path === path),
    );
    const expired = attributes.some((part) => /^expires=thu, 01 jan 1970/i.test(part));
    if (!expired) others.push({ name, value: rest.join('='), path, attributes: attributes.join('; ') });
    this.#cookies.set(hostname, others);
  }

  #cookieHeader(url: URL): string {
    const matching = (this.#cookies.get(url.hostname) ?? []).filter(
      ({ path }) => url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`),
    );
    return matching.map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  /** Where requests to this origin go. */
  protected routeOf(origin: string): string {
    return this.#routes[origin] ?? origin;
  }

  /** One request, redirects not followed. */
  async send(url: string, init: RequestInit = {}): Promise<LightResponse> {
    const target = new URL(url);
    const cookie = this.#cookieHeader(target);
    const headers = {
      accept: 'text/html',
      ...this.#headers,
      ...(cookie ? { cookie } : {}),
      ...(init.headers as Record<string, string>),
    };
    const origin = this.routeOf(target.origin);
    const response = await lightFetch(`${origin}${target.pathname}${target.search}`, { ...init, headers });
    for (const line of response.headers.getSetCookie()) this.setCookie(url, line);
    return response;
  }

  /**
   * Follows redirects until a page, or until the browser would leave to `stopAt`; then the page is empty and `url` says
   * where. Default: the apps of tests are at 127.0.0.1, where no server listens, and nodes at localhost.
   */
  async open(url: string, init: RequestInit = {}, stopAt = 'http://127.0.0.1'): Promise<Page> {
    let at = url;
    let response = await this.send(at, init);
    for (let hops = 0; hops < 10 && response.headers.has('location'); hops += 1) {
      at = new URL(response.headers.get('location') ?? '', at).href;
      await response.arrayBuffer();
      if (at.startsWith(stopAt))
        return { url: at, status: response.status, headers: response.headers, html: '', forms: [], messages: [] };
      response = await this.send(at);
    }
    const html = await response.text();
    const secret = secretIn(html);
    return {
      url: at,
      status: response.status,
      headers: response.headers,
      html,
      forms: formsOf(html),
      messages: [...html.matchAll(/data-message="([^"]+)"/g)].map(([, code = '']) => code),
      ...(secret ? { secret } : {}),
    };
  }

  /** Posts a form with other values for some of its fields. */
  async submit(page: Page, form: Form | undefined, fields: Readonly<Record<string, string>> = {}): Promise<Page> {
    if (!form)
      throw new Error(
        `no such form on ${page.url}: ${page.forms.map(({ step }) => step).join(', ')}\n${page.html.slice(0, 2000)}`,
      );
    const body = new URLSearchParams({ ...form.fields, ...fields });
    const action = new URL(form.action, page.url).href;
    return this.open(action, { method: 'POST', body, headers: { origin: new URL(page.url).origin } });
  }
}

/** The page without the seconds that the sign-in is still there for: two pages are never made at the same moment. */
export function withoutTimeLeft(html: string): string {
  return html.replaceAll(/data-ends-in="\d+"/g, 'data-ends-in');
}

/**
 * The page without what is drawn: long random values, and the port of the node. That a page does not show some digits
 * is looked for here, because they may be in a random value by chance.
 */
export function withoutDraws({ html, url }: Page): string {
  const { port } = new URL(url);
  return withoutTimeLeft(html)
    .replaceAll(/[\w-]{20,}/g, '')
    .replaceAll(new RegExp(`:${port}\\b`, 'g'), '');
}

/** The main form of a step page: the first one with the step that the page is about. */
export function mainForm(page: Page): Form | undefined {
  return page.forms.find(({ step }) =>
    ['identify', 'challenge', 'enroll', 'select', 'profile', 'recover', 'consent', 'select-account'].includes(step),
  );
}
