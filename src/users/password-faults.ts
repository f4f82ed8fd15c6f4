import type { PasswordTools } from './password-tools.ts';

type PasswordFault = Extract<ReturnType<PasswordTools['check']>, { ok: false }>['reason'];

/** Why a password was refused, for administrators. */
export const passwordFaults: Readonly<Record<PasswordFault, string>> = {
  too_short: 'it has fewer than 8 characters',
  too_long: 'it is longer than 1024 bytes',
  malformed: 'it is not well-formed text',
  common: 'it is one of the passwords that are tried first',
  context: 'it is hardly more than the name of the user or the service',
};
