/** What all reservations of values have in common: identifiers, unique attributes, and what one enrollment may have. */
import type { Seconds } from '../../core/model/facts.ts';

/**
 * Age from which a reservation that its user does not list is free: by then no request is still saving what it is for.
 */
export const abandonedAfter: Seconds = 60;
