/** What all reservations of values share: identifiers, unique attributes, and values of single enrollments. */
import type { Seconds } from '../../core/model/facts.ts';

/**
 * The age from which a reservation that its user does not list is free. By then no request can still be saving the
 * value.
 */
export const abandonedAfter: Seconds = 60;
