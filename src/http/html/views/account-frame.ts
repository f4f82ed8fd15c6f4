/** The frame of the account pages: their navigation, and the way back. */
import type { BackModel, NavItemModel, NavModel } from '../models/shared-models.ts';
import type { AccountPage } from './account-pages.ts';

type Kind = AccountPage['kind'];

/** The pages in the navigation, in order: kind, address, icon. */
const sections = [
  ['overview', '/account', 'home'],
  ['profile', '/account/profile', 'person'],
  ['methods', '/account/methods', 'key'],
  ['devices', '/account/devices', 'devices'],
  ['activity', '/account/activity', 'clock'],
  ['notifications', '/account/notifications', 'bell'],
  ['apps', '/account/apps', 'apps'],
] as const;

export type AccountSection = (typeof sections)[number][0];

/** The section that a confirmation page belongs to. */
const sectionOf: Readonly<Record<Exclude<Kind, AccountSection>, AccountSection>> = {
  authenticator: 'methods',
  'end-session': 'devices',
  'forget-device': 'devices',
  'add-address': 'notifications',
  'confirm-address': 'notifications',
  'remove-address': 'notifications',
  'end-app-access': 'apps',
  'change-identifier': 'profile',
  'confirm-identifier': 'profile',
  data: 'profile',
  'delete-account': 'profile',
  'keep-account': 'profile',
};

/** All sections but the first page, which has a card for each of them. */
export const sectionCards = sections.slice(1);

export interface Frame {
  readonly wide?: boolean;
  readonly nav?: NavModel;
  readonly back?: BackModel;
  readonly returnTo?: BackModel;
}

export function frameOf({ kind, returnTo: app }: AccountPage): Frame {
  const returnTo = app && { href: app.href, text: { key: 'account.return', params: { app: app.name } } };
  const shared = returnTo === undefined ? {} : { returnTo };
  if (!isSection(kind)) return { back: backTo(sectionOf[kind]), ...shared };
  const home = { href: '/account', text: { key: 'account.back' }, narrowOnly: true } as const;
  return { wide: true, nav: { items: itemsFor(kind) }, ...(kind === 'overview' ? {} : { back: home }), ...shared };
}

function isSection(kind: Kind): kind is AccountSection {
  return sections.some(([name]) => name === kind);
}

function backTo(section: AccountSection): BackModel {
  const [, href = '/account'] = sections.find(([name]) => name === section) ?? [];
  return { href, text: { key: `account.nav.${section}` } };
}

function itemsFor(current: AccountSection): readonly NavItemModel[] {
  return sections.map(([name, href, icon]) => ({
    href,
    icon,
    text: { key: `account.nav.${name}` },
    current: name === current,
  }));
}
