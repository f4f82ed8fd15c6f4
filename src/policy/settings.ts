/** What `stepgate.yaml` says, checked and complete: every default is filled in. */
import type { AcrValue, Seconds } from '../core/model.ts';

export interface Settings {
  /** Issuer URL without a trailing slash; absent: the server takes the address that it listens on (demo only). */
  readonly issuer?: string;
  readonly brand: {
    /** Name of the product as people know it. */
    readonly name: string;
    /** CSS colour `#rrggbb` of buttons and links. */
    readonly accent?: string;
  };
  /** Number of own proxies in front: so many entries of X-Forwarded-For, counted from the right, are believed. */
  readonly trustedProxies: number;
  /** Network zones by name. */
  readonly zones: Readonly<Record<string, { readonly cidrs: readonly string[] }>>;
  readonly authenticators: AuthenticatorsSettings;
  /** How mail goes out; absent: it does not. */
  readonly mail?: MailSettings;
  /** How text messages go out; absent: they do not. */
  readonly sms?: Gateway<SmsSender>;
  /** How calls go out; absent: they do not. */
  readonly voice?: Gateway<{ readonly from: string }>;
  /** Strongest first. */
  readonly acrValues: readonly AcrValue[];
  readonly tokens: TokenLifetimes;
  readonly resources: readonly Resource[];
  /** Scopes and the claims that each one releases: the standard ones and the configured ones. */
  readonly scopes: Readonly<Record<string, readonly string[]>>;
}

/** By authenticator key. What is not listed, is disabled. */
export interface AuthenticatorsSettings {
  readonly password: {
    readonly enabled: boolean;
    /** Shortest new password, in characters (NIST SP 800-63B-4 section 3.1.1.2: 15 alone, 8 beside a second factor). */
    readonly minLength: number;
  };
  readonly totp: { readonly enabled: boolean };
  readonly webauthn: {
    readonly enabled: boolean;
    /** Absolute path of FIDO metadata (JSON). */
    readonly metadata?: string;
    /** Models that may be enrolled; absent: any. */
    readonly aaguids?: readonly string[];
  };
  readonly recovery_code: {
    readonly enabled: boolean;
    /** Codes in a new set. */
    readonly count: number;
  };
  readonly access_code: AccessCodeSettings;
  readonly security_question: {
    readonly enabled: boolean;
    /** Shortest new answer, in letters and digits. */
    readonly minLength: number;
  };
  readonly phone: {
    readonly enabled: boolean;
    /** How codes go out, the preferred way first. */
    readonly methods: readonly ('sms' | 'voice')[];
    /** ISO 3166-1 alpha-2: nothing is sent to any other country. */
    readonly countries: readonly string[];
    /** Of numbers without country code; absent: there are no countries. */
    readonly defaultCountry?: string;
    /** Messages in an hour, over all accounts. */
    readonly limits: {
      readonly number: number;
      readonly prefix: number;
      readonly network: number;
      readonly country: number;
    };
  };
  readonly [key: string]: { readonly enabled: boolean };
}

/** What an administrator may issue. */
export interface AccessCodeSettings {
  readonly enabled: boolean;
  /** Letters and digits. */
  readonly minLength: number;
  readonly maxLifetime: Seconds;
  readonly maxUses: number;
}

export interface MailSettings {
  /** Address of the sender. */
  readonly from: string;
  readonly smtp: {
    readonly host: string;
    readonly port: number;
    /** TLS from the start; false: STARTTLS. */
    readonly secure: boolean;
    /** Sends nothing over a connection that is not encrypted. */
    readonly requireTls: boolean;
    readonly user?: string;
    /** Name of the environment variable that holds the password, so that it is in no revision. */
    readonly passwordEnv?: string;
  };
}

/** Whatever takes messages to phones: a webhook, or the REST API of Twilio. Exactly one. Secrets by name of environment variable. */
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

/** An API that takes JWT access tokens (RFC 8707 and RFC 9068). */
export interface Resource {
  /** Absolute URI without fragment. */
  readonly indicator: string;
  readonly scopes: readonly string[];
  readonly accessToken: { readonly lifetime: Seconds; readonly algorithm: SigningAlgorithm };
}

/** JWS algorithms that can be configured (RFC 7518 section 3.1, RFC 8037). */
export type SigningAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA';
