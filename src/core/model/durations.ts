/** Durations that limits and lifetimes are made of. A day has no leap second. */
import type { Seconds } from './facts.ts';

export const oneMinute: Seconds = 60;
export const oneHour: Seconds = 60 * oneMinute;
export const oneDay: Seconds = 24 * oneHour;
export const oneWeek: Seconds = 7 * oneDay;

/** How far two clocks may differ: what another node or device dates later than that is not believed. */
export const clockSkew: Seconds = oneMinute;
