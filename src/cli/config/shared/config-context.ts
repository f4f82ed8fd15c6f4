/** What the commands of `stepgate config` need. */
import type { AuthenticatorKind } from '../../../policy/model/authenticator-kind.ts';
import type { Finding } from '../../../policy/model/finding.ts';
import type { Variables } from '../../../policy/source/substitute-variables.ts';
import type { Store } from '../../../stores/store.ts';
import type { InitContext } from '../../init/init.ts';

export interface ConfigContext extends InitContext {
  openStore(): Promise<Store>;
  /** `init`: an empty Redis, too, is a new store, which `initialise` fills. Rejects with what it rejects with. */
  openNewStore(init: boolean, initialise: (store: Store) => Promise<void>): Promise<Store>;
  /** Directory of the configuration, when the command names none. */
  readonly configDir: string;
  /** What is wrong with the operator's own directory of views, if there is one. */
  checkViews(): Promise<readonly Finding[]>;
  /** Each takes whole lines. */
  stdout(text: string): void;
  /** Resolves when the reader of the output has taken enough of it. Absent: printing takes no memory. */
  stdoutTaken?(): Promise<void>;
  stderr(text: string): void;
  readonly authenticators: readonly AuthenticatorKind[];
  /** Overrides the issuer of the settings. */
  readonly issuer?: string;
  /** The user could type answers but would not see questions: standard error goes elsewhere. */
  readonly isUnseen?: boolean;
  /** Values for `${NAME}` in the files. */
  readonly variables: Variables;
  /** Epoch seconds. */
  now(): number;
  /** 0: done. 1: the configuration has problems. */
  setExitCode(code: 0 | 1): void;
}
