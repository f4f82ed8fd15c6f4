/** The content of a diff, as data. `--json` prints it, and texts are made from it. */

/** A document of the configuration that differs. */
export interface FileChange {
  readonly file: string;
  readonly change: 'added' | 'changed' | 'removed';
  /** The differences in it. Empty if only comments and positions differ. */
  readonly parts: readonly PartChange[];
}

/** A rule or a key that differs. */
export interface PartChange {
  readonly change: 'added' | 'changed' | 'removed' | 'moved';
  /** Absent for a key. */
  readonly rule?: string;
  /** Dotted path of a key, or of a value inside the rule. */
  readonly path?: string;
  /** The line of the part. For a removed part, in the active revision. */
  readonly line: number;
  readonly column: number;
  /** Only for short values. */
  readonly from?: string;
  readonly to?: string;
}

/** A deciding rule, and its location. */
export interface NamedLocation {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** Absent as in `SourceLocation`. */
  readonly column?: number;
  /** A condition of the rule cannot be evaluated, which denies. */
  readonly fails?: true;
}

/** The demands of one configuration. */
export interface AskedThere {
  readonly words: string;
  readonly rules: readonly NamedLocation[];
}

/** The users that a change affects. */
export interface AffectedUsers {
  /** Number of active users today. Absent if there was no store to count them in. */
  readonly users?: number;
  /** Groups that rules name, with the number of affected users in each. `of`: all active users in the group. */
  readonly groups: readonly { readonly group: string; readonly users: number; readonly of: number }[];
  /** All counted active users. */
  readonly of?: number;
  /** All users are affected. */
  readonly all?: true;
  /** Made-up users in no group that rules name are affected, too. */
  readonly ungrouped?: true;
  /** Of made-up users whom rules tell apart by who they are: those with this change, e.g. `ann@corp.test`. */
  readonly such?: readonly string[];
  /** Of made-up users: what those with this change have, e.g. `without totp`. Absent: it makes no difference. */
  readonly having?: string;
}

/** `kept_out`: no rule denies the users any more, and they still can't get in. */
export type EffectKind = 'locked_out' | 'must_enroll' | 'must_fill_in' | 'let_in' | 'kept_out';

/** The effect of the change on some of the users, with what they have enrolled. */
export interface Effect {
  readonly kind: EffectKind;
  readonly words: string;
  /** What they would have to enroll. */
  readonly enroll?: string;
  /** Absent as in `AffectedUsers`. */
  readonly users?: number;
  /** Of the made-up users of the change: what those with this effect have. Absent: all of them. */
  readonly having?: string;
  /** Where users of the change must enroll different things: those who must enroll this. */
  readonly who?: AffectedUsers;
}

/**
 * `requirement`: the rules ask for something else. `steps`: the rules ask for the same, but the user sees other steps.
 * `acr`, `scopes`, `session`: the content of tokens and sessions. `recovery`: what recovering a password requires.
 */
export type ChangeKind = 'requirement' | 'steps' | 'acr' | 'scopes' | 'session' | 'recovery';

/** One change, with all affected users and apps. */
export interface AccessChange {
  readonly kind: ChangeKind;
  /** Client ids. */
  readonly apps: readonly string[];
  readonly who: AffectedUsers;
  /** Empty if it applies in every circumstance. */
  readonly where: string;
  readonly zones: readonly string[];
  readonly before: AskedThere;
  readonly after: AskedThere;
  readonly effects: readonly Effect[];
  /** The whole change in one sentence. */
  readonly sentence: string;
}

export interface ConfigDiff {
  /** Number of the active revision. Absent if files were compared. */
  readonly base?: number;
  /** The configuration of the comparison, for the reader. */
  readonly against: string;
  readonly files: readonly FileChange[];
  readonly apps: { readonly added: readonly string[]; readonly removed: readonly string[] };
  readonly changes: readonly AccessChange[];
  /** Number of counted active users. Absent without a store. */
  readonly users?: number;
  /** There are more users than were counted. */
  readonly isPartial?: true;
  /** Attributes that changed, and how many active users have a value that they do not allow. */
  readonly refusedValues: readonly { readonly attribute: string; readonly users: number }[];
  /** Conditions that the comparison ignores. */
  readonly leftAside: readonly string[];
}
