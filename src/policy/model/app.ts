/** One relying party, checked and complete, as `apps/*.yaml` describes it. */
import type { Seconds } from '../../core/model/facts.ts';
import type { AppBrand } from './brand.ts';
import type { IdentifyPage } from './settings.ts';
import type { SigningAlgorithm } from './signing.ts';

export interface App {
  readonly clientId: string;
  /** As users know it. */
  readonly name: string;
  /** Name of a file in `brand/`: the logo that stands beside its name. */
  readonly logo?: string;
  /** How pages look for this app: takes the place of what the settings say, member by member. */
  readonly brand?: AppBrand;
  /** Belongs to the operator of this provider. `false`: users are asked for consent. */
  readonly firstParty: boolean;
  /** Scopes that it cannot do without, where it is not first-party: users cannot untick them. */
  readonly requiredScopes: readonly string[];
  /** It is on no list of apps that users see. */
  readonly hidden?: boolean;
  /** It is the built-in app in which users manage their own account. */
  readonly ownAccount?: true;
  /** Takes the place of what the settings say, member by member. */
  readonly identify?: IdentifyPage;
  /** By which a sign-on policy can be for several apps. */
  readonly labels: readonly string[];
  /**
   * Names of the sign-on policies, which are read as one, in this order. Empty: the policy that is for one of the
   * labels. Absent: no user signs in.
   */
  readonly signOnPolicies?: readonly string[];
  /** Name of the profile policy; absent: `default`, if there is one. */
  readonly profilePolicy?: string;
  /** Configured `acr` value that every sign-in to this app reaches at least. */
  readonly minimumAcr?: string;
  /** `sha256:` and the unpadded base64url SHA-256 of the client secret; absent: there is no secret. */
  readonly clientSecretHash?: string;
  /** `optional`: a code may be asked for without a challenge (RFC 7636). Only for clients that authenticate. */
  readonly pkce: 'required' | 'optional';
  /** It is held to the FAPI 2.0 Security Profile. */
  readonly securityProfile?: 'fapi2';
  /** Its sign-in runs in a pop-up window that the app talks to. */
  readonly popups: boolean;
  /** The claims of the scopes that were granted stand in the ID token, too, and not only at userinfo. */
  readonly scopeClaimsInIdToken: boolean;
  /**
   * How long a refresh token that was replaced may be presented again (seconds): a lost answer can be asked for once
   * more. Sender-constrained tokens are not replaced.
   */
  readonly refreshTokenGrace: Seconds;
  /** What it may do as itself, by the grant `client_credentials`. */
  readonly service?: ServiceTerms;
  readonly client: ClientMetadata;
}

export interface ServiceTerms {
  /** Name of the service policy; absent: `default`, if there is one. */
  readonly policy?: string;
  /** The APIs that it may have tokens for, and the scopes of each. Never empty. */
  readonly resources: readonly { readonly indicator: string; readonly scopes: readonly string[] }[];
}

/**
 * OpenID Connect client metadata (OpenID Connect Dynamic Client Registration 1.0 section 2), without id, name and
 * secret.
 */
export interface ClientMetadata {
  readonly application_type: 'web' | 'native';
  readonly redirect_uris: readonly string[];
  readonly post_logout_redirect_uris: readonly string[];
  readonly grant_types: readonly GrantType[];
  readonly response_types: readonly 'code'[];
  readonly token_endpoint_auth_method:
    | 'none'
    | 'client_secret_basic'
    | 'client_secret_post'
    | 'private_key_jwt'
    | 'self_signed_tls_client_auth';
  readonly subject_type: 'public';
  readonly id_token_signed_response_alg?: SigningAlgorithm;
  /** Public keys only. */
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  readonly jwks_uri?: string;
  readonly backchannel_logout_uri?: string;
  readonly backchannel_logout_session_required?: boolean;
  readonly require_pushed_authorization_requests?: boolean;
  readonly dpop_bound_access_tokens?: boolean;
  readonly tls_client_certificate_bound_access_tokens?: boolean;
  readonly require_signed_request_object?: boolean;
  readonly request_object_signing_alg?: SigningAlgorithm;
  readonly initiate_login_uri?: string;
  readonly client_uri?: string;
  readonly logo_uri?: string;
  readonly policy_uri?: string;
  readonly tos_uri?: string;
  /** Seconds. */
  readonly default_max_age?: Seconds;
  readonly default_acr_values?: readonly string[];
  readonly require_auth_time?: boolean;
  /** Scopes that it may ask for, separated by spaces; absent: all. */
  readonly scope?: string;
}

export type GrantType =
  | 'authorization_code'
  | 'refresh_token'
  | 'urn:ietf:params:oauth:grant-type:device_code'
  | 'client_credentials';
