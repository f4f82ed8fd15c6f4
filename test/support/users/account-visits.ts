/** Pieces of visits to `/account`. */

import { nextCode, type TestUser } from '../clients/relying-party.ts';
import { identify } from '../clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../pages/user-agent.ts';
import type { TestNode } from '../servers/node.ts';

export interface Visit {
  readonly agent: UserAgent;
  readonly page: Page;
}

/** Answers steps until a page of the account comes, or a step that it cannot answer. */
export async function reach(agent: UserAgent, start: Page, user: TestUser): Promise<Page> {
  let page = start;
  for (let steps = 0; steps < 6 && page.url.includes('/signin/'); steps += 1) {
    const form = mainForm(page);
    if (form?.step === 'identify') page = await identify(agent, page, user);
    else if (form?.step === 'enroll' && page.secret) {
      user.totp = page.secret;
      page = await agent.submit(page, form, { 'credentials.passcode': await nextCode(user) });
    } else if (form?.authenticator === 'totp')
      page = await agent.submit(page, form, { 'credentials.passcode': await nextCode(user) });
    else if (form?.authenticator === 'password')
      page = await agent.submit(page, form, { 'credentials.passcode': user.password });
    else return page;
  }
  return page;
}

export async function visit(
  { issuer }: Pick<TestNode, 'issuer'>,
  user: TestUser,
  {
    path = '/account',
    agent = new UserAgent(),
  }: { readonly path?: string; readonly agent?: UserAgent | undefined } = {},
): Promise<Visit> {
  const page = await agent.open(`${issuer}${path}`);
  return { agent, page: await reach(agent, page, user) };
}

/** The first link on the page that fits, as an absolute address. */
export function linkTo(page: Page, pattern: RegExp): string {
  const found = [...page.html.matchAll(/href="([^"]+)"/g)]
    .map(([, href = '']) => href)
    .find((href) => pattern.test(href));
  if (found === undefined) throw new Error(`no link ${pattern} on ${page.url}\n${page.html}`);
  return new URL(found, page.url).href;
}

/** Gives the user a verified address, and returns it. */
export async function withEmail({ app }: TestNode, { id, identifier }: { id: string; identifier: string }) {
  await app.directory.update(id, ({ profile }) => ({
    profile: { ...profile, email: identifier, emailVerified: true },
  }));
  return identifier;
}
