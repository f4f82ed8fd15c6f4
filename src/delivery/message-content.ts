/** Turns the parameters of a delivery into the model of its template. */
import type { Delivery } from '../authenticators/authenticator.ts';
import type { MessageDescriptor } from '../rendering/message-descriptor.ts';
import type { Translator } from '../rendering/translator.ts';
import type {
  AccountChangedMail,
  AddressMail,
  CodeMail,
  DetailModel,
  MailBase,
  NumberChangedMessage,
  OriginModel,
  RecoveryUsedMail,
  RegisteredMail,
  TextMessage,
  VoiceCall,
} from './message-models.ts';

/** What all messages share at a given time. */
export interface RenderContext extends MailBase {
  readonly accountUrl: string;
  readonly t: Translator;
}

/** A mail. Its name is that of its templates. */
export type MailContent = { readonly subject: MessageDescriptor; readonly footer: MessageDescriptor } & (
  | { readonly name: 'code'; readonly model: CodeMail }
  | { readonly name: 'address'; readonly model: AddressMail }
  | { readonly name: 'registered'; readonly model: RegisteredMail }
  | { readonly name: 'recovery-used'; readonly model: RecoveryUsedMail }
  | { readonly name: 'account-changed'; readonly model: AccountChangedMail }
);

/** With fewer recovery codes than this, the message warns. */
const fewCodes = 3;

/** Throws for an unknown template. */
export function mailContent({ template, params }: Delivery, context: RenderContext): MailContent {
  const { t, accountUrl, ...base } = context;
  const given = readParams(params);
  const app = given.text('app');
  const code = given.text('code');
  const minutes = given.number('minutes');
  switch (template) {
    case 'code': {
      const isRecovery = given.text('purpose') === 'recovery';
      const text = (part: 'subject' | 'lead' | 'lead.link' | 'link') => ({
        key: isRecovery ? `mail.code.recovery.${part}` : `mail.code.${part}`,
        params: { app },
      });
      const model = { ...base, ...originOf(given), action: text('link'), ...codeOrLink(given, text) };
      return {
        name: template,
        model,
        subject: text('subject'),
        footer: askedFooter(base),
      };
    }
    case 'address': {
      const model = { ...base, ...originOf(given), code, minutes };
      return { name: template, model, subject: { key: 'mail.address.subject' }, footer: askedFooter(base) };
    }
    case 'registered': {
      const model = { ...base, ...originOf(given), app };
      return { name: template, model, subject: { key: 'mail.registered.subject' }, footer: askedFooter(base) };
    }
    case 'recovery-used': {
      const remaining = given.number('remaining');
      const few = remaining < fewCodes;
      const model = { ...base, app, remaining, few, accountUrl, details: timeAndPlace(given) };
      return { name: template, model, subject: { key: 'mail.recovery-used.subject' }, footer: noticeFooter(base) };
    }
    case 'account-changed':
      return accountChangedContent(given, context);
    case 'new-browser':
      return newBrowserContent(given, context);
    default:
      throw new Error(`there is no mail ${template}`);
  }
}

/** Whether the mail contains a code, a link or both, and how long they count. */
function codeOrLink(given: Given, text: (part: 'lead' | 'lead.link') => MessageDescriptor) {
  const [code, link, minutes] = [given.text('code'), given.text('link'), given.number('minutes')];
  const isLinkOnly = code === '';
  const lifetime = isLinkOnly
    ? 'mail.code.lifetime.link'
    : link === ''
      ? 'mail.code.lifetime.code'
      : 'mail.code.lifetime';
  return {
    lead: text(isLinkOnly ? 'lead.link' : 'lead'),
    ...(isLinkOnly ? {} : { code }),
    ...(link === '' ? {} : { link }),
    lifetime: { key: lifetime, params: { minutes } },
    warning: { key: isLinkOnly ? 'mail.code.warning.link' : 'mail.code.warning' },
  };
}

function accountChangedContent(given: Given, { t, accountUrl, ...base }: RenderContext): MailContent {
  const event = given.text('event');
  const authenticator = authenticatorTitle(given.text('authenticator'), t);
  const due = { at: given.number('due'), style: 'long' } as const;
  const subject = `mail.account-changed.${event}.subject`;
  const what = {
    key: `mail.account-changed.${event}`,
    params: { identifier: given.text('identifier'), authenticator, label: given.text('label'), due },
  };
  const otherSessionsEnded = given.text('ended') !== '';
  const warning = { key: t.pick(`mail.account-changed.warning.${event}`, 'mail.account-changed.warning') };
  const details = timeAndPlace(given);
  const model = { ...base, what, otherSessionsEnded, accountUrl, warning, details, ...actionOf(given) };
  return {
    name: 'account-changed',
    model,
    subject: { key: subject, params: { authenticator } },
    footer: noticeFooter(base),
  };
}

