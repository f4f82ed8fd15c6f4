import { describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { createChannels } from '../../../src/delivery/channels.ts';
import { inboxChannel, readInbox } from '../../../src/delivery/inbox.ts';
import { createMessageRenderer } from '../../../src/delivery/render-message.ts';
import { accountChanges } from '../../../src/flow/notify/account-notification.ts';
import type { MailSettings } from '../../../src/policy/model/settings.ts';
import { settingsSchemaFor } from '../../../src/policy/schema/schemas.ts';
import { contrast, parseColour } from '../../../src/rendering/colour.ts';
import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import { signInMail } from '../../support/messages/outbox.ts';
import { startMailServer } from '../../support/messages/smtp.ts';
import { sharedViews } from '../../support/shared/views.ts';
import { recordingStore } from '../../support/stores/recording-store.ts';

const common = { brand: 'Acme', locale: 'en', expires: 2_000_000_000 } as const;
const message = { ...common, id: 'm', channel: 'email', to: 'a@x.test', subject: 's', text: 't' } as const;
const node = { variables: {}, warn: () => undefined, now: () => 1_800_000_000 };

test('the inbox keeps the newest two hundred, newest first', async () => {
  const store = recordingStore(openEmbedded({ file: ':memory:' }));
  try {
    const inbox = inboxChannel(store);
    expect(await readInbox(store)).toEqual([]);
    for (let index = 0; index < 230; index += 1) await inbox.send({ ...message, text: `${index}` });
    await inbox.send({ ...common, id: 'n', channel: 'sms', to: '+491', text: 'last' });
    const kept = await readInbox(store);
    expect(kept).toHaveLength(200);
    expect(kept[0]).toEqual({ channel: 'sms', to: '+491', text: 'last', at: expect.any(String) });
    expect(kept.slice(1, 4).map(({ text }) => text)).toEqual(['229', '228', '227']);
  } finally {
    await store.close();
  }
});

describe('the channels', () => {
  const mail = (port: number): MailSettings => ({
    from: 'id@acme.test',
    smtp: { host: '127.0.0.1', port, secure: false, requireTls: false },
  });

  test('follow the settings: none, one server, then another', async () => {
    const servers = [await startMailServer(), await startMailServer()] as const;
    let settings: { mail?: MailSettings } | undefined;
    const channels = createChannels({ ...node, settings: () => settings });
    try {
      expect(channels.get('email')).toBeUndefined();
      settings = {};
      expect(channels.get('email')).toBeUndefined();
      for (const server of servers) {
        settings = { mail: mail(server.port) };
        const channel = channels.get('email');
        expect(channels.get('email')).toBe(channel);
        // Another revision that says the same.
        settings = structuredClone(settings);
        expect(channels.get('email')).toBe(channel);
        expect(await channels.get('email')?.send(message)).toBe('sent');
        expect(server.received).toHaveLength(1);
      }
      expect(channels.get('sms')).toBeUndefined();
    } finally {
      channels.close();
      for (const server of servers) await server.stop();
    }
  });

  test('in the demo, every channel that is not configured leads to the inbox', () => {
    const inbox = { send: async () => 'sent' as const };
    const channels = createChannels({ ...node, settings: () => ({}), inbox });
    expect((['email', 'sms', 'voice'] as const).map((kind) => channels.get(kind))).toEqual([inbox, inbox, inbox]);
  });

  test('nothing goes over a connection that is not encrypted, unless that is allowed', async () => {
    const server = await startMailServer();
    const { smtp, from } = mail(server.port);
    const channels = createChannels({
      ...node,
      settings: () => ({ mail: { from, smtp: { ...smtp, requireTls: true } } }),
    });
    try {
      await expect(channels.get('email')?.send(message)).rejects.toThrow(/^SMTP: /);
      expect(server.tries()).toBe(0);
    } finally {
      channels.close();
      await server.stop();
    }
  });
});

describe('the text of a message', () => {
  const renderer = sharedViews().pages;
  const accountUrl = 'https://id.acme.test/account';
  const render = createMessageRenderer({
    templates: sharedViews().messages,
    textsFor: (languages) => renderer.texts(renderer.chooseLocale(languages ?? {})),
    brand: () => ({ name: 'Acme <ID>', accent: '#ffee00' }),
    accountUrl,
  });
  const asked = { ip: '192.0.2.1', browser: 'Firefox', system: 'Linux' };
  const changed = { identifier: 'alice', at: 1_800_000_000, app: 'Notes', ...asked };
  const templates = [
    ['code', signInMail('a@x.test', '012345', 1).params],
    ['address', { app: 'Notes', code: '012345', minutes: 10, ...asked }],
    ['recovery-used', { app: 'Notes', remaining: 7, at: 1_800_000_000, ip: '192.0.2.1' }],
    ['recovery-used', { app: 'Notes', remaining: 2, at: 1_800_000_000, ip: '192.0.2.1' }],
    ['new-browser', { ...changed, link: 'https://id.acme.test/x', does: 'not_me', until: 1_800_600_000 }],
    ...accountChanges.map((event) => ['account-changed', { ...changed, event, authenticator: 'totp' }] as const),
  ] as const;

  test.each(templates)(
    '%s has a subject, a text and an HTML part in each language, and all values',
    (template, params) => {
      for (const locale of renderer.locales) {
        const delivery = { channel: 'email', to: 'a@x.test', template, params, expires: 1 } as const;
        const { subject, text, html } = render(delivery, { languages: { uiLocales: locale, acceptLanguage: '' } });
        for (const words of [subject, text, html]) {
          expect(words).not.toMatch(/\{[a-zA-Z]+\}|undefined/);
          expect(words).not.toContain(renderer.texts(locale).text('message.unknown'));
        }
        expect(html).toContain(`<html lang="${locale}" dir="${locale === 'ar' ? 'rtl' : 'ltr'}">`);
        expect(html).toContain('Acme &lt;ID&gt;');
        expect(text).toContain('Acme <ID>');
      }
    },
  );

  test('a notification says what happened, when, from where, at which app, and what to do; it leaves out unknown facts', () => {
    const params = { ...changed, event: 'renamed', authenticator: 'totp', label: 'New <b>', formerLabel: 'Old' };
    const delivery = { channel: 'email', to: 'a@x.test', template: 'account-changed', params, expires: 1 } as const;
    const { subject, text, html = '' } = render(delivery, { languages: { uiLocales: 'en', acceptLanguage: '' } });
    expect(subject).toBe('Sign-in method renamed: Authenticator app');
    expect(text).toContain('was renamed: Authenticator app.');
    expect(text).toContain('\nName: New <b>\nOld name: Old\nWhen: January 15, 2027 at 8:00 AM UTC\n');
    expect(text).toContain('\nFrom: Firefox, Linux · 192.0.2.1\nApp: Notes\n');
    expect(text).toContain(accountUrl);
    expect(html).toContain('New &lt;b&gt;');
    expect(html).toContain(`href="${accountUrl}"`);
    const bare = { identifier: 'alice', event: 'reset', authenticator: 'email', at: 1, label: '', app: '', ip: '' };
    const reset = render({ ...delivery, params: bare }, { languages: { uiLocales: 'en', acceptLanguage: '' } });
    expect(reset.subject).toBe('Sign-in method removed: Email');
    expect(reset.text.match(/^\w+: .*$/gm)).toEqual(['When: January 1, 1970 at 12:00 AM UTC']);
  });

  test('a notification gives the time in the named time zone of the profile; an unknown zone counts as UTC', () => {
    const params = { ...changed, event: 'renamed', authenticator: 'totp' };
    const delivery = { channel: 'email', to: 'a@x.test', template: 'account-changed', params, expires: 1 } as const;
    const whenIn = (uiLocales: string, timeZone: string) => {
      const { text } = render(delivery, { languages: { uiLocales, acceptLanguage: '' }, timeZone });
      return text.replaceAll('\u00a0', ' ').split('\n');
    };
    expect(whenIn('en', 'Asia/Tokyo')).toContain('When: January 15, 2027 at 5:00 PM GMT+9');
    expect(whenIn('de', 'Europe/Vienna')).toContain('Wann: 15. Januar 2027 um 09:00 MEZ');
    expect(whenIn('en', 'Mars/Olympus')).toContain('When: January 15, 2027 at 8:00 AM UTC');
  });

  test.each([
    [9, false],
    [3, false],
    [2, true],
    [0, true],
  ])('with %d recovery codes left, the notification about a used one warns: %p', (remaining, warns) => {
    const params = { app: 'Notes', remaining, at: 1_800_000_000, ip: '192.0.2.1' };
    const delivery = { channel: 'email', to: 'a@x.test', template: 'recovery-used', params, expires: 1 } as const;
    const { text, html = '' } = render(delivery, { languages: { uiLocales: 'en', acceptLanguage: '' } });
    for (const words of [text, html]) {
      expect(words).toContain(`Codes left: ${remaining}.`);
      expect(words.includes('Create new codes; the old ones stop working')).toBe(warns);
    }
  });

  test('preferred languages are used in their order', () => {
    const subjectFor = (uiLocales: string, acceptLanguage: string) =>
      render(signInMail('a@x.test', '1', 1), { languages: { uiLocales, acceptLanguage } }).subject;
    expect(subjectFor('de', 'en')).toBe('Anmelden bei Notes');
    expect(subjectFor('xx', 'de;q=0.5, en;q=0.1')).toBe('Anmelden bei Notes');
    expect(subjectFor('', '')).toBe('Sign in to Notes');
  });

  test('the button can be read whatever the accent is, in both schemes (WCAG 2.2, 1.4.3)', () => {
    const buttonsOn = (accent: string) => {
      const brand = { name: 'A', accent };
      const { html = '' } = render(signInMail('a@x.test', '1', 1), undefined, brand);
      const light = /padding:10px 18px;background:(#\w+);border-radius:8px;color:(#\w+)/.exec(html);
      const dark = /\.button \{ background: (#\w+) !important; color: (#\w+) !important; \}/.exec(html);
      return [light, dark].map((found) => contrast(parseColour(found?.[1] ?? ''), parseColour(found?.[2] ?? '')));
    };
    for (const accent of ['#ffee00', '#1a5fb4', '#808080', '#000000', '#ffffff'])
      for (const ratio of buttonsOn(accent)) expect([accent, ratio >= 4.5]).toEqual([accent, true]);
  });

  test('a mail has the logo and the links of the brand that it is given; SVG, which mail programs do not show, not', () => {
    const withOrigin = createMessageRenderer({
      templates: sharedViews().messages,
      textsFor: () => renderer.texts('de'),
      brand: () => ({ name: 'Acme' }),
      origin: 'https://id.acme.test',
      accountUrl,
    });
    const htmlFor = (logo: { readonly light: string; readonly dark?: string }) =>
      withOrigin(signInMail('a@x.test', '1', 1), undefined, {
        name: 'Northwind',
        logo,
        links: { help: { en: 'https://n.test/help', de: 'https://n.test/hilfe' } },
      }).html ?? '';
    const html = htmlFor({ light: '/assets/brand.l.png', dark: '/assets/brand.d.png' });
    expect(html).toContain('<img src="https://id.acme.test/assets/brand.l.png" alt="Northwind"');
    expect(html).toContain('<img src="https://id.acme.test/assets/brand.d.png" alt="Northwind"');
    expect(html).toContain('href="https://n.test/hilfe"');
    expect(htmlFor({ light: '/assets/brand.l.svg' })).not.toContain('<img');
  });
});

describe('mail in the settings', () => {
  const parse = (mail: unknown) => settingsSchemaFor(authenticatorKinds).safeParse({ brand: { name: 'Acme' }, mail });
  const good = { from: 'id@acme.test', smtp: { host: 'mail.acme.test' } };

  test('requires TLS on port 587 unless it says otherwise', () => {
    expect(parse(good).data?.mail).toEqual({
      from: 'id@acme.test',
      smtp: { host: 'mail.acme.test', port: 587, secure: false, requireTls: true },
    });
    expect(parse(undefined).data?.mail).toBeUndefined();
  });

  test.each([
    ['no sender', { smtp: good.smtp }],
    ['a sender that is no address', { ...good, from: 'Acme <id@acme.test>' }],
    ['a sender with a line break', { ...good, from: 'id@acme.test\r\nBcc: x@y.test' }],
    ['no host', { from: good.from, smtp: {} }],
    ['a host with a path', { ...good, smtp: { host: 'mail.acme.test/x' } }],
    ['port 0', { ...good, smtp: { ...good.smtp, port: 0 } }],
    ['a password itself', { ...good, smtp: { ...good.smtp, password: 'x' } }],
    ['a name of a variable that is none', { ...good, smtp: { ...good.smtp, passwordEnv: 'a b' } }],
  ])('%s is refused', (_what, mail) => {
    expect(parse(mail).success).toBe(false);
  });
});
