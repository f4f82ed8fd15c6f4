/**
 * What each template of a message is given. A changed model needs a new version of its template in
 * `message-templates.ts`.
 */
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
  /** Stands in place of the name: addresses. Without `dark`, `light` serves in both schemes. */
  readonly logo?: { readonly light: string; readonly dark?: string };
  /** Of the brand. */
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

/** What every mail knows. */
export interface MailBase {
  /** Name of the product. */
  readonly brand: string;
  /** Colour `#rrggbb` of links and buttons. */
  readonly accent: string;
  /** What can be read on `accent`. */
  readonly onAccent: string;
}

/** Where the request for a message came from. */
export interface OriginModel {
  /** Absent: it is not known. */
  readonly origin?: MessageDescriptor;
}

/** A code, a link, or a code and a link that does the same. */
export interface CodeMail extends MailBase, OriginModel {
  /** What it is for. */
  readonly lead: MessageDescriptor;
  readonly code?: string;
  readonly link?: string;
  /** What the link says. */
  readonly action: MessageDescriptor;
  /** How long it counts. */
  readonly lifetime: MessageDescriptor;
  readonly warning: MessageDescriptor;
}

/** A code that shows that an address is the user's. */
export interface AddressMail extends MailBase, OriginModel {
  readonly code: string;
  readonly minutes: number;
}

/** To the owner of an account whose address was entered by a new user. */
export interface RegisteredMail extends MailBase, OriginModel {
  readonly app: string;
}

/** When, where and by what something happened, as far as it is known. */
export interface DetailsModel {
  readonly details: readonly DetailModel[];
}

export interface DetailModel {
  readonly label: MessageDescriptor;
  readonly value: MessageDescriptor;
}

export interface RecoveryUsedMail extends MailBase, DetailsModel {
  readonly app: string;
  /** Codes that are left. */
  readonly remaining: number;
  readonly few: boolean;
  readonly accountUrl: string;
}

export interface AccountChangedMail extends MailBase, DetailsModel {
  readonly what: MessageDescriptor;
  /** The account was signed out everywhere else. */
  readonly otherSessionsEnded: boolean;
  readonly accountUrl: string;
  /** What to do at the account when it is not right. */
  readonly warning: MessageDescriptor;
  /** A link that does something about it, instead of the account. */
  readonly action?: { readonly lead: MessageDescriptor; readonly link: string; readonly text: MessageDescriptor };
}

/** To the number that an account had before. */
export interface NumberChangedMessage {
  readonly brand: string;
  readonly link: string;
}

export interface TextMessage {
  /** What the code is for. */
  readonly lead: MessageDescriptor;
  readonly code: string;
  /** Host that may fill the code in. */
  readonly domain: string;
}

export interface VoiceCall {
  /** What the code is for. */
  readonly lead: MessageDescriptor;
  /** The code, one digit after another. */
  readonly digits: string;
}
