/** The refresh tokens that an app may have. */
import type { Seconds } from './facts.ts';

export interface RefreshTokens {
  /** How long after the authorization the last one expires. */
  readonly lifetime: Seconds;
  /** The app may not ask for `offline_access`, so that its refresh tokens end with the session. */
  readonly endWithSession?: true;
}
