/** Messages in words: the models of a delivery through its templates, with the texts of one language. */
import type { Delivery } from '../authenticators/authenticator.ts';
import { loadTemplates } from '../rendering/templates.ts';
import type { Translator } from '../rendering/translator.ts';
import { mailContent, type RenderContext, shortContent } from './message-content.ts';
import type { MessageTemplateModels } from './message-models.ts';
import { messageTemplates } from './message-templates.ts';
import type { About } from './outbox.ts';

export interface MessageRendererOptions {
  readonly viewsDir: string;
  /** The texts in the language that fits the wishes best. */
  textsFor(languages: About['languages']): Translator;
  /** Name and colour of the product at the moment. */
  brand(): { readonly name: string; readonly accent?: string };
  /** Where users look after their account; notifications about it say so. */
  readonly accountUrl: string;
  /** Told the name of each template that is drawn, for tests. */
  readonly drawn?: (template: string) => void;
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

/** Throws for a template that there is not: no other try will find it. */
export type MessageRenderer = (delivery: Delivery, languages: About['languages']) => RenderedMessage;

const defaultAccent = '#1a5fb4';

/** Reads and compiles all templates, so that a broken one stops the start and not a message. */
export function createMessageRenderer(options: MessageRendererOptions): MessageRenderer {
  const { viewsDir, drawn } = options;
  const templates = loadTemplates<MessageTemplateModels>([viewsDir], messageTemplates, drawn ? { drawn } : {});
  return (delivery, languages) => {
    const { name: brand, accent = defaultAccent } = options.brand();
    const t = options.textsFor(languages);
    const context: RenderContext = {
      t,
      brand,
      accent,
      onAccent: textOn(accent),
      accountUrl: options.accountUrl,
    };
    const common = { brand, locale: t.locale.tag };
    if (delivery.channel !== 'email') {
      const { template, model } = shortContent(delivery, context);
      return { ...common, text: trimmed(templates.draw(template, model, t)) };
    }
    const { name, model, subject: title, footer } = mailContent(delivery, context);
    const subject = t.text(title.key, title.params).replace(/[\r\n]+/g, ' ');
    const main = templates.draw(`mail/${name}.html`, model, t);
    return {
      ...common,
      subject,
      text: trimmed(templates.draw(`mail/${name}.txt`, model, t)),
      html: templates.draw('mail/layout.html', { locale: t.locale, subject, brand, main, footer }, t),
    };
  };
}

function trimmed(text: string): string {
  return `${text.trim()}\n`;
}

/** Black or white, whichever has more contrast (WCAG 2.2, relative luminance). */
function textOn(colour: string): string {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(
    (at) => (Number.parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? '#000000' : '#ffffff';
}
