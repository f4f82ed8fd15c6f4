/** A step is data: what the person must do next. HTML and JSON are two renderings of it (Law 10). */
import type { Skippable } from '../model/decision.ts';
import type { Seconds } from '../model/facts.ts';

export interface Notice {
  /** Stable code; the views hold the texts, e.g. `credentials.invalid`. */
  readonly code: string;
  readonly level: 'error' | 'info';
  /** Name of the input that it belongs to, e.g. `credentials.passcode`. */
  readonly field?: string;
  /** The authenticator that it is about, where the step does not say. */
  readonly authenticator?: string;
  /** Values for the text, e.g. `{ seconds: 40 }`. */
  readonly params?: Readonly<Record<string, string | number>>;
}

/** One way on that the person may pick. */
export interface AuthenticatorOption {
  readonly authenticator: string;
  /** Only where it tells two of a kind apart. */
  readonly enrollment?: string;
  readonly label?: string;
}

/**
 * What one input of an answer asks for; how it looks and what it is called, the rendering knows. `public_key` is no
 * input: the Web Authentication API of the browser gives the whole answer, to the public data as its options.
 */
export type InputKind =
  | 'secret'
  | 'passcode'
  | 'one_time_code'
  | 'paper_code'
  | 'answer'
  | 'question_choice'
  | 'question_text'
  | 'mail_address'
  | 'phone_number'
  | 'app_name'
  | 'key_name'
  | 'saved'
  | 'public_key';

interface StepBase {
  readonly notices: readonly Notice[];
}

export type Step = StepBase &
  (
    | {
        readonly kind: 'identify';
        /** The authenticator whose secret is asked for on the same page. */
        readonly identifyWith?: string;
        /** Authenticators that can tell by themselves who somebody is, with the public data of their challenge. */
        readonly identifyByCredential?: readonly {
          readonly authenticator: string;
          readonly inputs: readonly InputKind[];
          readonly challenge: Readonly<Record<string, unknown>>;
        }[];
        /** Prefill (`login_hint`, or what was typed). */
        readonly identifier?: string;
        /** The person may ask to be kept signed in; true: they did. Absent: the policy does not offer it. */
        readonly keepSignedIn?: boolean;
      }
    | {
        readonly kind: 'select';
        readonly purpose: 'challenge' | 'enroll';
        readonly options: readonly AuthenticatorOption[];
        readonly skippable?: Skippable;
      }
    | {
        readonly kind: 'challenge';
        readonly authenticator: string;
        /** Only where it tells two of a kind apart. */
        readonly enrollment?: string;
        readonly label?: string;
        /** What the answer consists of, in the order of the page. */
        readonly inputs: readonly InputKind[];
        /** Public data of the challenge, from the authenticator. */
        readonly challenge: Readonly<Record<string, unknown>>;
        /** There is another way to go on. */
        readonly alternatives: boolean;
        /** The person may ask that this browser remembers the proof, so long (seconds). */
        readonly remember?: Seconds;
        /** It is asked before one of these is enrolled. */
        readonly toEnroll?: readonly string[];
        readonly skippable?: Skippable;
      }
    | {
        readonly kind: 'enroll';
        readonly authenticator: string;
        /** As in a challenge. */
        readonly inputs: readonly InputKind[];
        /** Public data of the offer, from the authenticator (e.g. the TOTP key and its URI). */
        readonly offer: Readonly<Record<string, unknown>>;
        readonly alternatives: boolean;
        readonly skippable?: Skippable;
        /** Once it is enrolled, all other sessions of the account end. */
        readonly endsOtherSessions?: true;
      }
    | { readonly kind: 'denied'; readonly reason: string }
    | { readonly kind: 'complete' }
  );
