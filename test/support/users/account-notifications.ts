/** What users are notified of about their account: read from the outbox of a node that sends nothing. */
import type { Delivery } from '../../../src/authenticators/authenticator.ts';
import type { About } from '../../../src/delivery/outbox.ts';
import { outboxKey, outboxMessageKey } from '../../../src/stores/keys.ts';
import type { Store } from '../../../src/stores/store.ts';

export interface WaitingMessage {
  readonly id: string;
  readonly delivery: Delivery;
  readonly about: About;
}

/** All messages that wait, in no particular order. */
export async function outboxOf({ store }: { readonly store: Store }): Promise<readonly WaitingMessage[]> {
  const messages: WaitingMessage[] = [];
  for await (const ids of store.members(outboxKey)) {
    const { entries } = await store.load(ids.map(outboxMessageKey));
    for (const id of ids) {
      const text = entries.get(outboxMessageKey(id))?.value;
      if (text !== undefined) messages.push({ ...(JSON.parse(text) as Omit<WaitingMessage, 'id'>), id });
    }
  }
  return messages.filter(({ delivery }) => delivery !== undefined);
}

/** Messages to this address that notify of a change. */
export async function notificationsFor(
  node: { readonly store: Store },
  to: string,
): Promise<readonly WaitingMessage[]> {
  const all = await outboxOf(node);
  return all.filter(({ delivery }) => delivery.to === to && delivery.template === 'account-changed');
}

/** The changes that this address was notified of, sorted. */
export async function notifiedEvents(node: { readonly store: Store }, to: string): Promise<readonly string[]> {
  return (await notificationsFor(node, to)).map(({ delivery }) => String(delivery.params.event)).sort();
}

/** The newest code that was sent there to confirm the address. */
export async function addressCode(node: { readonly store: Store }, to: string): Promise<string> {
  const codes = (await outboxOf(node)).filter(({ delivery }) => delivery.to === to && delivery.template === 'address');
  if (codes.length !== 1) throw new Error(`${codes.length} codes were sent to ${to}`);
  return String(codes[0]?.delivery.params.code);
}
