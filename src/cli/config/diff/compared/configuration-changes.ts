/** What a diff says, as data: `--json` prints it, and the texts are made from it. */

/** A document of the configuration that differs. */
export interface FileChange {
  readonly file: string;
  readonly change: 'added' | 'changed' | 'removed';
  /** What differs in it. Empty: comments and places only. */
  readonly parts: readonly PartChange[];
}

/** A rule, or a key, that differs. */
export interface PartChange {
  readonly change: 'added' | 'changed' | 'removed' | 'moved';
  /** Absent: it is a key. */
  readonly rule?: string;
  /** Dotted path of a key, or of a value inside the rule. */
  readonly path?: string;
  /** The line of the part; of a removed part, in the live revision. */
  readonly line: number;
  readonly column: number;
  /** Short values only. */
  readonly from?: string;
  readonly to?: string;
}

/** A rule that decides, and its place. */
export interface NamedPlace {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** Absent as in `SourceLocation`. */
  readonly column?: number;
}

/** The demands of one configuration. */
export interface AskedThere {
  readonly words: string;
  readonly rules: readonly NamedPlace[];
}

/** The users that a change affects. */
export interface AffectedUsers {
  /** Active users of today. Absent: there was no store to count them in. */
  readonly users?: number;
  /** Groups that rules name, with the users of the change in each of them; `of`: all active users in it. */
  readonly groups: readonly { readonly group: string; readonly users: number; readonly of: number }[];
  /** All active users who were counted. */
  readonly of?: number;
  /** These are all users. */
  readonly all?: true;
}

export type EffectKind = 'shut_out' | 'must_enroll' | 'must_fill_in' | 'let_in';

/** The effect of the change on some of the users, with what they have enrolled. */
export interface Effect {
  readonly kind: EffectKind;
  readonly words: string;
  /** What they would have to enroll. */
  readonly enroll?: string;
  /** Absent as in `AffectedUsers`. */
  readonly users?: number;
}

/**
 * `requirement`: the rules ask for something else. `steps`: the rules ask for the same, and the user sees other steps.
 * `acr`, `scopes`, `session`: what tokens and sessions say. `recovery`: what a forgotten password takes.
 */
export type ChangeKind = 'requirement' | 'steps' | 'acr' | 'scopes' | 'session' | 'recovery';

/** One change, with all users and apps that it is about. */
export interface AccessChange {
  readonly kind: ChangeKind;
  /** Client ids. */
  readonly apps: readonly string[];
  readonly who: AffectedUsers;
  /** Empty: in every circumstance. */
  readonly where: string;
  readonly zones: readonly string[];
  readonly before: AskedThere;
  readonly after: AskedThere;
  readonly effects: readonly Effect[];
  /** All of it in one sentence. */
  readonly sentence: string;
}

export interface ConfigDiff {
  /** Number of the revision that is live. Absent: it was compared with files. */
  readonly base?: number;
  /** The configuration that it was compared with, for the reader. */
  readonly against: string;
  readonly files: readonly FileChange[];
  readonly apps: { readonly added: readonly string[]; readonly removed: readonly string[] };
  readonly changes: readonly AccessChange[];
  /** Active users who were counted. Absent: there is no store. */
  readonly users?: number;
  /** There are more users than were counted. */
  readonly isPartial?: true;
  /** Conditions that the comparison leaves aside. */
  readonly leftAside: readonly string[];
}
