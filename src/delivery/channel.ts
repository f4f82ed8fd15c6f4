/** What sends messages. Each channel is one file beside this one; `channels.ts` builds them from the settings. */

import type { Delivery } from '../authenticators/authenticator.ts';
import type { Seconds } from '../core/model/facts.ts';

export type ChannelKind = Delivery['channel'];

/** A message in words. */
export interface OutgoingMessage {
  /** The same for every try, so that the recipient's server can recognize a repetition. */
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
  /** Language of the text (BCP 47). */
  readonly locale: string;
  /** Epoch seconds after which it is of no use. */
  readonly expires: Seconds;
}

/** Another try may succeed, not before so many seconds. What it says goes into the log. */
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
   * `failed`: it will never be taken. Rejects (best with `TryLater`) when another try may succeed; the error goes into
   * the log, so it must not hold the text.
   */
  send(message: OutgoingMessage): Promise<'sent' | 'failed'>;
  /** Closes its connections. */
  close?(): void;
}
