/** A text that is not yet in any language: its catalogue key and its values. */

/** A moment (epoch seconds). In HTML it becomes `<time>`. */
export interface MomentValue {
  readonly at: number;
  /**
   * `short`: abbreviated date and time (the default). `long`: with the full name of the month. `day`: without a time of
   * day.
   */
  readonly style?: 'short' | 'long' | 'day';
  /**
   * The reader's present time (epoch seconds), for words such as "2 minutes ago". HTML contains the exact time as well.
   */
  readonly now?: number;
}

/** Several values of equal rank, joined by the rules of the language. */
export interface ListValue {
  readonly items: readonly string[];
}

export type MessageValue = string | number | MomentValue | ListValue;

/**
 * `seconds` also provides `{wait}`, a duration in words, and `country` (ISO 3166-1 alpha-2) also provides
 * `{countryName}`. A text is isolated from the words around it, so that its writing direction cannot affect them.
 */
export type MessageValues = Readonly<Record<string, MessageValue>>;

export interface MessageDescriptor {
  readonly key: string;
  readonly params?: MessageValues;
}
