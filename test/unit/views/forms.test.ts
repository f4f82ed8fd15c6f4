import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { RefusalCode } from '../../../src/authenticators/refusal-codes.ts';
import type { NoticeCode } from '../../../src/core/step/notice-codes.ts';
import type { Notice, Step } from '../../../src/core/step/step.ts';
import type { StepPage } from '../../../src/http/html/views/page-models.ts';
import { errorNotice } from '../../support/pages/notices.ts';
import { hostile, pageStates, viewsDir } from '../../support/pages/page-states.ts';
import { sharedViews } from '../../support/shared/views.ts';

const renderer = sharedViews().pages;
const render = (step: Step, rest: Partial<StepPage> = {}): string =>
  renderer.renderStep({
    step,
    uid: 'u1',
    stateHandle: 'handle-1',
    action: '/signin/u1',
    brand: { name: 'Acme' },
    app: { name: 'Payroll' },
    locale: 'en',
    canRestart: false,
    remaining: 3600,
    afterEnd: { kind: 'account', href: '/account' },
    ...rest,
  });

interface Form {
  readonly step?: string | undefined;
  readonly authenticator?: string | undefined;
  readonly action?: string | undefined;
  readonly names: readonly string[];
  readonly body: string;
}

/** Good enough for our own output, in which `>` never stands inside an attribute. */
function formsOf(html: string): readonly Form[] {
  return [...html.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)].map(([, attributes = '', body = '']) => ({
    step: attribute(attributes, 'data-step'),
    authenticator: attribute(attributes, 'data-authenticator'),
    action: attribute(attributes, 'action'),
    names: [...body.matchAll(/ name="([^"]*)"/g)].map((match) => match[1] ?? ''),
    body,
  }));
}

const attribute = (text: string, name: string): string | undefined =>
  new RegExp(`(?:^| )${name}="([^"]*)"`).exec(text)?.[1];
const inputOf = (html: string, name: string): string =>
  new RegExp(`<input[^>]* name="${name}"[^>]*>`).exec(html)?.[0] ?? '';
const short = (html: string): unknown => formsOf(html).map(({ body: _, ...form }) => form);

const password: Step = {
  kind: 'challenge',
  authenticator: 'password',
  inputs: ['secret'],
  enrollment: 'p',
  challenge: {},
  alternatives: false,
  notices: [],
};
const totp: Step = {
  kind: 'challenge',
  authenticator: 'totp',
  inputs: ['one_time_code'],
  enrollment: 't',
  challenge: {},
  alternatives: true,
  notices: [],
};
const picture = '<svg viewBox="0 0 9 9"><title>A code</title><rect width="9" height="9"/><path d="M0 0h1"/></svg>';
const enroll: Step = {
  kind: 'enroll',
  authenticator: 'totp',
  inputs: ['one_time_code', 'app_name'],
  offer: { secret: 'ABCDEFGHIJ', uri: 'otpauth://totp/x', qr: picture },
  alternatives: true,
  notices: [],
};
const cancel = { step: 'cancel', authenticator: undefined, action: '/signin/u1/cancel', names: ['stateHandle'] };
const restart = { ...cancel, step: 'restart', action: '/signin/u1/restart' };
const other = { ...cancel, step: 'select', action: '/signin/u1/select' };
const main = (step: string, names: readonly string[], authenticator?: string): unknown => ({
  step,
  authenticator,
  action: '/signin/u1',
  names: ['stateHandle', ...names],
});

test('identify', () => {
  expect(short(render({ kind: 'identify', notices: [] }))).toEqual([main('identify', ['identifier']), cancel]);
  expect(short(render({ kind: 'identify', identifyWith: 'password', notices: [] }))).toEqual([
    main('identify', ['identifier', 'credentials.passcode']),
    cancel,
  ]);
});

test('challenge', () => {
  const account = { identifier: 'alice@demo.test' };
  expect(short(render(password))).toEqual([main('challenge', ['credentials.passcode'], 'password'), cancel]);
  expect(short(render(totp, { account, canRestart: true }))).toEqual([
    main('challenge', ['credentials.passcode'], 'totp'),
    other,
    restart,
    cancel,
  ]);
});

