/** The ways out. Each is one file beside this one; `channels.ts` puts them together from the settings. */
import type { Delivery } from '../authenticators/authenticator.ts';

export type ChannelKind = Delivery['channel'];

/** A message in words. */
export interface OutgoingMessage {
  /** Stays the same over all tries, so that the receiving side can tell a repetition. */
  readonly id: string;
  readonly channel: ChannelKind;
  /** Address, or E.164 number. */
  readonly to: string;
  /** Email only. */
  readonly subject?: string;
  readonly text: string;
  /** Email only. */
  readonly html?: string;
  /** Name of the product, as sender. */
  readonly brand: string;
}

export interface Channel {
  /** `failed`: it will never be taken. Rejects when another try may succeed; the error goes into the log, so it must not hold the text. */
  send(message: OutgoingMessage): Promise<'sent' | 'failed'>;
  /** Lets go of its connections. */
  close?(): void;
}
