/** A text of the catalogue, not yet in any language. */
import type { Params } from './messages.ts';

/** A text yet to be put into words. */
export interface MessageDescriptor {
  readonly key: string;
  readonly params?: Params;
}
