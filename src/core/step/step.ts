/** A step is data: what the user must do next. HTML and JSON are two renderings of it (Law 10). */
import type { Attribute } from '../model/attribute.ts';
import type { AskedScope, Skippable } from '../model/decision.ts';
import type { Seconds } from '../model/facts.ts';
import type { ReplacementReason } from '../model/password-policy.ts';
import type { TermsOfUse } from '../model/profile-policy.ts';
import type { NoticeCode } from './notice-codes.ts';

/** A message that a step shows. */
export interface Notice {
  /** A stable code, e.g. `credentials.invalid`. The texts are in the message catalogues. */
  readonly code: NoticeCode;
  readonly level: 'error' | 'info';
  /** Name of the input that the notice belongs to, e.g. `credentials.passcode`. */
  readonly field?: string;
  /** The authenticator that the notice is about, if the step does not name it. */
  readonly authenticator?: string;
  /** Values for the text, e.g. `{ seconds: 40 }`. */
  readonly params?: Readonly<Record<string, string | number>>;
}

/** One option that the user may select. */
export interface AuthenticatorOption {
  readonly authenticator: string;
  /** Set only if several enrollments of one authenticator must be told apart. */
  readonly enrollment?: string;
  readonly label?: string;
  /** In a list: the only method that is offered, if the authenticator has others. */
  readonly method?: string;
}

/**
 * What one input of an answer asks for. The rendering chooses its control and label. `public_key` is not an input
 * field: the Web Authentication API of the browser produces the whole answer from the public data.
 */
export type InputKind =
  | 'secret'
  | 'new_secret'
  | 'passcode'
  | 'one_time_code'
  | 'paper_code'
  | 'answer'
  | 'question_choice'
  | 'question_text'
  | 'mail_address'
  | 'phone_number'
  | 'app_name'
  | 'another_app_name'
  | 'key_name'
  | 'saved'
  | 'public_key';

/** One attribute that a step asks for. */
export interface ProfileField {
  readonly name: string;
  readonly attribute: Attribute;
  readonly required: boolean;
  /** The present value. */
  readonly value?: string | number | boolean;
}

/** The inputs for a new secret, and the public data that its authenticator gives the page. */
export interface NewSecretField {
  readonly authenticator: string;
  readonly inputs: readonly InputKind[];
  readonly offer: Readonly<Record<string, unknown>>;
}

interface StepBase {
  readonly notices: readonly Notice[];
}

/**
 * Proof of work for the browser, used when many requests come from its network. The browser must find a number for
 * which the SHA-256 of `<challenge>.<number>` begins with `bits` zero bits. The number goes into the input
 * `work.answer`.
 */
export interface Work {
  readonly challenge: string;
  readonly bits: number;
}

/** What the user must do next. */
export type Step = StepBase &
  (
    | {
        readonly kind: 'identify';
        /** The authenticator whose secret the same page asks for. */
        readonly identifyWith?: string;
        /** Authenticators that identify the user by themselves, with the public data of their challenge. */
        readonly identifyByCredential?: readonly {
          readonly authenticator: string;
          readonly inputs: readonly InputKind[];
          readonly challenge: Readonly<Record<string, unknown>>;
          /** The browser offers it by autofill only: the page has no button for it. */
          readonly autofillOnly?: true;
        }[];
        /** The prefilled identifier: `login_hint`, or what the user typed before. */
        readonly identifier?: string;
        /** The page offers registration. */
        readonly canRegister?: true;
        /** Present if the policy offers to keep the user signed in. True if the user chose it. */
        readonly keepSignedIn?: boolean;
        /** The page offers to recover the secret. */
        readonly recoverable?: true;
        readonly work?: Work;
        /** The challenge service sets a challenge, in place of the proof of work. */
        readonly challengeService?: true;
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
        /** Set only if several enrollments of one authenticator must be told apart. */
        readonly enrollment?: string;
        readonly label?: string;
        /** The inputs of the answer, in the order of the page. */
        readonly inputs: readonly InputKind[];
        /** Public data of the challenge, from the authenticator. */
        readonly challenge: Readonly<Record<string, unknown>>;
        /** Other options exist. */
        readonly alternatives: boolean;
        /** A new user proves the address; then the account is created. */
        readonly registers?: true;
        /** The page offers to recover this authenticator's secret. */
        readonly recoverable?: true;
        /** How long this browser may remember the proof, if the user asks for it (seconds). */
        readonly remember?: Seconds;
        /** The challenge precedes the enrollment of one of these. */
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
        /** Why this enrollment replaces the present one. */
        readonly replacementReason?: ReplacementReason;
        /** The enrollment will end all other sessions of the account. */
        readonly endsOtherSessions?: true;
      }
    | {
        readonly kind: 'profile';
        readonly fields: readonly ProfileField[];
        /** Terms that the user must accept. */
        readonly terms: readonly TermsOfUse[];
        readonly canSkip?: true;
        /** The step is the registration form. */
        readonly registers?: true;
        /** The secret that a new user chooses. */
        readonly secret?: NewSecretField;
        /** The user has accepted the terms and returned to the form. */
        readonly accepted?: true;
        readonly work?: Work;
        /** As on the identify page. */
        readonly challengeService?: true;
      }
    | { readonly kind: 'consent'; readonly scopes: readonly AskedScope[] }
    /** The user chooses whether to continue with the account of the session. */
    | { readonly kind: 'select_account' }
    /** The user chooses whether to keep an account that is due for deletion. */
    | { readonly kind: 'keep_account'; readonly dueAt: Seconds }
    /** `isPassing`: of a recovery that may go on elsewhere, or later. */
    | { readonly kind: 'denied'; readonly reason: string; readonly isPassing?: true }
    | { readonly kind: 'complete' }
  );
