/**
 * What the configuration language knows of an authenticator. Each authenticator gives it in its own folder; this is the
 * shape.
 */

import type { z } from 'zod';
import type { AuthenticatorDescriptor } from '../../core/model/facts.ts';
import type { Limit } from '../../stores/store.ts';

/** `authenticators.<key>` of `stepgate.yaml`, complete. All but `enabled` belongs to the authenticator. */
export interface AuthenticatorSettings {
  /** It can be enrolled and used, and its evidence counts. */
  readonly enabled: boolean;
  readonly [name: string]: unknown;
}

/** How a message is sent. */
export type DeliveryChannel = 'email' | 'sms' | 'voice';

/** A relying party of Web Authentication. */
export interface RelyingParty {
  /** A domain. */
  readonly id: string;
  /** Origins whose pages may use its credentials, the issuer's first. */
  readonly origins: readonly string[];
}

/** A file that vouches for models of an authenticator, as this machine has it. */
export interface ModelFile {
  /** The member of the settings that names the file. */
  readonly setting: string;
  /** Why it cannot be used. Then no model is known. */
  readonly fault?: {
    readonly kind: 'missing' | 'damaged';
    readonly message: string;
    readonly advice: string;
  };
  /** The models that the settings name, by their place below them. */
  readonly named: readonly { readonly path: readonly (string | number)[]; readonly model: string }[];
  knows(model: string): boolean;
}

export interface AuthenticatorConfiguration {
  /**
   * Reads what the file says. `undefined`, for an absent section, gives the defaults. Its description goes into the
   * JSON Schema.
   */
  readonly settings: z.ZodType<AuthenticatorSettings>;
  /** The channels that it uses under these settings. Absent: it sends no messages. */
  readonly channels?: (settings: AuthenticatorSettings) => readonly DeliveryChannel[];
  /**
   * Present: its credentials are made for one relying party, and count for no other. Returns which; `undefined`: that
   * follows from the issuer, and there is none.
   */
  readonly relyingParty?: (settings: AuthenticatorSettings, issuer?: string) => RelyingParty | undefined;
  /**
   * Present: rules may name the models that may be enrolled. Why this one cannot be named under these settings, as a
   * clause; `undefined`: it can.
   */
  readonly modelFault?: (settings: AuthenticatorSettings, model: string) => string | undefined;
  /** Present: which models there are, it reads from a file of each node. `undefined`: these settings name none. */
  readonly modelFile?: (settings: AuthenticatorSettings) => ModelFile | undefined;
  /** What the standards say against enabling it at all: a sentence without its beginning. */
  readonly objection?: string;
  /** What the standards say against taking it for one of several factors: a clause. */
  readonly weakness?: string;
}

export interface AuthenticatorKind extends AuthenticatorDescriptor, AuthenticatorConfiguration {
  /** A new user proves an address by it. */
  readonly registers?: true;
  /** How many attempts there are at it, unless the password policy says so. */
  readonly attemptLimits: readonly Limit[];
}
