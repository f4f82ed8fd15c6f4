/** A text of the catalogue that is not yet in any language: its key, and the values that go into it. */

/** A moment (epoch seconds). HTML has it as `<time>`. */
export interface MomentValue {
  readonly at: number;
  /** `short`: date and time in few words (the default). `long`: the month in full. `day`: no time of day. */
  readonly style?: 'short' | 'long' | 'day';
  /** Epoch seconds of the reader: words such as "2 minutes ago"; HTML has the exact time as well. */
  readonly now?: number;
}

/** Several values of equal rank, joined as the language joins them. */
export interface ListValue {
  readonly items: readonly string[];
}

export type MessageValue = string | number | MomentValue | ListValue;

/**
 * `seconds` also gives `{wait}`, a length of time in words, and `country` (ISO 3166-1 alpha-2) also gives
 * `{countryName}`. A text is set apart from the words around it, so that its writing direction cannot turn them.
 */
export type MessageValues = Readonly<Record<string, MessageValue>>;

export interface MessageDescriptor {
  readonly key: string;
  readonly params?: MessageValues;
}
