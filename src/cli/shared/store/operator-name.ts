/** The operator who runs a command, for the audit log. */
import { userInfo } from 'node:os';

/** The name of the system user, since a container may run under a user id without a name. */
export function operatorName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}
