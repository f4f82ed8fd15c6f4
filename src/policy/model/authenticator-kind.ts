/** What the configuration language knows of an authenticator. Each one says it in its own file; this is the shape. */

import type { z } from 'zod';
import type { AuthenticatorDescriptor } from '../../core/model/facts.ts';

/** `authenticators.<key>` of `stepgate.yaml`, complete. Everything but the switch belongs to the authenticator. */
export interface AuthenticatorSettings {
  /** Can be enrolled, used, and counts. */
  readonly enabled: boolean;
  readonly [name: string]: unknown;
}

/** A way in which messages go out. */
export type DeliveryChannel = 'email' | 'sms' | 'voice';

export interface AuthenticatorConfiguration {
  /** Takes what the file says, or nothing (`undefined`): the defaults then. Its description is that of the JSON Schema. */
  readonly settings: z.ZodType<AuthenticatorSettings>;
  /** How its messages go out under these settings. Absent: it sends none. */
  readonly channels?: (settings: AuthenticatorSettings) => readonly DeliveryChannel[];
  /** What the standards say against enabling it at all: a sentence without its beginning. */
  readonly objection?: string;
  /** What the standards say against taking it for one of several factors: a clause. */
  readonly weakness?: string;
}

export interface AuthenticatorKind extends AuthenticatorDescriptor, AuthenticatorConfiguration {}