function newBrowserContent(given: Given, { t: _, ...context }: RenderContext): MailContent {
  const what = { key: 'mail.new-browser.lead', params: { identifier: given.text('identifier') } };
  const details = timeAndPlace(given);
  const warning = { key: 'mail.account-changed.warning' };
  return {
    name: 'account-changed',
    model: { ...context, what, otherSessionsEnded: false, warning, details, ...actionOf(given) },
    subject: { key: 'mail.new-browser.subject' },
    footer: noticeFooter(context),
  };
}

/** The link in a notification that acts on what it reports. */
function actionOf(given: Given): Pick<AccountChangedMail, 'action'> {
  const link = given.text('link');
  const does = given.text('does');
  const until = { at: given.number('until'), style: 'long' } as const;
  if (link === '') return {};
  const lead = { key: `mail.account-changed.link.${does}.lead`, params: { until } };
  return { action: { lead, link, text: { key: `mail.account-changed.link.${does}` } } };
}

type ShortContent =
  | { readonly template: 'sms/number-changed.txt'; readonly model: NumberChangedMessage }
  | { readonly template: 'sms/code.txt' | 'sms/number.txt'; readonly model: TextMessage }
  | { readonly template: 'voice/code.txt' | 'voice/number.txt'; readonly model: VoiceCall };

/** A text message or a call. Throws for an unknown template. */
export function shortContent({ channel, template, params }: Delivery, { brand }: RenderContext): ShortContent {
  if (channel === 'sms' && template === 'number-changed')
    return { template: 'sms/number-changed.txt', model: { brand, link: readParams(params).text('link') } };
  if (template !== 'code' && template !== 'number') throw new Error(`there is no message ${template}`);
  const given = readParams(params);
  const app = given.text('app');
  const code = given.text('code');
  const isRecovery = template === 'code' && given.text('purpose') === 'recovery';
  const lead = `${channel}.${template}${isRecovery ? '.recovery' : ''}.lead`;
  // A voice would read six digits as one number unless they are separated.
  if (channel === 'voice')
    return {
      template: `voice/${template}.txt`,
      model: { lead: { key: lead, params: { brand, app } }, digits: Array.from(code).join(', ') },
    };
  const minutes = given.number('minutes');
  const model = { lead: { key: lead, params: { brand, app, code, minutes } }, code, domain: given.text('domain') };
  return { template: `sms/${template}.txt`, model };
}

type Given = ReturnType<typeof readParams>;

/** The parameters by name, as text or number. A missing one is empty, or 0. */
function readParams(params: Delivery['params']) {
  return {
    text: (name: string): string => withoutControls(String(params[name] ?? '')),
    number: (name: string): number => Number(params[name] ?? 0),
  };
}

/** A name with a line break must not start a line of its own. */
function withoutControls(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}

function askedFooter({ brand }: Pick<MailBase, 'brand'>): MessageDescriptor {
  return { key: 'mail.request.footer', params: { brand } };
}

function noticeFooter({ brand }: Pick<MailBase, 'brand'>): MessageDescriptor {
  return { key: 'mail.notification.footer', params: { brand } };
}

function authenticatorTitle(key: string, t: Translator): string {
  return key === '' ? '' : t.text(`authenticator.${key}`);
}

function originOf(given: Given): OriginModel {
  const { agent, browser, system, ip } = deviceAndAddress(given);
  const knows = agent === 'both' ? 'both' : 'ip';
  return ip === '' ? {} : { origin: { key: 'mail.origin', params: { knows, browser, system, ip } } };
}

function deviceAndAddress(given: Given) {
  const [browser, system, ip] = [given.text('browser'), given.text('system'), given.text('ip')];
  const agent = browser && system ? 'both' : browser ? 'browser' : system ? 'system' : 'none';
  return { agent, browser, system, ip };
}

function timeAndPlace(given: Given): readonly DetailModel[] {
  const { agent, browser, system, ip } = deviceAndAddress(given);
  const shows = agent === 'none' ? (ip ? 'ip' : 'none') : ip ? 'all' : agent;
  const at = given.number('at');
  const text = (label: string, name: string) => ({
    label: { key: `mail.details.${label}` },
    value: { key: 'mail.details.value', params: { value: given.text(name) } },
    isKnown: given.text(name) !== '',
  });
  const when = { key: 'mail.details.value', params: { value: { at, style: 'long' } } } as const;
  const where = { key: 'mail.details.place', params: { agent, browser, system, ip, shows } };
  const all = [
    text('name', 'label'),
    text('former_name', 'formerLabel'),
    text('address', 'address'),
    { label: { key: 'mail.details.when' }, value: when, isKnown: at > 0 },
    { label: { key: 'mail.details.where' }, value: where, isKnown: shows !== 'none' },
    text('app', 'app'),
  ];
  return all.filter(({ isKnown }) => isKnown).map(({ label, value }) => ({ label, value }));
}
