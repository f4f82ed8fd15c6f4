/** What templates of several pages are given: the frame, forms, notices, and who signs in. */
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
  /** What the browser is told about credentials: JSON for a script. */
  readonly signals: readonly string[];
  /** For pages of lists rather than one form. */
  readonly wide: boolean;
  readonly app?: AppView;
  /** Stands over the heading: what the user is here for. */
  readonly context?: MessageDescriptor;
  readonly heading: MessageDescriptor;
  /** Whose sign-in it is, and how far it is. */
  readonly account?: AccountModel;
  readonly notices: NoticesModel;
  /** The pages of the user's own account. */
  readonly nav?: NavModel;
  /** The app from which the user came. */
  readonly returnTo?: BackModel;
  /** Leads to the page that this one is part of. */
  readonly back?: BackModel;
  /** HTML of the page itself. */
  readonly main: string;
  /** The page can be used for a while only. */
  readonly ending?: EndingModel;
  /** Of the brand, for the foot of the page. */
  readonly links: readonly LinkModel[];
  /** Absent: there is one language only. */
  readonly languages?: LanguagesModel;
}

/** When a sign-in ends, told before it does (WCAG 2.2, success criterion 2.2.1). */
export interface EndingModel {
  /** Seconds from the drawing of the page. */
  readonly remaining: number;
  /** That it is near; absent: it is not yet. */
  readonly near?: MessageDescriptor;
  /** What a script says on a page that was left open. */
  readonly warning: MessageDescriptor;
  /** That it has ended, and where the user goes on. */
  readonly over: MessageDescriptor;
  readonly next: LinkModel;
}

/** The switch of languages, each by its own name. */
export interface LanguagesModel {
  readonly current: LanguageModel;
  readonly others: readonly LanguageModel[];
  /** Where the browser comes back to. */
  readonly back: string;
}

export interface LanguageModel {
  readonly locale: Locale;
  readonly name: string;
}

export interface BrandModel {
  readonly name: string;
  /** Stands in place of the name. */
  readonly logo?: PictureModel;
  /** The stylesheet has a picture for the page behind the card. */
  readonly hasBackground: boolean;
}

/** Paths. Without `dark`, `light` serves in both schemes. */
export interface PictureModel {
  readonly light: string;
  readonly dark?: string;
}

/** A picture and what it says to a user who does not see it; empty: nothing. */
export interface PictureView extends PictureModel {
  readonly alt: string;
}

export interface LinkModel {
  readonly text: MessageDescriptor;
  readonly href: string;
}

/** Whom to ask, as the configuration says. */
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
  /** Where the pages beside this one are listed, only they are needed. */
  readonly narrowOnly?: true;
}

export interface AppView {
  readonly name: string;
  /** Absent: the initial stands in. */
  readonly logo?: string;
  readonly initial: string;
}

export interface AppMarkModel extends AppView {
  /** Which mark of the sheet that the page loads takes the place of the initial (`logo-<sheet>`). */
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
  /** Stable; testers read it. */
  readonly code: string;
  readonly text: MessageDescriptor;
}

/** The user who signs in, and the names of the authenticators that the user confirmed so far. */
export interface AccountModel {
  readonly identifier?: string;
  readonly done: readonly string[];
}

/** The start tag of a form. Attributes that are absent are left out. */
export interface FormModel {
  readonly id?: string;
  readonly method: 'get' | 'post';
  readonly step?: string;
  readonly authenticator?: string;
  readonly action: string;
  readonly hidden: readonly HiddenInput[];
  /** The server checks what was typed, and says what is wrong in its own words. */
  readonly novalidate?: true;
  /** Filled in by a WebAuthn ceremony. */
  readonly ceremony?: CeremonyModel;
  /** Where a script asks how far the sign-in is, and the version that the page shows. */
  readonly follow?: { readonly status: string; readonly version: number };
}

export interface HiddenInput {
  readonly name: string;
  readonly value: string;
  /** Id of a checkbox of another form whose state a script copies here. */
  readonly box?: string;
}

export interface CeremonyModel {
  /** JSON (Web Authentication Level 3 section 5). */
  readonly options: string;
  readonly focus?: true;
  readonly autofill?: true;
}

/** A form that is one button. */
export interface OptionModel {
  /** Its own form. */
  readonly main: FormModel;
  readonly look: 'primary' | 'link';
  readonly text: MessageDescriptor;
}

export interface OptionsModel {
  readonly options: readonly OptionModel[];
}

/** A task for the script of the page; without it the user waits. */
export interface WorkModel {
  readonly challenge: string;
  readonly bits: number;
}

/** Where the script of a challenge service draws its challenge; without it the user waits. */
export interface ChallengeServiceModel {
  readonly script: string;
  readonly siteKey: string;
  /** The class by which the script finds the place. */
  readonly mark: string;
}

export interface LeadModel {
  readonly lead: MessageDescriptor;
}

export interface SignInRow {
  /** Absent: the user's own account. */
  readonly app?: string;
  readonly what: MessageDescriptor;
  readonly place: MessageDescriptor;
}
