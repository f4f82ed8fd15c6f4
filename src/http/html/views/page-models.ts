/** What each page needs to be rendered. What a user or a client wrote is plain text here; the templates escape it. */
import type { LocalizedText } from '../../../core/model/attribute.ts';
import type { Seconds } from '../../../core/model/facts.ts';
import type { Notice, Step } from '../../../core/step/step.ts';
import type { ErrorCode } from '../../../errors.ts';
import type { ProfileIdentifier } from '../../../flow/account/profile.ts';
import type { ConsentDetails } from '../../../flow/actions/choices/consent.ts';
import type { RejectSignIn } from '../../../flow/notify/account-links.ts';
import type { AppLabel, Brand } from '../../../policy/revision/brand.ts';

export interface PageBase {
  readonly brand: Brand;
  /** One of `Renderer.locales`; anything else falls back to English. */
  readonly locale: string;
  /** Of the user (IANA); absent, or unknown: times are in UTC, and a script puts them into the zone of the browser. */
  readonly timeZone?: string;
  /** Path and query of the page, for its switch of languages; absent: it has none. */
  readonly pageAddress?: string;
  /** What the browser is told about the credentials that it keeps. */
  readonly signals?: readonly object[];
}

/** In the languages of the configuration. */
export interface IdentifierTexts {
  readonly label?: LocalizedText;
  readonly hint?: LocalizedText;
  /** Kinds of identifiers that count; absent: user names and addresses. */
  readonly by?: readonly string[];
}

/** The script of a challenge service, its public key, and the input that it fills in. */
export interface ChallengeScript {
  readonly script: string;
  readonly siteKey: string;
  readonly responseField: string;
}

/** A step of the loop. Its forms keep the form contract (docs/form-contract.md). */
export interface StepPage extends PageBase {
  readonly step: Step;
  readonly uid: string;
  /** Binds the form to transaction, step and version (Law 11). Goes into every form of the page. */
  readonly stateHandle: string;
  /** `/signin/<uid>`; the other options post to `<action>/<step>`. */
  readonly action: string;
  readonly app: AppLabel;
  readonly account?: { readonly identifier: string };
  /** Authenticators that were already proved in this transaction: shown as progress. */
  readonly done?: readonly string[];
  /** What the configuration calls the identifier. */
  readonly identify?: IdentifierTexts;
  /** What the page of consent says besides the step. */
  readonly consent?: ConsentDetails;
  /** The challenge service, where the step asks for it. */
  readonly challengeService?: ChallengeScript;
  /** Offer "Use another account". */
  readonly canRestart: boolean;
  /** Until the sign-in ends. */
  readonly remaining: Seconds;
  /** Where the user goes on then. */
  readonly afterEnd: NextLink;
  /** The user recovers the password. */
  readonly recovering?: true;
  /** Where a page that waits for another tab asks how far the sign-in is, and the version that it shows itself. */
  readonly follow?: { readonly status: string; readonly version: number };
  /**
   * The answer that was refused, by the names of the inputs. The page puts back what is neither a secret nor an answer.
   */
  readonly typed?: Readonly<Record<string, string>>;
}

/** A magic link, opened in the browser that asked for it. */
export interface MagicLinkConfirmPage extends PageBase {
  /** The user recovers the password. */
  readonly recovering: boolean;
  readonly app: AppLabel;
  readonly account?: { readonly identifier: string };
  /** Answers the challenge, like the form of its step. */
  readonly action: string;
  readonly stateHandle: string;
  readonly authenticator: string;
  /** Of the magic link: which challenge it answers. */
  readonly token: string;
  readonly passcode: string;
}

/** The same magic link in any other browser, where it does not sign in. */
export interface MagicLinkElsewherePage extends PageBase {
  /** The user recovers the password. */
  readonly recovering: boolean;
  readonly app: AppLabel;
  /** Absent: only the link counts. */
  readonly code?: string;
  /** Where the request came from; empty texts: not known. */
  readonly asked: { readonly ip: string; readonly browser: string; readonly system: string };
}

/** A sign-in that did not go on in this browser after a proof. */
export interface SignInLostPage extends PageBase {
  readonly app: AppLabel;
  readonly action: string;
  readonly stateHandle: string;
}

