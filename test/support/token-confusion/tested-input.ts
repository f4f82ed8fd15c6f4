/** A place that takes a text, and how it answers. */
import type { TestNode } from '../node.ts';
import { redirectUri } from '../relying-party.ts';
import { answerStep, currentStep } from '../sign-in-flow.ts';
import type { Page, UserAgent } from '../user-agent.ts';
import type { World } from './flows-in-progress.ts';
import type { Values } from './handed-out-values.ts';

export type Fields = Readonly<Record<string, string>>;

/** A browser at a page. */
export interface At {
  readonly agent: UserAgent;
  readonly page: Page;
}

export interface Place {
  readonly name: string;
  /** Names of the values that belong here. The first one is put here in the end. */
  readonly takes: readonly [string, ...string[]];
  /** How it answers that one. */
  readonly taken: string;
  /** Whether it takes the same value again. */
  readonly counts: 'once' | 'always';
  /** How it answers what does not belong here. */
  readonly refusals: readonly string[];
  /** Audit lines that reaching this place leaves, for any value. */
  readonly onTheWay?: readonly string[];
  /** Puts the text here. Says in a few words what came back. */
  submit(world: World, value: string, values: Values): Promise<string>;
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
