/** Renders messages: the models of a delivery through its templates, with the texts of one language. */
import type { Delivery } from '../authenticators/authenticator.ts';
import { textForLocale } from '../rendering/locale.ts';
import { type BrandColors, paletteOf } from '../rendering/palette.ts';
import { loadTemplates, type TemplateOptions, type Templates } from '../rendering/templates.ts';
import type { Translator } from '../rendering/translator.ts';
import { mailContent, type RenderContext, shortContent } from './message-content.ts';
import type { MessageTemplateModels } from './message-models.ts';
import { messageTemplates } from './message-templates.ts';
import type { About } from './outbox.ts';

export type MessageTemplates = Templates<MessageTemplateModels>;

export interface MessageRendererOptions {
  readonly templates: MessageTemplates;
  /** The texts in the language that best fits the preferences. */
  textsFor(languages: About['languages']): Translator;
  /** The product's current brand, for messages without another one. */
  brand(): MessageBrand;
  /** This provider's origin, from which pictures are loaded. */
  readonly origin?: string;
  /** The address of the account pages, which notifications mention. */
  readonly accountUrl: string;
}

/** The parts of a brand that messages show. */
export interface MessageBrand extends BrandColors {
  readonly name: string;
  /** Paths on this host. */
  readonly logo?: { readonly light: string; readonly dark?: string };
  readonly links?: Readonly<Partial<Record<string, Readonly<Record<string, string>>>>>;
}

export interface RenderedMessage {
  readonly brand: string;
  /** BCP 47. */
  readonly locale: string;
  /** Email only. */
  readonly subject?: string;
  readonly text: string;
  /** Email only. */
  readonly html?: string;
}

/** Throws for an unknown template, since another try would not find it either. */
export type MessageRenderer = (
  delivery: Delivery,
  reader: Pick<About, 'languages' | 'timeZone'> | undefined,
  brand?: MessageBrand,
) => RenderedMessage;

/**
 * Reads and compiles all message templates, so that a broken one stops the start and not a message. A template in a
 * later folder replaces one in an earlier folder.
 */
export function loadMessageTemplates(dirs: readonly string[], options?: TemplateOptions): MessageTemplates {
  return loadTemplates<MessageTemplateModels>(dirs, messageTemplates, options);
}

export function createMessageRenderer(options: MessageRendererOptions): MessageRenderer {
  const { templates } = options;
  return (delivery, reader, given) => {
    const brand = given ?? options.brand();
    const t = options.textsFor(reader?.languages).inZone(reader?.timeZone);
    const [light, dark] = [paletteOf(brand, 'light'), paletteOf(brand, 'dark')];
    const { accent, onAccent } = light;
    const context: RenderContext = { t, brand: brand.name, accent, onAccent, accountUrl: options.accountUrl };
    const common = { brand: brand.name, locale: t.locale.tag };
    if (delivery.channel !== 'email') {
      const { template, model } = shortContent(delivery, context);
      return { ...common, text: trimmed(templates.draw(template, model, t)) };
    }
    const { name, model, subject: title, footer } = mailContent(delivery, context);
    const subject = t.text(title.key, title.params).replace(/[\r\n]+/g, ' ');
    const main = templates.draw(`mail/${name}.html`, model, t);
    const frame = { ...frameOf(brand, options.origin, t), light, dark };
    return {
      ...common,
      subject,
      text: trimmed(templates.draw(`mail/${name}.txt`, model, t)),
      html: templates.draw('mail/layout.html', { ...frame, subject, main, footer }, t),
    };
  };
}

/** A logo that mail programs can show: they do not support SVG. */
function frameOf({ name, logo, links = {} }: MessageBrand, origin: string | undefined, t: Translator) {
  const addressOf = (path: string | undefined) =>
    path === undefined || path.endsWith('.svg') || origin === undefined ? undefined : origin + path;
  const [light, dark] = [addressOf(logo?.light), addressOf(logo?.dark)];
  const hrefs = Object.entries(links).flatMap(([link, address]) => {
    const href = address && textForLocale(address, t.locale);
    return href ? [{ text: { key: `links.${link}` }, href }] : [];
  });
  return {
    locale: t.locale,
    brand: name,
    links: hrefs,
    ...(light === undefined ? {} : { logo: dark === undefined ? { light } : { light, dark } }),
  };
}

function trimmed(text: string): string {
  return `${text.trim()}\n`;
}
