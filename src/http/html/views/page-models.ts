/** The data for rendering each page. Texts from users and clients are plain text here; the templates escape them. */
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
  /** One of `Renderer.locales`. Any other value means English. */
  readonly locale: string;
  /**
   * The user's time zone (IANA). If it is absent or unknown, times are in UTC and a script converts them to the
   * browser's zone.
   */
  readonly timeZone?: string;
  /** Path and query of the page, for its language selector. Absent if it has none. */
  readonly pageAddress?: string;
  /** What the browser is told about the credentials that it stores. */
  readonly signals?: readonly object[];
}

/** In the languages of the configuration. */
export interface IdentifierTexts {
  readonly label?: LocalizedText;
  readonly hint?: LocalizedText;
  /** Kinds of identifiers that count. Absent: usernames and addresses. */
  readonly by?: readonly string[];
}

/** The script of a challenge service, its public key, and the input that it fills in. */
export interface ChallengeScript {
  readonly script: string;
  readonly siteKey: string;
  readonly responseField: string;
}

/** A step of the loop. Its forms follow the form contract (docs/form-contract.md). */
export interface StepPage extends PageBase {
  readonly step: Step;
  readonly uid: string;
  /** Binds the form to transaction, step and version (Law 11). Every form of the page contains it. */
  readonly stateHandle: string;
  /** `/signin/<uid>`. The other options post to `<action>/<step>`. */
  readonly action: string;
  readonly app: AppLabel;
  readonly account?: { readonly identifier: string };
  /** Authenticators already proved in this transaction, shown as progress. */
  readonly done?: readonly string[];
  /** The configured words for the identifier. */
  readonly identify?: IdentifierTexts;
  /** What the consent page shows in addition to the step. */
  readonly consent?: ConsentDetails;
  /** The challenge service, if the step needs it. */
  readonly challengeService?: ChallengeScript;
  /** Whether to offer "Use another account". */
  readonly canRestart: boolean;
  /** Time left until the sign-in ends. */
  readonly remaining: Seconds;
  /** Where the user continues afterwards. */
  readonly afterEnd: NextLink;
  /** The user is recovering the password. */
  readonly recovering?: true;
  /** Where a page that waits for another tab asks for the state of the sign-in, and the version on this page. */
  readonly follow?: { readonly status: string; readonly version: number };
  /** The refused answer, by input name. The page shows again what is neither a secret nor an answer. */
  readonly typed?: Readonly<Record<string, string>>;
}

/** A magic link, opened in the browser that requested it. */
export interface MagicLinkConfirmPage extends PageBase {
  /** The user is recovering the password. */
  readonly recovering: boolean;
  readonly app: AppLabel;
  readonly account?: { readonly identifier: string };
  /** Answers the challenge, like the form of its step. */
  readonly action: string;
  readonly stateHandle: string;
  readonly authenticator: string;
  /** The token of the magic link: it identifies the challenge. */
  readonly token: string;
  readonly passcode: string;
}

/** The same magic link in any other browser, where it does not sign in. */
export interface MagicLinkElsewherePage extends PageBase {
  /** The user is recovering the password. */
  readonly recovering: boolean;
  readonly app: AppLabel;
  /** Absent if only the link counts. */
  readonly code?: string;
  /** Where the request came from. Empty texts if unknown. */
  readonly asked: { readonly ip: string; readonly browser: string; readonly system: string };
}

/** A sign-in that cannot continue in this browser after a proof. */
export interface SignInLostPage extends PageBase {
  readonly app: AppLabel;
  readonly action: string;
  readonly stateHandle: string;
}

/** A magic link that no longer counts, and why. */
export interface MagicLinkOverPage extends PageBase {
  readonly reason: 'over' | 'replaced' | 'expired';
}

/** A link in a notification. It asks before it does anything. */
export type LinkQuestionPage = PageBase & { readonly token: string } & (
    | {
        readonly does: 'undo';
        readonly kind: ProfileIdentifier['kind'];
        /** The value to restore. */
        readonly value: string;
      }
    | { readonly does: 'not_me'; readonly signIn: Omit<RejectSignIn, 'kind' | 'user' | 'session' | 'usedBrowser'> }
  );

export interface LinkResultPage extends PageBase {
  readonly does: 'undo' | 'not_me';
  /** `superseded`: only for `undo`. */
  readonly result: 'done' | 'over' | 'superseded';
  /** The identifier of a user who may now set a new password. */
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

/** Where a page without a form leads. */
export interface NextLink {
  /** `restart`: the same request from the beginning. `app` follows it if the user has already finished the request. */
  readonly kind: 'restart' | 'app' | 'account' | 'device' | 'retry';
  readonly href: string;
  /** Name of the app. */
  readonly app?: string;
}

/** An error of ours, by its code in `errors.ts`. */
export interface ErrorPage extends PageBase {
  readonly code: ErrorCode;
  /** Best first. Absent if there are none. */
  readonly nextLinks?: readonly NextLink[];
  /** Identifies the log line. It is shown so that a user can quote it. */
  readonly reference?: string;
}

/**
 * An OAuth error that cannot be returned to the client (RFC 6749 section 4.1.2.1), from oidc-provider's `renderError`.
 */
export interface OAuthErrorPage extends PageBase {
  /** The app wanted the user to sign out. Absent: to sign in. */
  readonly isSignOut?: boolean;
  /** e.g. `invalid_redirect_uri`. */
  readonly error: string;
  /** For the client's developers, shown as a detail. */
  readonly description?: string;
  readonly reference?: string;
  /** Best first. Absent if there are none. */
  readonly nextLinks?: readonly NextLink[];
}

/** RFC 8628 section 3.3; oidc-provider's `userCodeInputSource`. */
export interface DeviceInputPage extends PageBase {
  /** `ctx.oidc.urlFor('code_verification')` */
  readonly action: string;
  /** `ctx.oidc.session.state.secret` */
  readonly xsrf: string;
  /** What the user typed. */
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
  /** Where the device's request came from. */
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

/** oidc-provider's `postLogoutSuccessSource`. Also shown if the user chose to stay signed in. */
export interface SignedOutPage extends PageBase {
  /** The app that the user left. */
  readonly app?: AppLabel;
  /** False if the user chose to stay signed in here. */
  readonly signedOut: boolean;
}