/** A magic link that no longer counts, and why. */
export interface MagicLinkOverPage extends PageBase {
  readonly reason: 'over' | 'replaced' | 'expired';
}

/** A link in a notification: it asks before it does anything. */
export type LinkQuestionPage = PageBase & { readonly token: string } & (
    | {
        readonly does: 'undo';
        readonly kind: ProfileIdentifier['kind'];
        /** What comes back. */
        readonly value: string;
      }
    | { readonly does: 'not_me'; readonly signIn: Omit<RejectSignIn, 'kind' | 'user' | 'session' | 'device'> }
  );

export interface LinkResultPage extends PageBase {
  readonly does: 'undo' | 'not_me';
  /** `superseded`: only of `undo`. */
  readonly result: 'done' | 'over' | 'superseded';
  /** The identifier of a user who may set a new password now. */
  readonly recover?: string;
}

export interface InboxEntry {
  readonly channel: 'email' | 'sms' | 'voice';
  readonly to: string;
  readonly subject?: string;
  readonly text: string;
  /** ISO 8601. */
  readonly at: string;
}

/** The demo's inbox, newest first. */
export interface InboxPage extends PageBase {
  readonly messages: readonly InboxEntry[];
}

/** Where a page that has no form leads on. */
export interface NextLink {
  /** `restart`: the same request from its beginning; with `app` because the user has finished it. */
  readonly kind: 'restart' | 'app' | 'account' | 'device' | 'retry';
  readonly href: string;
  /** Name of the app. */
  readonly app?: string;
}

/** An error of ours, by its code in `errors.ts`. */
export interface ErrorPage extends PageBase {
  readonly code: ErrorCode;
  /** The best one first; absent: none. */
  readonly nextLinks?: readonly NextLink[];
  /** Finds the log line; shown so that a user can quote it. */
  readonly reference?: string;
}

/** An OAuth error that cannot go back to the client (RFC 6749 section 4.1.2.1), from oidc-provider's `renderError`. */
export interface OAuthErrorPage extends PageBase {
  /** The app wanted the user to sign out. Absent: to sign in. */
  readonly isSignOut?: boolean;
  /** e.g. `invalid_redirect_uri`. */
  readonly error: string;
  /** For the client's developers; shown as detail. */
  readonly description?: string;
  readonly reference?: string;
  /** The best one first; absent: none. */
  readonly nextLinks?: readonly NextLink[];
}

/** RFC 8628 section 3.3; oidc-provider's `userCodeInputSource`. */
export interface DeviceInputPage extends PageBase {
  /** `ctx.oidc.urlFor('code_verification')` */
  readonly action: string;
  /** `ctx.oidc.session.state.secret` */
  readonly xsrf: string;
  /** What was typed. */
  readonly userCode?: string;
  readonly charset: 'base-20' | 'digits';
  /** Codes `device.required`, `device.invalid`, `device.aborted`, `device.failed`; field `user_code`. */
  readonly notices: readonly Notice[];
}

/** oidc-provider's `userCodeConfirmSource`. */
export interface DeviceConfirmPage extends PageBase {
  readonly action: string;
  readonly xsrf: string;
  /** As it must be sent back. */
  readonly userCode: string;
  /** As the device shows it. */
  readonly displayCode: string;
  readonly app: AppLabel;
  /** Where the device asked from. */
  readonly device?: { readonly ip?: string; readonly userAgent?: string };
}

/** oidc-provider's `successSource` of the device flow. */
export interface DeviceSuccessPage extends PageBase {
  readonly app: AppLabel;
}

/** OpenID Connect RP-Initiated Logout 1.0 section 2; oidc-provider's `logoutSource`. */
export interface LogoutPage extends PageBase {
  /** `ctx.oidc.urlFor('end_session_confirm')` */
  readonly action: string;
  /** `ctx.oidc.session.state.secret` */
  readonly xsrf: string;
  /** The app that asked. */
  readonly app?: AppLabel;
  readonly account?: { readonly identifier: string };
}

/** oidc-provider's `postLogoutSuccessSource`; also reached when the user chose to stay signed in. */
export interface SignedOutPage extends PageBase {
  /** The app that the user left. */
  readonly app?: AppLabel;
  /** False: the user chose to stay signed in here. */
  readonly signedOut: boolean;
}
