/** What the templates of the standalone pages are given: errors, devices, magic links, signing out, the inbox. */
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { Field } from '../fields/inputs.ts';
import type { ContactModel, FormModel, LeadModel, OptionModel } from './shared-models.ts';

export interface ReferenceModel {
  readonly reference?: string;
}

export interface NextLinksModel {
  /** The first is the main one. */
  readonly links: readonly { readonly kind: string; readonly href: string; readonly text: MessageDescriptor }[];
}

export type SignedOutModel = LeadModel & NextLinksModel;

export interface ErrorModel extends LeadModel, ReferenceModel, NextLinksModel {
  readonly code: string;
}

export interface OAuthErrorModel extends LeadModel, ReferenceModel, NextLinksModel {
  readonly code: string;
  readonly error: string;
  /** For the client's developers. */
  readonly description?: string;
  readonly contact?: ContactModel;
}

export interface DeviceInputModel extends LeadModel {
  /** Its own form. */
  readonly main: FormModel;
  readonly fields: readonly Field[];
}

export interface DeviceConfirmModel extends LeadModel {
  readonly code: string;
  /** Where the request of the device came from. */
  readonly origin: readonly MessageDescriptor[];
  /** Its own form. */
  readonly main: FormModel;
}

export interface LogoutModel extends LeadModel {
  /** Its own form. */
  readonly main: FormModel;
}

export interface MagicLinkConfirmModel extends LeadModel {
  /** Its own form. */
  readonly main: FormModel;
  /** What its button says. */
  readonly action: MessageDescriptor;
}

export interface MagicLinkElsewhereModel extends LeadModel {
  /** What to do with a code that the user did not ask for. */
  readonly warning: MessageDescriptor;
  /** Absent: only the link counts. */
  readonly code?: string;
  /** Where the request for the message came from. */
  readonly origin: readonly MessageDescriptor[];
}

export interface MagicLinkOverModel extends LeadModel {
  readonly code: string;
}

export interface SignInLostModel extends LeadModel {
  readonly code: string;
  readonly restart: OptionModel;
}

export interface InboxModel extends LeadModel {
  readonly letters: readonly LetterModel[];
}

export interface LetterModel {
  /** Absent: the channel is named instead. */
  readonly subject?: string;
  readonly channel: MessageDescriptor;
  readonly sent: MessageDescriptor;
  readonly pieces: readonly { readonly text: string; readonly href?: string }[];
}

/** The link in a notification, before anything is done. */
export interface LinkQuestionModel extends LeadModel {
  /** What else it means. */
  readonly hints: readonly MessageDescriptor[];
  /** Its own form. */
  readonly main: FormModel;
  readonly action: MessageDescriptor;
}

export interface LinkResultModel extends LeadModel {
  readonly code: string;
  /** What to do next. */
  readonly next?: { readonly href: string; readonly text: MessageDescriptor };
}
