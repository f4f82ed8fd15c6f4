/** The demo's mailbox and phone. It stores messages where every user of the demo can read them. */
import { omitUndefined } from '../core/model/omit-undefined.ts';
import { keyTable } from '../stores/key-table.ts';
import { demoInboxKey } from '../stores/keys.ts';
import type { Store } from '../stores/store.ts';
import type { Channel, OutgoingMessage } from './channel.ts';

/** The content of the inbox. */
export interface InboxMessage extends Pick<OutgoingMessage, 'channel' | 'to' | 'subject' | 'text' | 'html'> {
  /** ISO 8601. */
  readonly at: string;
}

/** How many of the newest messages are kept. */
const keep = keyTable['demo-inbox'].lifetime.lines;

export function inboxChannel(store: Store): Channel {
  return {
    async send({ channel, to, subject, text, html }) {
      const message: InboxMessage = {
        channel,
        to,
        ...omitUndefined({ subject }),
        text,
        ...omitUndefined({ html }),
        at: new Date().toISOString(),
      };
      await store.commit([{ op: 'append', key: demoInboxKey, value: JSON.stringify(message), keep }]);
      return 'sent';
    },
  };
}

function parseInboxMessage(value: string): InboxMessage {
  return JSON.parse(value) as InboxMessage;
}

/** Newest first. */
export async function readInbox(store: Store): Promise<readonly InboxMessage[]> {
  // The store may keep somewhat more lines, so all are read to include the newest.
  const messages: InboxMessage[] = [];
  let cursor: string | undefined;
  for (;;) {
    const lines = await store.tail(demoInboxKey, cursor, keep);
    messages.push(...lines.map(({ value }) => parseInboxMessage(value)));
    cursor = lines.at(-1)?.cursor;
    if (lines.length < keep) return messages.reverse().slice(0, keep);
  }
}
