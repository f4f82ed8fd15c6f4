/** Every mail, text message and call, with invented data. */
import type { Delivery } from '../../authenticators/authenticator.ts';
import { accountChanges } from '../../flow/notify/account-notification.ts';

const asked = { app: 'Notes', ip: '192.0.2.1', browser: 'Firefox', system: 'Linux' };
const link = 'https://id.example.org/signin/x/link';
const code = { ...asked, code: '012345', minutes: 10, link, domain: 'id.example.org' };
const { link: _link, ...codeAlone } = code;
const { code: _code, ...linkAlone } = code;
const changed = { ...asked, identifier: 'alice@example.org', at: 1_800_000_000, label: 'Work phone' };

type Sample = readonly [channel: Delivery['channel'], template: string, params: Delivery['params']];

const samples: Readonly<Record<string, Sample>> = {
  'mail-code': ['email', 'code', code],
  'mail-code-alone': ['email', 'code', codeAlone],
  'mail-link-alone': ['email', 'code', linkAlone],
  'mail-code-recovery': ['email', 'code', { ...code, purpose: 'recovery' }],
  'mail-address': ['email', 'address', code],
  'mail-registered': ['email', 'registered', asked],
  'mail-recovery-used': ['email', 'recovery-used', { ...changed, remaining: 2 }],
  'mail-new-browser': ['email', 'new-browser', { ...changed, link, does: 'not_me', until: 1_800_600_000 }],
  ...Object.fromEntries(
    accountChanges.map((event) => [
      `mail-changed-${event}`,
      ['email', 'account-changed', { ...changed, event, authenticator: 'totp', due: 1_801_000_000 }] as const,
    ]),
  ),
  'sms-code': ['sms', 'code', code],
  'sms-number': ['sms', 'number', code],
  'sms-number-changed': ['sms', 'number-changed', { link: 'https://id.example.org/account/undo' }],
  'voice-code': ['voice', 'code', code],
  'voice-number': ['voice', 'number', code],
};

/** By name of the state. */
export const sampleMessages: ReadonlyMap<string, Delivery> = new Map(
  Object.entries(samples).map(([name, [channel, template, params]]) => [
    name,
    { channel, to: 'alice@example.org', template, params, expires: 1_900_000_000 },
  ]),
);
