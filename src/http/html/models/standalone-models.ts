/** Models of the templates for standalone pages: errors, devices, magic links, signing out, the inbox. */
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { Field } from '../fields/inputs.ts';
import type { ContactModel, FormModel, LeadModel, OptionModel } from './shared-models.ts';

export interface ReferenceModel {
  readonly reference?: string;
}

export interface NextLinksModel {
  /** The first one is the main link. */
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
  /** The page's main form. */
  readonly main: FormModel;
  readonly fields: readonly Field[];
}

export interface DeviceConfirmModel extends LeadModel {
  readonly code: string;
  /** Where the device's request came from. */
  readonly origin: readonly MessageDescriptor[];
  /** The page's main form. */
  readonly main: FormModel;
}

export interface LogoutModel extends LeadModel {
  /** The page's main form. */
  readonly main: FormModel;
}

export interface MagicLinkConfirmModel extends LeadModel {
  /** The page's main form. */
  readonly main: FormModel;
  /** The text of its button. */
  readonly action: MessageDescriptor;
}

export interface MagicLinkElsewhereModel extends LeadModel {
  /** What to do with an unexpected code. */
  readonly warning: MessageDescriptor;
  /** Absent if only the link counts. */
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

/** The link in a notification, before it does anything. */
export interface LinkQuestionModel extends LeadModel {
  /** Further consequences. */
  readonly hints: readonly MessageDescriptor[];
  /** The page's main form. */
  readonly main: FormModel;
  readonly action: MessageDescriptor;
}

export interface LinkResultModel extends LeadModel {
  readonly code: string;
  /** What to do next. */
  readonly next?: { readonly href: string; readonly text: MessageDescriptor };
}
