/** What the commands of `stepgate config` need. */
import type { AuthenticatorKind } from '../../../policy/model/authenticator-kind.ts';
import type { Finding } from '../../../policy/model/finding.ts';
import type { Variables } from '../../../policy/source/substitute-variables.ts';
import type { Store } from '../../../stores/store.ts';
import type { InitContext } from '../../init/init.ts';

export interface ConfigContext extends InitContext {
  openStore(): Promise<Store>;
  /**
   * `init`: an empty Redis also counts as a new store, which `initialise` fills. Rejects with errors of `initialise`.
   */
  openNewStore(init: boolean, initialise: (store: Store) => Promise<void>): Promise<Store>;
  /** Directory of the configuration if the command names none. */
  readonly configDir: string;
  /** Faults of the operator's directory of views, if there is one. */
  checkViews(): Promise<readonly Finding[]>;
  /** Each prints whole lines. */
  stdout(text: string): void;
  /** Resolves when the reader has consumed enough of the output. Absent if output is not buffered. */
  stdoutTaken?(): Promise<void>;
  stderr(text: string): void;
  readonly authenticators: readonly AuthenticatorKind[];
  /** Overrides the issuer of the settings. */
  readonly issuer?: string;
  /** Questions would not be seen, because standard error is redirected, although the user could type answers. */
  readonly isUnseen?: boolean;
  /** Values for `${NAME}` in the files. */
  readonly variables: Variables;
  /** Epoch seconds. */
  now(): number;
  /** 0: success. 1: there are findings that refuse the configuration. */
  setExitCode(code: 0 | 1): void;
}
