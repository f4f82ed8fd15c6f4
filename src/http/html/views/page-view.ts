/** A page in the form that templates get, and what all pages share. */
import type { Notice } from '../../../core/step/step.ts';
import type { Place } from '../../../flow/account/sessions.ts';
import type { AppLabel } from '../../../policy/revision/brand.ts';
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { Translator } from '../../../rendering/translator.ts';
import { noticeId } from '../fields/fields.ts';
import { localized } from '../fields/localized.ts';
import type { Invalid } from '../models/account-models.ts';
import type {
  AccountModel,
  AppView,
  BackModel,
  ContactModel,
  EndingModel,
  FormModel,
  HiddenInput,
  NavModel,
  NoticeModel,
  NoticesModel,
} from '../models/shared-models.ts';
import type { PageTemplateModels } from '../models/template-models.ts';
import type { PageBase } from './page-models.ts';

/** Templates for the content of a page. */
export type ContentTemplate = keyof PageTemplateModels & `${'steps' | 'pages' | 'account'}/${string}`;

export type View = { readonly [N in ContentTemplate]: ViewOf<N> }[ContentTemplate];

export interface ViewOf<N extends ContentTemplate> {
  readonly template: N;
  readonly model: PageTemplateModels[N];
  readonly heading: MessageDescriptor;
  readonly context?: MessageDescriptor;
  readonly app?: AppView;
  readonly account?: AccountModel;
  /** At the top of the page. */
  readonly notices?: NoticesModel;
  /** Names of the page's script files. */
  readonly scripts?: readonly string[];
  /** Address of a stylesheet in addition to the brand's. */
  readonly styles?: string;
  /** For pages with lists instead of one form. */
  readonly wide?: boolean;
  readonly nav?: NavModel;
  readonly back?: BackModel;
  readonly returnTo?: BackModel;
  readonly ending?: EndingModel;
}

/** What a page adds to the shared parts. */
export type OwnContent = View extends infer V
  ? V extends View
    ? Pick<V, 'template' | 'model' | 'heading' | 'account' | 'styles'>
    : never
  : never;

/** The contact for help, if the configuration has one. */
export function contactOf({ brand: { links } }: PageBase, t: Translator): { readonly contact?: ContactModel } {
  return links?.contact === undefined
    ? {}
    : { contact: { href: localized(links.contact, t), text: { key: 'contact.action' } } };
}

/** Marks the input `field` if a message is about it. */
export function invalidBy(notices: readonly Notice[], field: string): { readonly invalid?: Invalid } {
  const index = notices.findIndex((notice) => notice.field === field);
  return index < 0 ? {} : { invalid: { describedBy: noticeId(index) } };
}

export const noNotices: NoticesModel = { errors: [], infos: [] };

interface NoticesOptions {
  /** The step's authenticator, for notices that name none. */
  readonly authenticator?: string | undefined;
  /** Kind of the step. */
  readonly step?: string;
  /** Texts with one of these endings are preferred. */
  readonly variants?: readonly string[];
  readonly only?: (notice: Notice) => boolean;
}

/**
 * Notices with their texts. A text may be specific to an authenticator (`credentials.invalid.totp`), and also to a kind
 * of step (`credentials.invalid.password.identify`).
 */
export function noticesModel(
  notices: readonly Notice[],
  t: Translator,
  { authenticator, step, variants = [], only = () => true }: NoticesOptions = {},
): NoticesModel {
  const models = notices.map((notice, index): Notice & NoticeModel => {
    const about = notice.authenticator ?? authenticator;
    const exact = about === undefined ? [] : [`${notice.code}.${about}.${step}`, `${notice.code}.${about}`];
    const varied = variants.map((variant) => `${notice.code}.${variant}`);
    const key = t.pick(...varied, ...exact, notice.code);
    const named = notice.authenticator && { authenticator: authenticatorName(notice.authenticator, t) };
    const text = { key, ...(named || notice.params ? { params: { ...named, ...notice.params } } : {}) };
    return { ...notice, id: noticeId(index), text };
  });
  const chosen = models.filter(only);
  const model = ({ id, code, text }: NoticeModel): NoticeModel => ({ id, code, text });
  return {
    errors: chosen.filter(({ level }) => level === 'error').map(model),
    infos: chosen.filter(({ level }) => level !== 'error').map(model),
  };
}

/** A logo is shown only if the page contains it or this host serves it, since a page loads nothing from elsewhere. */
export function appView(app: AppLabel): AppView {
  const initial = Array.from(app.name.trim())[0]?.toLocaleUpperCase() ?? '?';
  const logo = app.logoUri;
  const own =
    logo !== undefined && (/^data:image\/(png|jpeg|gif|webp|svg\+xml)[;,]/.test(logo) || /^\/(?![/\\])/.test(logo));
  return own ? { name: app.name, initial, logo } : { name: app.name, initial };
}

export function accountModel(
  account: { readonly identifier: string } | undefined,
  done: readonly string[] = [],
): AccountModel {
  return account === undefined ? { done } : { identifier: account.identifier, done };
}

/** A form that says which step it answers, and proves which page it came from (Law 11). */
export function stateForm(
  form: Pick<FormModel, 'step' | 'authenticator' | 'action' | 'novalidate' | 'ceremony'>,
  stateHandle: string,
  more: readonly HiddenInput[] = [],
): FormModel {
  return { ...form, method: 'post', hidden: [{ name: 'stateHandle', value: stateHandle }, ...more] };
}

/** Name of an authenticator in the language of the page. */
export function authenticatorName(key: string, t: Translator): string {
  return t.text(`authenticator.${key}`);
}

/** Each authenticator has its own icon. */
export function iconOf(authenticator: string): string {
  return `authenticators/${authenticator}`;
}

/** Browser, system and address. An empty text means unknown. */
export function placeText({ browser, system, ip }: Place): MessageDescriptor {
  const agent = browser && system ? 'both' : browser ? 'browser' : system ? 'system' : 'none';
  return {
    key: 'account.place',
    params: { agent, browser, system, ip, from: ip ? 'address' : 'none' },
  };
}
