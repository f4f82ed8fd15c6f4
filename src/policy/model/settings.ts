/** What `stepgate.yaml` says, checked and complete: every default is filled in. */

import type { AttributeSchema, LocalizedText } from '../../core/model/attribute.ts';
import type { Seconds } from '../../core/model/facts.ts';
import type { AcrLevel } from '../../core/model/policy.ts';
import type { RiskScoring } from '../../core/model/risk.ts';
import type { NetworkFilePaths } from '../../network-data.ts';
import type { AuthenticatorSettings } from './authenticator-kind.ts';
import type { BrandSettings } from './brand.ts';
import type { DeviceSignalSettings } from './device-signals.ts';
import type { SigningAlgorithm, SigningSettings } from './signing.ts';

export interface Settings {
  /** Issuer URL without a trailing slash; absent: the server uses the address that it listens on (demo only). */
  readonly issuer?: string;
  readonly brand: BrandSettings;
  /** BCP 47: of pages and messages where no language that was asked for is there; absent: English. */
  readonly defaultLanguage?: string;
  /** Number of own proxies in front: that many entries of X-Forwarded-For, from the right, are trusted. */
  readonly trustedProxies: number;
  /** How proxies in front hand over the certificates of apps; absent: they do not. */
  readonly clientCertificates?: {
    /** Name of the header, in lower case. */
    readonly header: string;
    /** Networks of the peers that may set it, in CIDR notation. */
    readonly proxies: readonly string[];
  };
  /** Who may say what of devices; absent: none may. */
  readonly deviceSignals?: DeviceSignalSettings;
  /** What browsers solve before they send forms that cause messages, where their network sends many. */
  readonly proofOfWork: {
    /** Forms of one network in an hour that need no work. */
    readonly free: number;
    /** Wrong passwords of one network in an hour, beyond which its browsers solve a task on the first page. */
    readonly wrongPasswords: number;
    /** Zero bits of a SHA-256: each one more doubles the work. */
    readonly difficulty: number;
  };
  /** What users solve instead, at a service; absent: there is none. */
  readonly challengeService?: ChallengeServiceSettings;
  /** Paths of MaxMind DB files. */
  readonly networkData?: NetworkFilePaths;
  /** Network zones by name. */
  readonly zones: Readonly<Record<string, Zone>>;
  /** What is unusual about a sign-in, and what it counts. */
  readonly risk: RiskScoring;
  /** Groups that users can be in, by name; others may exist by their members. */
  readonly groups?: Readonly<Record<string, { readonly description?: string }>>;
  /** By key of the authenticator. One that is absent is disabled. */
  readonly authenticators: Readonly<Record<string, AuthenticatorSettings>>;
  /** How mail is sent; absent: none is. */
  readonly mail?: MailSettings;
  /** How text messages are sent; absent: none are. */
  readonly sms?: Gateway<SmsSender>;
  /** How calls are made; absent: none are. */
  readonly voice?: Gateway<{ readonly from: string }>;
  /** What a profile may hold: the attributes of OpenID Connect and the configured ones. */
  readonly attributes: AttributeSchema;
  readonly account: AccountSettings;
  /** Strongest first. */
  readonly acrValues: readonly AcrLevel[];
  /** Of all apps that do not say otherwise. */
  readonly identify: IdentifySettings;
  readonly tokens: TokenLifetimes;
  readonly signing: SigningSettings;
  readonly resources: readonly Resource[];
  /** Scopes and the claims that each one releases: the standard ones and the configured ones. */
  readonly scopes: Readonly<Record<string, readonly string[]>>;
  /** What scopes are called on the page of consent. A standard one has texts of its own. */
  readonly scopeTexts: Readonly<Record<string, ScopeText>>;
}

/** A service that tells users from programs, and whose `siteverify` says what a response is worth. */
export interface ChallengeServiceSettings {
  /** URL of the script that draws the challenge. */
  readonly script: string;
  /** URL that takes responses. */
  readonly verify: string;
  /** Public key of this site. */
  readonly siteKey: string;
  /** Name of the environment variable that holds the secret, so that it is in no revision. */
  readonly secretEnv: string;
  /** What its script loads from, itself included: sources of a content security policy. */
  readonly origins: readonly string[];
  /** The input that the script fills in. */
  readonly responseField: string;
  /** The service is told the user's address. */
  readonly remoteip: boolean;
  /** For the whole answer. */
  readonly timeout: Seconds;
}