test('enroll', () => {
  const html = render(enroll);
  expect(short(html)).toEqual([main('enroll', ['credentials.passcode', 'credentials.label'], 'totp'), other, cancel]);
  expect(/data-secret>(.*?)<\/p>/.exec(html)?.[1]?.replaceAll(/<[^>]+>/g, '')).toBe('ABCDEFGHIJ');
  expect(html).toContain(picture);
  expect(html).toContain('href="otpauth://totp/x"');
});

test('recovery codes are shown as a list and confirmed by a box to tick', () => {
  const offer = { codes: ['ABCD-EFGH-JKMN-PQRS', '<b>'] };
  const html = render({
    kind: 'enroll',
    authenticator: 'recovery_code',
    inputs: ['saved'],
    offer,
    alternatives: false,
    notices: [],
  });
  const download = { ...cancel, step: 'download', action: '/signin/u1/codes' };
  expect(short(html)).toEqual([download, main('enroll', ['credentials.saved'], 'recovery_code'), cancel]);
  const list = /data-recovery-codes>(.*?)<\/ol>/s.exec(html)?.[1] ?? '';
  expect([...list.matchAll(/<code>(.*?)<\/code>/g)].map((match) => match[1])).toEqual([
    'ABCD-EFGH-JKMN-PQRS',
    '&lt;b&gt;',
  ]);
  expect(inputOf(html, 'credentials.saved')).toMatch(/type="checkbox" value="yes".* required/);
});

test('the page of choices lists each authenticator and each enrollment as an option', () => {
  const html = render({
    kind: 'select',
    purpose: 'challenge',
    options: [{ authenticator: 'password' }, { authenticator: 'totp', enrollment: 't1', label: 'Phone' }],
    notices: [],
  });
  expect(short(html)).toEqual([main('select', ['authenticator.id', 'authenticator.id']), cancel]);
  expect([...html.matchAll(/name="authenticator.id" value="([^"]*)"/g)].map((match) => match[1])).toEqual([
    'password',
    'totp:t1',
  ]);
});

test('denied', () => {
  const html = render({ kind: 'denied', reason: 'unsatisfiable', notices: [] });
  expect(short(html)).toEqual([cancel]);
  expect(html).toContain('data-message="denied.unsatisfiable"');
  expect(html).toContain('Return to <bdi>Payroll</bdi>');
});

test('complete has no form', () => {
  expect(formsOf(render({ kind: 'complete', notices: [] }))).toEqual([]);
});

