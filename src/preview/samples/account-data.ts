/** Data for the sample pages of the account. */
import { oneDay } from '../../core/model/durations.ts';
import type { ProfileField } from '../../core/step/step.ts';
import type { ConnectedApp } from '../../flow/account/apps.ts';
import type { Overview } from '../../flow/account/overview.ts';
import type { OwnProfile } from '../../flow/account/profile.ts';
import type { AccountPage, OverviewPage } from '../../http/html/views/account-pages.ts';
import { standardAttributes } from '../../policy/model/standard-attributes.ts';

export const at = 1_795_000_000;
export const firefox = { browser: 'Firefox', system: 'Linux', ip: '192.0.2.7' };
const nowhere = { browser: '', system: '', ip: '' };
export const accountBase = { brand: { name: 'Acme ID' }, locale: 'en', notices: [] } as const;
export const handle = 'Zm9ybS1oYW5kbGU';
export const name = 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA';

export const partner: ConnectedApp = {
  id: name,
  clientId: 'partner',
  name: 'Partner',
  consent: { granted: ['openid', 'email', 'orders'], rejected: ['phone'], at },
  offlineSince: at + oneDay,
  texts: { orders: { label: { en: 'See your orders', de: 'Ihre Bestellungen sehen' } } },
};
export const openable = ['Expenses', 'Notes', 'Payroll', 'Travel and conferences'].map((app) => ({
  name: app,
  href: `https://${app.slice(0, 5).toLowerCase()}.example/`,
}));
/** An app of the operator. */
export const backup: ConnectedApp = { id: name, clientId: 'backup', name: 'Backup', offlineSince: at, texts: {} };

export function overview(more: Partial<Overview> = {}): Overview {
  return {
    identifier: 'alice@demo.test',
    authenticators: [
      { id: 'p1', authenticator: 'password', createdAt: at },
      { id: 't1', authenticator: 'totp', label: 'Work phone', createdAt: at + oneDay },
      { id: 'w1', authenticator: 'webauthn', createdAt: at + 172_800 },
      { id: 'e1', authenticator: 'email', createdAt: at, address: 'a***e@d***o.test' },
    ],
    addable: ['totp', 'webauthn', 'recovery_code', 'email'],
    full: [],
    replaced: [],
    sessions: [
      { id: 's1', current: true, apps: ['Notes', 'Payroll'], startedAt: at, usedAt: at + 300, ...firefox },
      { id: 's2', current: false, apps: [], startedAt: at - oneDay, usedAt: at - 80_000, ...nowhere },
    ],
    devices: [{ id: 'd1', current: true, waived: ['totp'], at, until: at + 2_592_000, ...firefox }],
    signIns: [
      { at: at + 300, app: 'Payroll', proved: ['password', 'totp'], ...firefox },
      { at, app: 'Notes', proved: ['webauthn'], ...firefox, ip: '2001:db8:1::abcd:ef01:2345:6789' },
    ],
    addresses: [
      { address: 'alice@demo.test', source: 'profile' },
      { address: 'alice.archer@mail.example.org', source: 'authenticator' },
      { address: 'archer.family@example.net', source: 'added', name },
    ],
    mailed: true,
    canAddAddress: true,
    ...more,
  };
}

/** `text`: a value that the user wrote. */
export function sampleProfile(text: string): OwnProfile {
  const standard = (standardName: string, value?: string): ProfileField => {
    const attribute = standardAttributes[standardName];
    if (!attribute) throw new Error(standardName);
    return { name: standardName, attribute, required: false, ...(value === undefined ? {} : { value }) };
  };
  const own = { type: 'text', read: 'user', write: 'user', label: { en: 'Shirt size' } } as const;
  const options = [{ value: 'S' }, { value: 'M', label: { en: 'Medium' } }];
  return {
    identifiers: [
      { kind: 'email', value: 'alice@demo.test', verified: true, canChange: true, asked: 'archer@example.net' },
      { kind: 'phone', verified: false, canChange: true },
      { kind: 'username', value: text.slice(0, 60), verified: true, canChange: false },
    ],
    fields: [
      standard('displayName', text),
      standard('birthdate', '1990-12-31'),
      standard('locale'),
      standard('locality', 'Vienna'),
      { name: 'shirtSize', attribute: { ...own, options }, required: false, value: 'M' },
    ],
    fixed: [
      { name: 'department', attribute: { ...own, write: 'admin', label: { en: 'Department' } }, value: text },
      {
        name: 'badges',
        attribute: { ...own, type: 'list', write: 'admin', label: { en: 'Badges' } },
        value: ['red', 'blue'],
      },
      {
        name: 'contractor',
        attribute: { ...own, type: 'boolean', write: 'admin', label: { en: 'Contractor' } },
        value: true,
      },
    ],
    canDownload: true,
    canDelete: true,
  };
}

export const passwordPage = {
  ...accountBase,
  kind: 'authenticator',
  authenticator: { id: 'p1', authenticator: 'password', createdAt: at },
  renameHandle: handle,
  removeHandle: handle,
} as const;
export const lost = { names: ['Expenses', 'Payroll', 'Travel'], more: 0, confirmation: handle };
export const confirm = {
  ...accountBase,
  kind: 'confirm-address',
  address: 'archer@example.net',
  handle,
  resendHandle: handle,
} as const;

export const deleting = {
  ...accountBase,
  kind: 'delete-account',
  dueAt: at + 1_209_600,
  apps: { names: ['Notes', 'Payroll'], more: 0 },
  canDownload: true,
  handle,
} as const;

export type AccountPages = Readonly<Record<string, AccountPage>>;

/** The parts of the account with a page of their own, in every state. */
const sections = ['overview', 'methods', 'devices', 'activity', 'notifications'] as const;

type OverviewState = Partial<Omit<OverviewPage, 'kind'>>;

/** The same state on each of the pages, as `account`, `account-methods` and so on. */
export function onEachPage(suffix: string, state: OverviewState): AccountPages {
  return Object.fromEntries(
    sections.map((kind) => [
      kind === 'overview' ? `account${suffix}` : `account-${kind}${suffix}`,
      { ...accountBase, now: at + 190_000, overview: overview(), ...state, kind },
    ]),
  );
}
