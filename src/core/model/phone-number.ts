/** The form of phone numbers that are kept. */

/**
 * ITU-T E.164 (section 6): `+`, country code first, at most 15 digits. It names no shortest number; seven digits have
 * the shortest that reach a phone (Niue, Saint Helena), and what is shorter are services and pagers.
 */
export const phoneNumberForm = /^\+[1-9]\d{6,14}$/;
