import { userInfo } from 'node:os';

/** Who runs this command, as the system knows them. A container may run as a user id without a name. */
export function operatorName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}
