/** One revision of the configuration, ready to be used. */
import type { PolicySet } from '../core/evaluate.ts';
import type { App } from './app.ts';
import type { Settings } from './settings.ts';

/** Never changes. What it reads from the store on demand rejects with `StoreUnavailable` when the store does not answer. */
export interface Snapshot {
  readonly revision: number;
  readonly settings: Settings;
  /** The app with this client id, read on demand; `undefined`: there is none. */
  app(clientId: string): Promise<App | undefined>;
  /** What decides over sign-ins to this app; compiled once. */
  policies(app: App): Promise<PolicySet>;
  /** Names of the zones that hold this address; none when it is not an IP address. */
  zonesOf(ip: string): readonly string[];
}
