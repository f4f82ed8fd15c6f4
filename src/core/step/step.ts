/** A step is data: what the user must do next. HTML and JSON are two renderings of it (Law 10). */
import type { Attribute } from '../model/attribute.ts';
import type { AskedScope, Skippable } from '../model/decision.ts';
import type { Seconds } from '../model/facts.ts';
import type { OutdatedReason } from '../model/password-policy.ts';
import type { TermsOfUse } from '../model/profile-policy.ts';
import type { NoticeCode } from './notice-codes.ts';

/** A message that a step shows. */
export interface Notice {
  /** Stable code, e.g. `credentials.invalid`; the views hold the texts. */
  readonly code: NoticeCode;
  readonly level: 'error' | 'info';
  /** Name of the input that the notice belongs to, e.g. `credentials.passcode`. */
  readonly field?: string;
  /** The authenticator that the notice is about, where the step does not say. */
  readonly authenticator?: string;
  /** Values for the text, e.g. `{ seconds: 40 }`. */
  readonly params?: Readonly<Record<string, string | number>>;
}

/** One option that the user may select. */
export interface AuthenticatorOption {
  readonly authenticator: string;
  /** Only where it tells two enrollments of one authenticator apart. */
  readonly enrollment?: string;
  readonly label?: string;
  /** In a list: the only method of it that is offered, where it has others. */
  readonly method?: string;
}

/**
 * What one input of an answer asks for; the rendering knows its looks and its label. `public_key` is no input: the Web
 * Authentication API of the browser gives the whole answer, with the public data as its options.
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
  | 'key_name'
  | 'saved'
  | 'public_key';

/** One attribute that a step asks for. */
export interface ProfileField {
  readonly name: string;
  readonly attribute: Attribute;
  readonly required: boolean;
  /** What is known. */
  readonly value?: string | number | boolean;
}

/** The inputs of a new secret, and what its authenticator tells the page. */
export interface NewSecretField {
  readonly authenticator: string;
  readonly inputs: readonly InputKind[];
  readonly offer: Readonly<Record<string, unknown>>;
}

interface StepBase {
  readonly notices: readonly Notice[];
}

/**
 * A task for the browser, where many requests come from its network: to find a number with which the SHA-256 of
 * `<challenge>.<number>` begins with so many zero bits. The number goes into the input `work.answer`.
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
        /** The authenticator whose secret is asked for on the same page. */
        readonly identifyWith?: string;
        /** Authenticators that find out the user by themselves, with the public data of their challenge. */
        readonly identifyByCredential?: readonly {
          readonly authenticator: string;
          readonly inputs: readonly InputKind[];
          readonly challenge: Readonly<Record<string, unknown>>;
          /** It is offered among what the browser fills in, and by no button. */
          readonly autofillOnly?: true;
        }[];
        /** Prefill: `login_hint`, or what the user typed before. */
        readonly identifier?: string;
        /** A user without an account can make one. */
        readonly canRegister?: true;
        /** The user may ask to be kept signed in; true: the user did. Absent: the policy does not offer it. */
        readonly keepSignedIn?: boolean;
        /** The secret can be recovered. */
        readonly recoverable?: true;
        readonly work?: Work;
        /** The challenge service asks the user something, in place of the work. */
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
        /** Only where it tells two enrollments of one authenticator apart. */
        readonly enrollment?: string;
        readonly label?: string;
        /** What the answer consists of, in the order of the page. */
        readonly inputs: readonly InputKind[];
        /** Public data of the challenge, from the authenticator. */
        readonly challenge: Readonly<Record<string, unknown>>;
        /** There are other options. */
        readonly alternatives: boolean;
        /** A new user proves the address, and the account is made. */
        readonly registers?: true;
        /** What is asked for can be recovered. */
        readonly recoverable?: true;
        /** The user may ask this browser to remember the proof for so long (seconds). */
        readonly remember?: Seconds;
        /** The challenge comes before the enrollment of one of these. */
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
        /** Why it takes the place of the present one. */
        readonly outdated?: OutdatedReason;
        /** The enrollment ends all other sessions of the account. */
        readonly endsOtherSessions?: true;
      }
    | {
        readonly kind: 'profile';
        readonly fields: readonly ProfileField[];
        /** To be accepted. */
        readonly terms: readonly TermsOfUse[];
        readonly canSkip?: true;
        /** It is the form of a new user. */
        readonly registers?: true;
        /** A secret that a new user chooses. */
        readonly secret?: NewSecretField;
        /** The user accepted the terms before, and comes back to the form. */
        readonly accepted?: true;
        readonly work?: Work;
        /** As on the identify page. */
        readonly challengeService?: true;
      }
    | { readonly kind: 'consent'; readonly scopes: readonly AskedScope[] }
    /** Whether to go on with the account of the session. */
    | { readonly kind: 'select_account' }
    /** Whether to keep an account that waits for its deletion. */
    | { readonly kind: 'keep_account'; readonly dueAt: Seconds }
    | { readonly kind: 'denied'; readonly reason: string }
    | { readonly kind: 'complete' }
  );
