/** What is unusual about a sign-in, in points that an administrator can follow. */

/** What may be unusual. Everything but `recentFailures` is compared with sign-ins before the session. */
export const riskSignals = [
  'newDevice',
  'newNetwork',
  'newCountry',
  'impossibleTravel',
  'recentFailures',
  'longAway',
] as const;

export type RiskSignal = (typeof riskSignals)[number];

/** From low to high. */
export const riskLevels = ['low', 'medium', 'high'] as const;

export type RiskLevel = (typeof riskLevels)[number];

/** One thing that is unusual, and what it counts. */
export interface RiskReason {
  readonly signal: RiskSignal;
  readonly points: number;
}

/** The points of a sign-in, and where they come from. */
export interface Risk {
  /** In the order of the signals. Those that count nothing are there, too: conditions may name them. */
  readonly reasons: readonly RiskReason[];
  /** By the points of all reasons. */
  readonly level: RiskLevel;
  /** What could not be found out, such as a country without its file. Absent: everything could. */
  readonly unknown?: readonly RiskSignal[];
  /** The level if all of that were unusual. Absent: there is nothing like it. */
  readonly levelAtMost?: RiskLevel;
}

/** How points are counted, and what counts as unusual. */
export interface RiskScoring {
  readonly points: Readonly<Record<RiskSignal, number>>;
  /** Points from which on the risk is at this level. */
  readonly levels: { readonly medium: number; readonly high: number };
  /** At least this many wrong attempts within the last hour, from browsers that the user has never signed in with. */
  readonly failures: number;
  /** Kilometres in an hour that no user travels. */
  readonly speed: number;
  /** No sign-in for this long (seconds). */
  readonly away: number;
}
