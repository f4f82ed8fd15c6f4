/** What the step loop takes, and what comes of it: a step to show, or an end. Data, of which the views make a page. */
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
  /** Names of the form contract (docs/form-contract.md), e.g. `credentials.passcode`. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A step to show. */
export interface StepShown {
  readonly kind: 'step';
  readonly step: Step;
  readonly handle: string;
  /** Of the transaction that it was made from. */
  readonly version: number;
  readonly app: App;
  readonly snapshot: Snapshot;
  /** The identifier as the user typed it. */
  readonly identifier?: string;
  /** Keys of the authenticators that were proved in this transaction. */
  readonly done: readonly string[];
  /** What the app asked for (OpenID Connect Core section 3.1.2.1). */
  readonly uiLocales?: string;
  /** Of the profile of a user who has proved something. */
  readonly language?: string;
  /** Of the same profile (IANA). */
  readonly timeZone?: string;
  readonly canRestart: boolean;
  /** Until the transaction ends. */
  readonly remaining: Seconds;
  /** The user recovers the password. */
  readonly recovering?: true;
  /** The transaction went on by this request: redirect to its own address, so that a reload sends no form again. */
  readonly redirects: boolean;
  /** What came with this request was not taken: `step.notices` say why. */
  readonly refused: boolean;
  /** What the browser is told about the credentials that it keeps. */
  readonly signals: readonly object[];
}

export type SignInResult =
  | StepShown
  /** Everything is proved: hand this to the protocol. */
  | {
      readonly kind: 'complete';
      readonly accountId: string;
      readonly assurance: Assurance;
      /** The browser may keep the secret that it has: nothing is bound to it now that was not before. */
      readonly keepsSecret: boolean;
    }
  | { readonly kind: 'cancelled'; readonly reason: 'user' | 'refused' | 'denied' | 'unmet' }
  | SignInLost;

/**
 * This browser did not give the last proof, or lost the answer to it (Law 15). It can only begin anew. `handle`: for
 * the form that does.
 */
export interface SignInLost extends Pick<StepShown, 'handle' | 'app' | 'snapshot' | 'uiLocales'> {
  readonly kind: 'lost';
}
