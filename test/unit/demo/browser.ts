interface Cookie {
  readonly value: string;
  readonly path: string;
}

export interface Answer {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Browser {
  get(url: string, headers?: Record<string, string>): Promise<Answer>;
  post(url: string, form?: Record<string, string>, headers?: Record<string, string>): Promise<Answer>;
}

/** Follows redirects and keeps cookies as a browser does on one host: by name and path, shared between ports. */
export function createBrowser(): Browser {
  const jar = new Map<string, Cookie>();

  const cookiesFor = (path: string) =>
    [...jar]
      .filter(([, cookie]) => path === cookie.path || path.startsWith(cookie.path.replace(/\/?$/, '/')))
      .map(([key, cookie]) => `${key.split(';')[0]}=${cookie.value}`)
      .join('; ');

  async function visit(url: string, init: RequestInit, redirects = 0): Promise<Answer> {
    if (redirects > 20) throw new Error(`too many redirects, the last one to ${url}`);
    const headers = new Headers(init.headers);
    headers.set('cookie', cookiesFor(new URL(url).pathname));
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) store(jar, line);
    const location = response.headers.get('location');
    if (location !== null) return visit(new URL(location, url).href, {}, redirects + 1);
    return { url, status: response.status, headers: response.headers, text: await response.text() };
  }

  return {
    get: (url, headers = {}) => visit(url, { headers }),
    post: (url, form = {}, headers = {}) => visit(url, { method: 'POST', body: new URLSearchParams(form), headers }),
  };
}

function store(jar: Map<string, Cookie>, line: string): void {
  const [pair = '', ...attributes] = line.split(/;\s*/);
  const name = pair.slice(0, pair.indexOf('='));
  const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/';
  const value = pair.slice(name.length + 1);
  if (value === '') jar.delete(`${name};${path}`);
  else jar.set(`${name};${path}`, { value, path });
}
