/**
 * The input and output of the step loop: a form, and then a step to show or an end. Views turn this data into a page.
 */
import type { Assurance } from '../core/model/decision.ts';
import type { Seconds } from '../core/model/facts.ts';
import type { Step } from '../core/step/step.ts';
import type { App } from '../policy/model/app.ts';
import type { Snapshot } from '../policy/revision/snapshot.ts';

export interface Submission {
  /** What the user did: answered the step, or chose another option. */
  readonly step: 'answer' | 'select' | 'skip' | 'resend' | 'restart' | 'recover' | 'register' | 'cancel';
  /** The `stateHandle` of the form. */
  readonly handle: string | undefined;
  /** Names from the form contract (docs/form-contract.md), e.g. `credentials.passcode`. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A step to show. */
export interface StepShown {
  readonly kind: 'step';
  readonly step: Step;
  readonly handle: string;
  /** The version of the transaction from which it was made. */
  readonly version: number;
  readonly app: App;
  readonly snapshot: Snapshot;
  /** The identifier as the user typed it. */
  readonly identifier?: string;
  /** Keys of the authenticators proved in this transaction. */
  readonly done: readonly string[];
  /** What the app asked for (OpenID Connect Core section 3.1.2.1). */
  readonly uiLocales?: string;
  /** From the profile, once the user has proved something. */
  readonly language?: string;
  /** From the same profile (IANA). */
  readonly timeZone?: string;
  readonly canRestart: boolean;
  /** Time left until the transaction ends. */
  readonly remaining: Seconds;
  /** The user is recovering the password. */
  readonly recovering?: true;
  /**
   * This request moved the transaction on: redirect to the page's own address, so that a reload does not send the form
   * again.
   */
  readonly redirects: boolean;
  /** The submitted form was refused: `step.notices` say why. */
  readonly refused: boolean;
  /** What the browser is told about the credentials that it stores. */
  readonly signals: readonly object[];
}

export type SignInResult =
  | StepShown
  /** Everything is proved: pass this on to the protocol. */
  | {
      readonly kind: 'complete';
      readonly accountId: string;
      readonly assurance: Assurance;
      /** The secret of the browser from now on: its present one, or a new one. */
      readonly browserSecret: string;
    }
  | { readonly kind: 'cancelled'; readonly reason: 'user' | 'refused' | 'denied' | 'unmet' }
  | SignInLost;

/**
 * This browser did not give the last proof, or lost the answer to it (Law 15). It can only start again. `handle`: for
 * the form that does this.
 */
export interface SignInLost extends Pick<StepShown, 'handle' | 'app' | 'snapshot' | 'uiLocales'> {
  readonly kind: 'lost';
}
