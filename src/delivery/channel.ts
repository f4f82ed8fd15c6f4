/**
 * The interface for sending messages. Each channel is a file in this folder; `channels.ts` builds them from the
 * settings.
 */

import type { Delivery } from '../authenticators/authenticator.ts';
import type { Seconds } from '../core/model/facts.ts';

export type ChannelKind = Delivery['channel'];

/** A message in words. */
export interface OutgoingMessage {
  /** The same for every try, so that the recipient's server can recognise a repetition. */
  readonly id: string;
  readonly channel: ChannelKind;
  /** Mail address, or E.164 number. */
  readonly to: string;
  /** Email only. */
  readonly subject?: string;
  readonly text: string;
  /** Email only. */
  readonly html?: string;
  /** Name of the product, used as the sender. */
  readonly brand: string;
  /** Language of the text (BCP 47). */
  readonly locale: string;
  /** Epoch seconds after which it is useless. */
  readonly expires: Seconds;
}

/** Another try may succeed after this many seconds. Its message is logged. */
export class TryLater extends Error {
  readonly pause: Seconds;

  constructor(message: string, pause: Seconds = 0) {
    super(message);
    this.name = 'TryLater';
    this.pause = pause;
  }
}

export interface Channel {
  /**
   * `failed`: the message will never be accepted. Rejects (preferably with `TryLater`) if another try may succeed. The
   * error is logged, so it must not contain the text.
   */
  send(message: OutgoingMessage): Promise<'sent' | 'failed'>;
  /** Closes its connections. */
  close?(): void;
}
