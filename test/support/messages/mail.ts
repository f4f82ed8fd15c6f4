/** Users who get mail, and what they got. */

import { emailCredential } from '../../../src/authenticators/email/email.ts';
import type { InboxMessage } from '../../../src/delivery/inbox.ts';
import { attemptCounter, outboxKey } from '../../../src/stores/keys.ts';
import { lightFetch } from '../clients/light-fetch.ts';
import { signOnPolicy } from '../clients/sign-in-flow.ts';
import type { TestNode } from '../servers/node.ts';
import { randomName } from '../values/random-name.ts';
import { until } from '../values/until.ts';

export interface Reader {
  readonly id: string;
  readonly identifier: string;
  readonly address: string;
}

/** Files of a configuration whose app `notes` asks for a code by mail and nothing else. */
export const passwordless = signOnPolicy('notes', {
  then: { allow: { factors: 1, possession: { authenticators: ['email'] } } },
});

/** A new user whose only authenticator is their mailbox. */
export async function reader(
  { app }: TestNode,
  profile: Readonly<Record<string, string>> = {},
  name = randomName(),
): Promise<Reader> {
  const address = `${name}@demo.test`;
  const created = await app.directory.create({
    identifiers: [address],
    profile: { email: address, emailVerified: true, ...profile },
    groups: ['staff'],
    credentials: [emailCredential(address)],
  });
  if (!created.ok) throw new Error(created.code);
  return { id: created.user.id, identifier: address, address };
}

/** What the inbox shows now; more may still arrive. */
export async function inboxOf(
  { origin }: Pick<TestNode, 'origin'>,
  address?: string,
): Promise<readonly InboxMessage[]> {
  const response = await lightFetch(`${origin}/demo/inbox.json`);
  const all = (await response.json()) as readonly InboxMessage[];
  return address === undefined ? all : all.filter(({ to }) => to === address);
}

/** All that was sent so far: waits until no message is left to send. Without an address: to all. */
export async function allMailTo(
  node: Pick<TestNode, 'origin' | 'store'>,
  address?: string,
): Promise<readonly InboxMessage[]> {
  await until('an empty outbox', async () => {
    for await (const ids of node.store.members(outboxKey)) if (ids.length > 0) return false;
    return true;
  });
  return inboxOf(node, address);
}

/** Codes and magic links that were sent so far; no notifications of changes to the account. */
export async function codesTo(
  node: Pick<TestNode, 'origin' | 'store'>,
  address: string,
): Promise<readonly InboxMessage[]> {
  return (await allMailTo(node, address)).filter((message) => codeIn(message) !== '');
}

/** The newest message to an address, once there are `count`. */
export async function mailTo(node: Pick<TestNode, 'origin'>, address: string, count = 1): Promise<InboxMessage> {
  let messages: readonly InboxMessage[] = [];
  await until(`message ${count} to ${address}`, async () => {
    messages = await inboxOf(node, address);
    return messages.length >= count;
  });
  return messages[0] as InboxMessage;
}

export function codeIn({ text }: Pick<InboxMessage, 'text'>): string {
  return /^ {4}(\d{6})$/m.exec(text)?.[1] ?? '';
}

export function linkIn({ text }: Pick<InboxMessage, 'text'>): string {
  return /^https?:\S+\/link\?t=\S+$/m.exec(text)?.[0] ?? '';
}

/** Six digits that are none of these codes, of which there are at most eight. */
export function otherThan(...codes: readonly string[]): string {
  return ['111111', '222222', '333333', '444444', '555555', '666666', '777777', '888888', '999999'].find(
    (digits) => !codes.includes(digits),
  ) as string;
}

/** Shows up in a text where this value stands by itself: six digits may be part of a longer number by chance. */
export function byItself(value: string): RegExp {
  return new RegExp(`(?<![\\w+-])${value}(?![\\w-])`);
}

/** The next message may go out at once, whether the account has used the browser or not: no test waits. */
export async function maySendAgain(
  { store }: Pick<TestNode, 'store'>,
  id: string,
  authenticator: 'email' | 'phone' = 'email',
): Promise<void> {
  const counters = [`${authenticator}.send`, `${authenticator}.send.used`].map((name) => attemptCounter(id, name));
  await store.commit(counters.map((counter) => ({ op: 'reset', counter })));
}
