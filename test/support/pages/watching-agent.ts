/** What a stranger sees from outside, for comparing users with identifiers that no user has. */
import type { LightResponse } from '../clients/light-fetch.ts';
import { type Page, UserAgent, withoutTimeLeft } from './user-agent.ts';

/** A browser that keeps what each answer looks like from outside. */
export class WatchingAgent extends UserAgent {
  readonly seen: unknown[] = [];

  override async send(url: string, init: RequestInit = {}): Promise<LightResponse> {
    const response = await super.send(url, init);
    const headers = [...response.headers.keys()].filter((name) => name !== 'content-length');
    const cookies = response.headers.getSetCookie().map((line) =>
      line
        .replace(/=[^;]*/, '=')
        .replace(/expires=[^;]*/, '')
        .replace(/[\w-]{30,}/g, 'ID'),
    );
    const location = response.headers.get('location')?.replace(/[\w-]{20,}/g, 'id');
    this.seen.push({ status: response.status, headers: [...new Set(headers)], cookies, location });
    return response;
  }
}

/** The page without what must differ. */
export function skeleton({ html }: Page, identifier: string): string {
  return (
    withoutTimeLeft(html)
      .replaceAll(identifier.trim(), 'IDENTIFIER')
      .replace(/\/signin\/[\w-]+/g, '/signin/ID')
      .replace(/name="stateHandle" value="[^"]*"/g, 'name="stateHandle"')
      .replace(/challenge&#34;:&#34;[\w-]{43}/g, 'challenge')
      // How many keys a user has, and of which make, differs among real users, and among unknown ones.
      .replace(/allowCredentials&#34;:\[[^\]]*(\][^\]]*)*?\],/g, 'allowCredentials')
      .replace(/\b\d+ (second|minute)s?\b/g, 'N $1')
  );
}
