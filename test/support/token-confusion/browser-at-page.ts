/** A browser at a page: what it shows, and how it goes on. */

import { redirectUri } from '../clients/relying-party.ts';
import { answerStep, currentStep } from '../clients/sign-in-flow.ts';
import type { Page, UserAgent } from '../pages/user-agent.ts';
import type { TestNode } from '../servers/node.ts';

export type Fields = Readonly<Record<string, string>>;

/** A browser at a page. */
export interface BrowserAtPage {
  readonly agent: UserAgent;
  readonly page: Page;
}

/** Which step the page is about, and its messages. */
export function seen(page: Page): string {
  return [...new Set([currentStep(page), ...page.messages])].join(' ');
}

/**
 * Pages that refused the last value, by their address. A user tries again on such a page, and so do the inputs: most
 * values are refused, and to load each page anew would be a third of all requests.
 */
export type RefusedPages = Map<string, Page>;

export interface PageAddress {
  readonly agent: UserAgent;
  readonly url: string;
  readonly refused: RefusedPages;
}

/**
 * Puts something into the page at this address with `answer`. The page that comes back is kept for the next value when
 * it is the same page, about the same step.
 */
export async function tryAt(
  { agent, url, refused }: PageAddress,
  answer: (page: Page) => Promise<Page | undefined>,
): Promise<Page> {
  const page = refused.get(url) ?? (await agent.open(url, {}, redirectUri));
  refused.delete(url);
  const next = await answer(page);
  const isSame = next?.url === page.url && currentStep(next) === currentStep(page);
  if (next && next.forms.length > 0 && isSame) refused.set(url, next);
  return next ?? page;
}

/** Answers the page as it is now. */
export async function answered(at: PageAddress, fields: Fields): Promise<string> {
  return seen(
    await tryAt(at, async (page) => (page.forms.length === 0 ? undefined : answerStep(at.agent, page, fields))),
  );
}

export function get(agent: UserAgent, { issuer }: TestNode, path: string): Promise<Page> {
  return agent.open(`${issuer}${path}`, {}, redirectUri);
}
