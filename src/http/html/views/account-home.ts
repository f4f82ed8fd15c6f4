/** The first page of the account: its state, and suggestions. */
import type { Overview } from '../../../flow/account/overview.ts';
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { Translator } from '../../../rendering/translator.ts';
import type { CardModel, OverviewModel, SuggestionModel } from '../models/account-models.ts';
import { type AccountSection, sectionCards } from './account-frame.ts';
import type { OverviewPage } from './account-pages.ts';
import { keepModel } from './deletion-view.ts';
import { authenticatorName, iconOf } from './page-view.ts';

/** With fewer recovery codes than this, the pages warn. */
export const fewCodes = 3;

export function homeModel({ overview, keep, now }: OverviewPage, t: Translator): OverviewModel {
  return {
    ...(keep ? { keep: keepModel(keep) } : {}),
    suggestions: suggestionsFor(overview),
    cards: sectionCards.map(
      ([name, href, icon]): CardModel => ({
        icon,
        href,
        title: { key: `account.nav.${name}` },
        state: stateOf(name, overview, { now, t }),
      }),
    ),
  };
}

/** Best first. Contains only what the rules let this user do. */
function suggestionsFor({
  authenticators,
  addable,
  addresses,
  mailed,
  canAddAddress,
}: Overview): readonly SuggestionModel[] {
  const has = (key: string): boolean => authenticators.some(({ authenticator }) => authenticator === key);
  const add = (key: string): readonly SuggestionModel[] =>
    addable.includes(key) && !has(key) ? [suggestion(key, iconOf(key), `/account/add/${key}`)] : [];
  const isLow = authenticators.some(({ remaining }) => remaining !== undefined && remaining < fewCodes);
  const codes =
    isLow && addable.includes('recovery_code')
      ? [suggestion('few_codes', iconOf('recovery_code'), '/account/add/recovery_code')]
      : add('recovery_code');
  const isUntold = mailed && canAddAddress && addresses.length === 0;
  const address = isUntold ? [suggestion('address', 'bell', '/account/addresses/add')] : [];
  return [...add('webauthn'), ...codes, ...address];
}

function suggestion(name: string, icon: string, href: string): SuggestionModel {
  const text = (part: string) => ({ key: `account.next.${name}.${part}` });
  return { icon, href, title: text('title'), about: text('about'), action: text('action') };
}

function stateOf(
  section: AccountSection,
  { identifier, authenticators, sessions, signIns, addresses }: Overview,
  { now, t }: { readonly now: number; readonly t: Translator },
): MessageDescriptor {
  const key = `account.card.${section}`;
  switch (section) {
    case 'profile':
      return { key, params: { identifier } };
    case 'methods': {
      const kinds = [...new Set(authenticators.map(({ authenticator }) => authenticatorName(authenticator, t)))];
      return kinds.length === 0 ? { key: 'account.card.methods.none' } : { key, params: { methods: { items: kinds } } };
    }
    case 'devices':
      return { key, params: { count: sessions.length } };
    case 'activity': {
      const [last] = signIns;
      return last === undefined ? { key: 'account.activity.none' } : { key, params: { at: { at: last.at, now } } };
    }
    case 'notifications':
      return { key, params: { count: addresses.length } };
    default:
      return { key };
  }
}
