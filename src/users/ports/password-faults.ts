/** Why a password is refused, in the words of commands. */
import type { Refused } from '../../authenticators/authenticator.ts';

const faults: Readonly<Partial<Record<Refused['code'], string>>> = {
  'password.too_long': 'it is longer than 1024 bytes',
  'password.malformed': 'it is not well-formed text',
  'password.common': 'it is one of the passwords that are tried first',
  'password.context': 'it is hardly more than the name of the user or the service',
  'password.list': 'it is on the list of refused passwords',
  'password.breached': 'it is known from breaches',
};

/** The reason for refusing a password, in words for administrators. */
export function passwordFault({ code, params }: Pick<Refused, 'code' | 'params'>): string {
  if (code === 'password.too_short') return `it has fewer than ${params?.count} characters`;
  return faults[code] ?? code;
}
