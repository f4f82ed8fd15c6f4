/** The models of message templates. A changed model needs a new version of its template in `message-templates.ts`. */
import type { Locale } from '../rendering/locale.ts';
import type { MessageDescriptor } from '../rendering/message-descriptor.ts';

export interface MessageTemplateModels {
  readonly 'mail/layout.html': MailLayoutModel;
  readonly 'mail/origin.txt': OriginModel;
  readonly 'mail/origin.html': OriginModel;
  readonly 'mail/details.txt': DetailsModel;
  readonly 'mail/details.html': DetailsModel;
  readonly 'mail/code.txt': CodeMail;
  readonly 'mail/code.html': CodeMail;
  readonly 'mail/address.txt': AddressMail;
  readonly 'mail/address.html': AddressMail;
  readonly 'mail/registered.txt': RegisteredMail;
  readonly 'mail/registered.html': RegisteredMail;
  readonly 'mail/recovery-used.txt': RecoveryUsedMail;
  readonly 'mail/recovery-used.html': RecoveryUsedMail;
  readonly 'mail/account-changed.txt': AccountChangedMail;
  readonly 'mail/account-changed.html': AccountChangedMail;
  readonly 'sms/code.txt': TextMessage;
  readonly 'sms/number.txt': TextMessage;
  readonly 'sms/number-changed.txt': NumberChangedMessage;
  readonly 'voice/code.txt': VoiceCall;
  readonly 'voice/number.txt': VoiceCall;
}

/** The frame of the HTML part of mail. */
export interface MailLayoutModel {
  readonly locale: Locale;
  readonly subject: string;
  /** Name of the product. */
  readonly brand: string;
  /** Replaces the name: addresses. Without `dark`, `light` is used in both schemes. */
  readonly logo?: { readonly light: string; readonly dark?: string };
  /** The brand's links. */
  readonly links: readonly { readonly text: MessageDescriptor; readonly href: string }[];
  readonly light: MailColors;
  readonly dark: MailColors;
  /** HTML of the message itself. */
  readonly main: string;
  readonly footer: MessageDescriptor;
}

/** `#rrggbb` each. */
export interface MailColors {
  readonly page: string;
  readonly card: string;
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly accent: string;
  readonly onAccent: string;
}

/** What all mails share. */
export interface MailBase {
  /** Name of the product. */
  readonly brand: string;
  /** Colour `#rrggbb` of links and buttons. */
  readonly accent: string;
  /** A readable text colour on `accent`. */
  readonly onAccent: string;
}

/** Where the request for a message came from. */
export interface OriginModel {
  /** Absent if unknown. */
  readonly origin?: MessageDescriptor;
}

/** A code, a link, or a code and an equivalent link. */
export interface CodeMail extends MailBase, OriginModel {
  /** The purpose of the code or link. */
  readonly lead: MessageDescriptor;
  readonly code?: string;
  readonly link?: string;
  /** The text of the link. */
  readonly action: MessageDescriptor;
  /** How long it counts. */
  readonly lifetime: MessageDescriptor;
  readonly warning: MessageDescriptor;
}

/** A code for proving that an address belongs to the user. */
export interface AddressMail extends MailBase, OriginModel {
  readonly code: string;
  readonly minutes: number;
}

/** For the owner of an account whose address a new user entered. */
export interface RegisteredMail extends MailBase, OriginModel {
  readonly app: string;
}

/** When and where something happened, and in which browser, as far as is known. */
export interface DetailsModel {
  readonly details: readonly DetailModel[];
}

export interface DetailModel {
  readonly label: MessageDescriptor;
  readonly value: MessageDescriptor;
}

export interface RecoveryUsedMail extends MailBase, DetailsModel {
  readonly app: string;
  /** How many codes are left. */
  readonly remaining: number;
  readonly few: boolean;
  readonly accountUrl: string;
}

export interface AccountChangedMail extends MailBase, DetailsModel {
  readonly what: MessageDescriptor;
  /** The account was signed out everywhere else. */
  readonly otherSessionsEnded: boolean;
  readonly accountUrl: string;
  /** What to do on the account pages if something is wrong. */
  readonly warning: MessageDescriptor;
  /** A link that acts on it, in place of the account pages. */
  readonly action?: { readonly lead: MessageDescriptor; readonly link: string; readonly text: MessageDescriptor };
}

/** For the former number of an account. */
export interface NumberChangedMessage {
  readonly brand: string;
  readonly link: string;
}

export interface TextMessage {
  /** The purpose of the code. */
  readonly lead: MessageDescriptor;
  readonly code: string;
  /** The host on which the code may be filled in. */
  readonly domain: string;
}

export interface VoiceCall {
  /** The purpose of the code. */
  readonly lead: MessageDescriptor;
  /** The code, digit by digit. */
  readonly digits: string;
}
