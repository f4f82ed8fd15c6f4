/** Models shared by the templates of several pages: the frame, forms, notices, and the account that signs in. */
import type { Locale } from '../../../rendering/locale.ts';
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';

/** The frame of every page. */
export interface LayoutModel {
  readonly locale: Locale;
  readonly title: MessageDescriptor;
  readonly brand: BrandModel;
  /** Paths of assets. */
  readonly favicon: string;
  readonly stylesheets: readonly string[];
  /** All scripts of the page, in one file. */
  readonly script?: string;
  /** What the browser is told about credentials, as JSON for a script. */
  readonly signals: readonly string[];
  /** For pages with lists instead of one form. */
  readonly wide: boolean;
  readonly app?: AppView;
  /** Above the heading: the user's reason for being here. */
  readonly context?: MessageDescriptor;
  readonly heading: MessageDescriptor;
  /** The account that signs in, and the progress so far. */
  readonly account?: AccountModel;
  readonly notices: NoticesModel;
  /** The navigation of the account pages. */
  readonly nav?: NavModel;
  /** The app from which the user came. */
  readonly returnTo?: BackModel;
  /** A link to the page that this one belongs to. */
  readonly back?: BackModel;
  /** The HTML of the page itself. */
  readonly main: string;
  /** The page can be used for a limited time only. */
  readonly ending?: EndingModel;
  /** The brand's links in the footer. */
  readonly links: readonly LinkModel[];
  /** Absent if there is only one language. */
  readonly languages?: LanguagesModel;
}

/** When a sign-in ends, announced before it does (WCAG 2.2, success criterion 2.2.1). */
export interface EndingModel {
  /** Seconds after the page was rendered. */
  readonly remaining: number;
  /** Says that the end is near. Absent if it is not yet. */
  readonly near?: MessageDescriptor;
  /** What a script says on a page that was left open. */
  readonly warning: MessageDescriptor;
  /** Says that the sign-in has ended, and where the user continues. */
  readonly over: MessageDescriptor;
  readonly next: LinkModel;
}

/** The language selector, with each language in its own name. */
export interface LanguagesModel {
  readonly current: LanguageModel;
  readonly others: readonly LanguageModel[];
  /** Where the browser returns to. */
  readonly back: string;
}

export interface LanguageModel {
  readonly locale: Locale;
  readonly name: string;
}

export interface BrandModel {
  readonly name: string;
  /** Pages show it instead of the name. */
  readonly logo?: PictureModel;
  /** The stylesheet has a background picture. */
  readonly hasBackground: boolean;
}

/** Paths. Without `dark`, `light` is used in both schemes. */
export interface PictureModel {
  readonly light: string;
  readonly dark?: string;
}

/** A picture and its alternative text. Empty: the picture is decorative. */
export interface PictureView extends PictureModel {
  readonly alt: string;
}

export interface LinkModel {
  readonly text: MessageDescriptor;
  readonly href: string;
}

/** The contact for help from the configuration. */
export interface ContactModel {
  readonly href: string;
  readonly text: MessageDescriptor;
}

export interface FooterModel {
  readonly links: readonly LinkModel[];
  readonly languages?: LanguagesModel;
}

export interface NavModel {
  readonly items: readonly NavItemModel[];
}

export interface NavItemModel {
  readonly href: string;
  readonly icon: string;
  readonly text: MessageDescriptor;
  readonly current: boolean;
}

export interface BackModel {
  readonly href: string;
  readonly text: MessageDescriptor;
  /** Only on narrow screens, because wide ones list the other pages next to this one. */
  readonly narrowOnly?: true;
}

export interface AppView {
  readonly name: string;
  /** Absent: the initial is shown instead. */
  readonly logo?: string;
  readonly initial: string;
}

export interface AppLogoModel extends AppView {
  /** The index of the logo in the page's sheet (`logo-<sheet>`). It replaces the initial. */
  readonly sheet?: number;
}

export interface ContextModel {
  readonly app: AppView;
  readonly context: MessageDescriptor;
}

export interface NoticesModel {
  readonly errors: readonly NoticeModel[];
  readonly infos: readonly NoticeModel[];
}

export interface NoticeModel {
  readonly id: string;
  /** A stable code for testers. */
  readonly code: string;
  readonly text: MessageDescriptor;
}

/** The user who signs in, and the names of the authenticators proved so far. */
export interface AccountModel {
  readonly identifier?: string;
  readonly done: readonly string[];
}

/** The start tag of a form. Absent attributes are left out. */
export interface FormModel {
  readonly id?: string;
  readonly method: 'get' | 'post';
  readonly step?: string;
  readonly authenticator?: string;
  readonly action: string;
  readonly hidden: readonly HiddenInput[];
  /** The server validates the input, with its own messages. */
  readonly novalidate?: true;
  /** Filled in by a WebAuthn ceremony. */
  readonly ceremony?: CeremonyModel;
  /** Where a script asks for the state of the sign-in, and the version on this page. */
  readonly follow?: { readonly status: string; readonly version: number };
}

export interface HiddenInput {
  readonly name: string;
  readonly value: string;
  /** Id of a checkbox in another form, whose state a script copies here. */
  readonly box?: string;
}

export interface CeremonyModel {
  /** JSON (Web Authentication Level 3 section 5). */
  readonly options: string;
  readonly focus?: true;
  readonly autofill?: true;
}

/** A form with only a button. */
export interface OptionModel {
  /** The form around the button. */
  readonly main: FormModel;
  readonly look: 'primary' | 'link';
  readonly text: MessageDescriptor;
}

export interface OptionsModel {
  readonly options: readonly OptionModel[];
}

/** A proof of work for the page's script. Without a script, the user has to wait. */
export interface WorkModel {
  readonly challenge: string;
  readonly bits: number;
}

/** Where the script of a challenge service shows its challenge. Without a script, the user has to wait. */
export interface ChallengeServiceModel {
  readonly script: string;
  readonly siteKey: string;
  /** The class by which the script finds the element. */
  readonly mark: string;
}

export interface LeadModel {
  readonly lead: MessageDescriptor;
}

export interface SignInRow {
  /** Absent for the user's own account. */
  readonly app?: string;
  readonly what: MessageDescriptor;
  readonly place: MessageDescriptor;
}