test('every form of a step is a POST and says which step it answers', () => {
  const html = render(totp, { account: { identifier: 'a' }, canRestart: true });
  expect([...html.matchAll(/<form /g)]).toHaveLength(4);
  expect([...html.matchAll(/<form method="post" data-step="/g)]).toHaveLength(4);
  expect([...html.matchAll(/<input type="hidden" name="stateHandle" value="handle-1">/g)]).toHaveLength(4);
});

test('password managers and one-time-code fill find their inputs', () => {
  const both = render({ kind: 'identify', identifyWith: 'password', notices: [] });
  expect(inputOf(both, 'identifier')).toContain('autocomplete="username"');
  expect(inputOf(both, 'credentials.passcode')).toMatch(/type="password".*autocomplete="current-password"/);
  expect(inputOf(render(totp), 'credentials.passcode')).toMatch(
    /type="text".*autocomplete="one-time-code" inputmode="numeric"/,
  );
  expect(render(password, { account: { identifier: 'alice' } })).toContain(
    '<input type="text" autocomplete="username" value="alice" hidden readonly>',
  );
});

test('a secret is never filled in again', () => {
  const html = render({ kind: 'identify', identifyWith: 'password', identifier: 'alice', notices: [] });
  expect(inputOf(html, 'identifier')).toContain('value="alice"');
  expect(inputOf(html, 'credentials.passcode')).not.toContain('value=');
});

const error = (code: NoticeCode | RefusalCode, field?: string): Notice =>
  errorNotice(code, field === undefined ? {} : { field });

test.each([
  ['nothing typed yet', [], undefined, 'identifier', []],
  ['the name is known', [], 'alice', 'credentials.passcode', []],
  ['an error of the first input', [error('identifier.invalid', 'identifier')], 'alice', 'identifier', ['identifier']],
  [
    'an error of the second',
    [error('credentials.required', 'credentials.passcode')],
    undefined,
    'credentials.passcode',
    ['credentials.passcode'],
  ],
  ['an error of no input', [error('credentials.invalid')], 'alice', 'credentials.passcode', []],
])('focus and marks: %s', (_, messages, identifier, focused, invalid) => {
  const html = render({
    kind: 'identify',
    identifyWith: 'password',
    notices: messages,
    ...(identifier === undefined ? {} : { identifier }),
  });
  const names = ['identifier', 'credentials.passcode'];
  expect(names.filter((name) => inputOf(html, name).includes(' autofocus'))).toEqual([focused]);
  expect(names.filter((name) => inputOf(html, name).includes('aria-invalid="true"'))).toEqual(invalid);
  expect(html.includes('role="alert"')).toBe(messages.length > 0);
  expect(/<title>(Error: )?/.exec(html)?.[1]).toBe(messages.length > 0 ? 'Error: ' : undefined);
  if (messages.length > 0) {
    expect(inputOf(html, focused)).toContain('aria-describedby="message-1"');
    expect(html).toContain(`id="message-1" data-message="${messages[0]?.code}"`);
  }
});

test('the words of an error fit the step, its code stays', () => {
  const html = render({ ...totp, notices: [error('credentials.invalid', 'credentials.passcode')] });
  expect(html).toContain('data-message="credentials.invalid"');
  expect(html).toContain('Wrong code.');
  expect(render({ ...password, notices: [error('credentials.invalid')] })).toContain('Wrong password.');
});

test('an information is no error', () => {
  const html = render({ ...totp, notices: [{ code: 'form.stale', level: 'info' }] });
  expect(html).toMatch(/role="status">\n<p id="message-1" data-message="form.stale">/);
  expect(html).not.toContain('role="alert"');
  expect(html).toContain('<title>Enter the code');
});

test('a message that was not sent is reported once: with the time to wait where it is known, later without', () => {
  const challenge = { resend: true, unsent: true };
  const unsent: Step = { ...password, authenticator: 'email', inputs: ['one_time_code'], challenge };
  const exceeded = { ...error('send.exceeded'), params: { seconds: 20 } };
  const told = (notices: readonly Notice[]) => {
    const html = render({ ...unsent, notices: [...notices] });
    return [html.match(/reached the limit/g)?.length, html.includes('Try again in'), html.includes('Try again later')];
  };
  expect(told([exceeded])).toEqual([1, true, false]);
  expect(told([])).toEqual([1, false, true]);
});

test('an error while enrolling is shown at the input', () => {
  const html = render({
    ...enroll,
    notices: [error('credentials.invalid', 'credentials.passcode'), error('send.exceeded')],
  });
  expect(html).toContain('data-message="send.exceeded"');
  expect(html.indexOf('data-message="send.exceeded"')).toBeLessThan(html.indexOf('data-secret'));
  expect(html.indexOf('data-message="credentials.invalid"')).toBeGreaterThan(html.indexOf('data-secret'));
});

test.each([
  '<img src=x>',
  '<svg><script>alert(1)</script></svg>',
  '<svg onload="alert(1)"><title>x</title><rect/><path/></svg>',
  '<svg><title>x</title><rect/><path/></svg><img src=x>',
  '<svg><title></title><script></script></title><rect/><path/></svg>',
])('an offer brings no other links and no other pictures: %s', (qr) => {
  const html = render({ ...enroll, offer: { secret: 'AB', uri: 'javascript:alert(1)', qr } });
  // The way on from a sign-in that is over is the one link of the page.
  expect(html).not.toMatch(/<a (?!href="\/account")|<img|<script(?! src="\/assets\/)|onload|javascript/);
});

test.each([
  ['data:image/png;base64,AAAA', true],
  ['/logo.png', true],
  ['//evil.example/logo.png', false],
  ['/\\evil.example/logo.png', false],
  ['https://evil.example/logo.png', false],
  ['javascript:alert(1)', false],
  ['data:text/html,<b>', false],
])('the logo %s is shown: %p', (logoUri, shown) => {
  expect(render(password, { app: { name: 'Payroll', logoUri } }).includes('<img class="app-logo"')).toBe(shown);
});

test.each(['device-input', 'device-confirm', 'logout'])('%s sends back what oidc-provider asks for', (name) => {
  const [form] = formsOf(pageStates.get(name)?.(renderer) ?? '');
  const names = {
    'device-input': ['xsrf', 'user_code'],
    'device-confirm': ['xsrf', 'user_code', 'confirm', 'abort'],
    logout: ['xsrf', 'logout'],
  };
  expect(form?.names).toEqual(names[name as keyof typeof names]);
  expect(form?.body).toContain('name="xsrf" value="eHNyZg"');
});

test.each([...pageStates.keys()])(
  '%s has no inline script, no style, no handler and nothing from elsewhere',
  (name) => {
    const html = pageStates.get(name)?.(renderer) ?? '';
    expect(html).toMatch(/^<!DOCTYPE html>\n<html lang="(en|de)" dir="ltr">/);
    const tags = [...html.matchAll(/<[a-z][^>]*>/gi)].map(([tag]) => tag.replaceAll(/="[^"]*"/g, '=""'));
    expect(
      tags.filter(
        (tag) =>
          /^<(script(?! src="" defer>)|style|iframe|object|base)/i.test(tag) || / (on[a-z]+|style|srcdoc)=/i.test(tag),
      ),
    ).toEqual([]);
    // The inbox shows the links of its messages, a form where terms can be read, and the foot the links of a brand.
    const withoutTerms = html.replaceAll(
      /<a href="(?:https:\/\/(?:shop\.example|partner\.example|northwind\.test)\/|mailto:)[\w/@.]+" target="_blank" rel="noopener noreferrer">/g,
      '',
    );
    // The app is where a page of an error and the list of apps may lead, and the contact is whom to ask.
    const withoutApps = withoutTerms
      .replaceAll(/<a data-next="(?:app|retry)" href="https:/g, '')
      .replaceAll(/<a class="(?:tile|action|button)" href="(?:https:\/\/\w+\.example\/|mailto:)/g, '');
    const own = name === 'inbox' ? html.replaceAll('<a href="https:', '') : withoutApps;
    expect(own).not.toMatch(/(?:src|href|action)="(?!\/|data:image|otpauth:)/);
    expect(html).not.toContain(hostile);
  },
);

test('templates put nothing raw into a page but what the helpers give, what other templates drew, and checked pictures', () => {
  const raw = readdirSync(viewsDir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ejs'))
    .flatMap((name) =>
      [...readFileSync(join(viewsDir, name), 'utf8').matchAll(/<%-\s*(.*?)\s*-?%>/gs)].map((match) => match[1] ?? ''),
    );
  expect(raw.length).toBeGreaterThan(30);
  const others = raw.filter((code) => !/^l\.(part|say|form|field|list|time|icon)\(/.test(code));
  expect([...new Set(others)].sort()).toEqual(['l.main', 'l.svg']);
});

test('a page in an unknown language is in English; the page names its language', () => {
  expect(render(password, { locale: 'tlh' })).toContain('<html lang="en" dir="ltr">');
  const german = render(password, { locale: 'de' });
  expect(german).toContain('<html lang="de" dir="ltr">');
  expect(german).toContain('Passwort eingeben');
});

test('keys that EJS takes as options are just data', () => {
  const page = {
    ...JSON.parse(
      '{"settings":{"view options":{"outputFunctionName":"x;throw 1;//"}},"delimiter":"?","cache":false,"client":true,"escape":"x"}',
    ),
  };
  expect(render(password, page as Partial<StepPage>)).toBe(render(password));
});

test('names with a different writing direction are set apart', () => {
  expect(render(password, { app: { name: 'שלום' }, account: { identifier: 'x\u202Egnp' } })).toMatch(
    /<bdi>שלום<\/bdi>[\s\S]*<bdi dir="ltr">x\u202Egnp<\/bdi>/,
  );
});
