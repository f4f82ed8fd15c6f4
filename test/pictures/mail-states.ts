/** Every mail, with sample values. */
import type { Delivery } from '../../src/authenticators/authenticator.ts';
import { accountChanges } from '../../src/flow/notify/account-notification.ts';

const asked = { app: 'Notes', ip: '192.0.2.1', browser: 'Firefox', system: 'Linux' };
const code = { ...asked, code: '012345', minutes: 10, link: 'https://id.example.org/signin/x/link' };
const changed = { ...asked, identifier: 'alice@example.org', at: 1_800_000_000, label: 'Work phone' };

const params: Readonly<Record<string, readonly [string, Delivery['params']]>> = {
  'mail-code': ['code', code],
  'mail-code-recovery': ['code', { ...code, purpose: 'recovery' }],
  'mail-address': ['address', code],
  'mail-registered': ['registered', asked],
  'mail-recovery-used': ['recovery-used', { ...changed, remaining: 2 }],
  'mail-new-browser': ['new-browser', { ...changed, link: code.link, does: 'not_me', until: 1_800_600_000 }],
  ...Object.fromEntries(
    accountChanges.map((event) => [
      `mail-changed-${event}`,
      ['account-changed', { ...changed, event, authenticator: 'totp', due: 1_801_000_000 }] as const,
    ]),
  ),
};

export const mailStates: Readonly<Record<string, Delivery>> = Object.fromEntries(
  Object.entries(params).map(([name, [template, values]]) => [
    name,
    { channel: 'email', to: 'alice@example.org', template, params: values, expires: 1_900_000_000 },
  ]),
);