/** How the first page asks who the user is. */
export interface IdentifyPage {
  /** It asks for the identifier alone; absent: for the password, too, where the policies always need it. */
  readonly identifierFirst?: boolean;
  /** What users call the identifier; absent: username or email. */
  readonly label?: LocalizedText;
  /** A sentence below the label. */
  readonly hint?: LocalizedText;
  /** Kinds of identifiers that count: `email`, `username`, `phone`, attributes that identify. Absent: all. */
  readonly by?: readonly string[];
  /** How passkeys are offered: by a button, only among what the browser fills in, or not here. Absent: `button`. */
  readonly passkey?: 'button' | 'autofill' | 'none';
}

export interface IdentifySettings extends IdentifyPage {
  /** Country of phone numbers that are typed without country code (ISO 3166-1 alpha-2). */
  readonly defaultCountry?: string;
}

/** A scope as users read it. */
export interface ScopeText {
  readonly label: LocalizedText;
  /** A sentence below the label. */
  readonly help?: LocalizedText;
}

/** What users may do with their account at `/account`. */
export interface AccountSettings {
  /** `admin`: only administrators change user names. */
  readonly username: 'user' | 'admin';
  /** Users may have a file with all that is kept about them. */
  readonly download: boolean;
  readonly deletion: {
    /** Users may delete their account. */
    readonly allowed: boolean;
    /** Seconds between the request and the deletion. */
    readonly after: Seconds;
  };
}

/** An address is in the zone if one of the members says so. */
export interface Zone {
  readonly cidrs: readonly string[];
  /** ISO 3166-1 alpha-2. */
  readonly countries?: readonly string[];
  /** Numbers of autonomous systems. */
  readonly asns?: readonly number[];
  /** Addresses of VPNs, proxies, Tor and hosting. */
  readonly anonymisers?: true;
  /** What users call it. */
  readonly label?: string;
}

export interface MailSettings {
  /** Address of the sender. */
  readonly from: string;
  readonly smtp: {
    readonly host: string;
    readonly port: number;
    /** TLS from the start. `false`: STARTTLS. */
    readonly secure: boolean;
    /** Sends nothing over a connection that is not encrypted. */
    readonly requireTls: boolean;
    readonly user?: string;
    /** Name of the environment variable that holds the password, so that it is in no revision. */
    readonly passwordEnv?: string;
  };
}

/**
 * The service that takes messages to phones: either a webhook or the REST API of Twilio. Secrets are named by
 * environment variable.
 */
export interface Gateway<Sender> {
  readonly webhook?: { readonly url: string; readonly secretEnv: string };
  readonly twilio?: Sender & {
    readonly accountSid: string;
    readonly authTokenEnv: string;
    readonly baseUrl?: string;
  };
}

/** One of the two. */
export interface SmsSender {
  readonly from?: string;
  readonly messagingServiceSid?: string;
}

/** Lifetimes in seconds. */
export interface TokenLifetimes {
  readonly accessToken: Seconds;
  readonly idToken: Seconds;
  /** At most 60 (RFC 6749 section 4.1.2 recommends at most ten minutes; a code is redeemed at once). */
  readonly authorizationCode: Seconds;
  readonly refreshToken: { readonly idle: Seconds; readonly absolute: Seconds };
  /** How long a sign-in may take. */
  readonly interaction: Seconds;
}

/** An API that takes access tokens of its own (RFC 8707 and RFC 9068). */
export interface Resource {
  /** Absolute URI without fragment. */
  readonly indicator: string;
  readonly scopes: readonly string[];
  readonly accessToken: {
    readonly lifetime: Seconds;
    /** `opaque`: the API asks the introspection endpoint about it, and it can be revoked. */
    readonly format: 'jwt' | 'opaque';
    /** Of a JWT. */
    readonly algorithm: SigningAlgorithm;
  };
}
