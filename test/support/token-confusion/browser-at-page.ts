/** A browser at a page: what it shows, and how it goes on. */
import type { TestNode } from '../node.ts';
import { redirectUri } from '../relying-party.ts';
import { answerStep, currentStep } from '../sign-in-flow.ts';
import type { Page, UserAgent } from '../user-agent.ts';

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

/** Answers the page as it is now. */
export async function answered(agent: UserAgent, url: string, fields: Fields): Promise<string> {
  const page = await agent.open(url, {}, redirectUri);
  return page.forms.length === 0 ? seen(page) : seen(await answerStep(agent, page, fields));
}

export function get(agent: UserAgent, { issuer }: TestNode, path: string): Promise<Page> {
  return agent.open(`${issuer}${path}`, {}, redirectUri);
}
