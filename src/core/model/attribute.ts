/** The attributes of a profile as data: what each one may hold, who may read and write it, and the claim it becomes. */

/** What kind of value an attribute holds. `list` is a list of texts, which no form can ask for. */
export type AttributeType =
  | 'text'
  | 'number'
  | 'boolean'
  | 'date'
  | 'url'
  | 'email'
  | 'phone'
  | 'locale'
  | 'time_zone'
  | 'list';

/** A text for users, by language tag (BCP 47). */
export type LocalizedText = Readonly<Record<string, string>>;

/** One attribute of the schema. */
export interface Attribute {
  readonly type: AttributeType;
  /** Absent: the catalogue of texts has it. */
  readonly label?: LocalizedText;
  readonly help?: LocalizedText;
  /** Of a text, and of each member of a list (UTF-16 units). */
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Of a number. */
  readonly min?: number;
  readonly max?: number;
  /** `*` stands for any run of characters. */
  readonly matches?: string;
  /** The only values of a text. */
  readonly options?: readonly AttributeOption[];
  /** Administrators read and write every attribute; `user`: so does the user whose profile it is. */
  readonly read: 'user' | 'admin';
  readonly write: 'user' | 'admin';
  /** Name of the claim; `address.locality` is a member of the claim `address`. Absent: it is in no token. */
  readonly claim?: string;
  /** The scope that releases the claim. */
  readonly scope?: string;
  /** The attribute that says whether it is verified. A known value then takes a proof to change. */
  readonly verifiedBy?: string;
  /** No two accounts have the same value. */
  readonly unique?: true;
  /** Users sign in with it. */
  readonly identifies?: true;
}

/** One of the values that an attribute may have. */
export interface AttributeOption {
  readonly value: string;
  readonly label?: LocalizedText;
}

/** All attributes that a profile may hold. */
export interface AttributeSchema {
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** False: the configuration names no attributes, so that administrators may record others, too. */
  readonly closed: boolean;
}
