/**
 * Forms that do not answer the step: each is refused with a code, costs no attempt, and leaves the user at the same
 * step.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { redirectUri, type TestUser } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  attemptsOf,
  beginSignIn,
  currentStep,
  formOf,
  identify,
  passcode,
  type SignIn,
  storedTransaction,
  userWithTotp,
  wrongCode,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, type UserAgent } from '../../support/pages/user-agent.ts';
import { password, startNode, type TestNode } from '../../support/servers/node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node.stop());

type StoredUser = TestUser & { readonly id: string };

interface At {
  readonly user: StoredUser;
  readonly signIn: SignIn;
  readonly page: Page;
}

/** Brings a new user to a step. `payroll` takes two factors. */
const stepsOfTheLoop: Readonly<Record<string, () => Promise<At>>> = {
  async identify() {
    const user = await userWithTotp(node);
    const signIn = await beginSignIn(node, 'payroll');
    return { user, signIn, page: signIn.page };
  },
  async 'challenge:password'() {
    const user = await userWithTotp(node);
    const signIn = await beginSignIn(node, 'notes');
    const page = await answerStep(signIn.agent, signIn.page, {
      identifier: user.identifier,
      'credentials.passcode': '',
    });
    return { user, signIn, page };
  },
  async 'challenge:totp'() {
    const user = await userWithTotp(node);
    const signIn = await beginSignIn(node, 'payroll');
    return { user, signIn, page: await identify(signIn.agent, signIn.page, user) };
  },
  async 'enroll:totp'() {
    const user = await userWithTotp(node);
    await node.app.directory.resetAuthenticators(user.id, 'totp');
    const signIn = await beginSignIn(node, 'payroll');
    return { user, signIn, page: await identify(signIn.agent, signIn.page, user) };
  },
};

/** All that a form could have used up. */
async function used(uid: string): Promise<unknown> {
  const entry = await storedTransaction(node, uid);
  return {
    transaction: entry?.value,
    version: entry?.version,
    hashes: node.app.hashing.stats.started,
    audit: node.audit.length,
  };
}

interface Attack {
  readonly name: string;
  readonly statuses: readonly number[];
  readonly init: (form: Readonly<Record<string, string>>) => RequestInit;
  /** The page that comes back is the step again, with a message. */
  readonly shows?: 'form.stale';
}

const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' };
const answers = { identifier: 'alice@demo.test', 'credentials.passcode': password, 'authenticator.id': 'totp' };
const filled = (form: Readonly<Record<string, string>>): string =>
  new URLSearchParams({ ...form, ...answers }).toString();
const withHandle =
  (change: (handle: string) => string) =>
  (form: Readonly<Record<string, string>>): RequestInit => ({
    body: new URLSearchParams({ ...form, ...answers, stateHandle: change(form.stateHandle ?? '') }),
  });
const flip = (handle: string): string => `${handle.slice(0, -2)}${handle.endsWith('AA') ? 'BB' : 'AA'}`;
const stale = { statuses: [409], shows: 'form.stale' } as const;

const attacks: readonly Attack[] = [
  { name: 'nothing at all', statuses: [409, 415], init: () => ({}) },
  { name: 'an empty form', ...stale, init: () => ({ headers: urlencoded, body: '' }) },
  {
    name: 'an empty JSON object',
    statuses: [415],
    init: () => ({ headers: { 'content-type': 'application/json' }, body: '{}' }),
  },
  {
    name: 'all fields as JSON',
    statuses: [415],
    init: (form) => ({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...form, ...answers }),
    }),
  },
  {
    name: 'all fields as JSON that calls itself a form',
    ...stale,
    init: (form) => ({ headers: urlencoded, body: JSON.stringify({ ...form, ...answers }) }),
  },
  {
    name: 'multipart',
    statuses: [415],
    init: (form) => {
      const body = new FormData();
      for (const [name, value] of Object.entries({ ...form, ...answers })) body.set(name, value);
      return { body };
    },
  },
  {
    name: 'plain text',
    statuses: [415],
    init: (form) => ({ headers: { 'content-type': 'text/plain' }, body: filled(form) }),
  },
  {
    name: 'a secret twice',
    statuses: [400],
    init: (form) => ({ headers: urlencoded, body: `${filled(form)}&credentials.passcode=${password}` }),
  },
  {
    name: 'the handle twice',
    statuses: [400],
    init: (form) => ({ headers: urlencoded, body: `${filled(form)}&stateHandle=x` }),
  },
  {
    name: 'an array of handles',
    ...stale,
    init: (form) => ({
      headers: urlencoded,
      body: filled(form).replace('stateHandle=', 'stateHandle%5B%5D='),
    }),
  },
  {
    name: '300 fields',
    statuses: [400],
    init: (form) => ({
      headers: urlencoded,
      body: `${filled(form)}${Array.from({ length: 300 }, (_, i) => `&a${i}=1`).join('')}`,
    }),
  },
  {
    name: '10,000 fields',
    statuses: [400],
    init: (form) => ({
      headers: urlencoded,
      body: `${filled(form)}${Array.from({ length: 10_000 }, (_, i) => `&a${i}=1`).join('')}`,
    }),
  },
  {
    name: 'a megabyte',
    statuses: [413],
    init: (form) => ({ headers: urlencoded, body: `${filled(form)}&a=${'a'.repeat(1_000_000)}` }),
  },
  { name: 'a forged signature', ...stale, init: withHandle(flip) },
  { name: 'a cut handle', ...stale, init: withHandle((handle) => handle.slice(0, -1)) },
  { name: 'a handle with NUL', ...stale, init: withHandle((handle) => `${handle}\0`) },
  { name: 'a line break after the handle', ...stale, init: withHandle((handle) => `${handle}\n`) },
  { name: 'a handle of 10,000 characters', ...stale, init: withHandle((handle) => handle.repeat(100)) },
  {
    name: 'the next version',
    ...stale,
    init: withHandle((handle) => handle.replace(/^\d+/, (n) => `${Number(n) + 1}`)),
  },
  {
    name: 'the version before',
    ...stale,
    init: withHandle((handle) => handle.replace(/^\d+/, (n) => `${Number(n) - 1}`)),
  },
  {
    name: 'another step by name',
    ...stale,
    init: withHandle((handle) =>
      handle.replace(
        /^(\d+)\.(\w+)\./,
        (_, version, step) => `${version}.${step === 'challenge' ? 'enroll' : 'challenge'}.`,
      ),
    ),
  },
  {
    name: 'a step without authenticator by name',
    ...stale,
    init: withHandle((handle) => handle.replace(/^(\d+)\.\w+\.\w*/, '$1.select.')),
  },
  {
    name: 'a prototype instead of a handle',
    ...stale,
    init: (form) => ({
      headers: urlencoded,
      body: filled(form).replace('stateHandle=', '__proto__=&__proto__.stateHandle='),
    }),
  },
];

describe.each(Object.keys(stepsOfTheLoop))('at %s', (step) => {
  let at: At;
  beforeAll(async () => {
    at = await (stepsOfTheLoop[step] as () => Promise<At>)();
    expect(currentStep(at.page)).toBe(step);
  });

  test.each(attacks)('$name', async ({ statuses, init, shows }) => {
    const { agent, uid } = at.signIn;
    const before = await used(uid);
    const action = new URL(mainForm(at.page)?.action ?? '', at.page.url).href;
    const answer = await agent.open(action, { method: 'POST', ...init(mainForm(at.page)?.fields ?? {}) }, redirectUri);
    expect(statuses).toContain(answer.status);
    expect(await used(uid)).toEqual(before);
    if (shows) {
      expect(answer.messages).toContain(shows);
      expect(currentStep(answer)).toBe(step);
    }
    expect(answer.html).not.toBe('');
  });

  test('options that do not exist', async () => {
    const { agent, uid } = at.signIn;
    const before = await used(uid);
    const body = new URLSearchParams(mainForm(at.page)?.fields);
    for (const way of ['complete', 'denied', '__proto__', 'constructor', 'toString', '%00', '..', 'select/x', '%ZZ']) {
      const answer = await agent.send(`${node.issuer}/signin/${uid}/${way}`, { method: 'POST', body });
      expect([400, 404, 405]).toContain(answer.status);
    }
    expect(await used(uid)).toEqual(before);
  });

  test('handles of this very browser from other sign-ins', async () => {
    const { agent, uid } = at.signIn;
    const other = await beginSignIn(node, 'payroll', agent);
    const before = await used(uid);
    const fields = {
      ...mainForm(other.page)?.fields,
      identifier: at.user.identifier,
      'credentials.passcode': password,
    };
    const answer = await answerStep(agent, at.page, fields);
    expect([answer.status, answer.messages]).toEqual([409, ['form.stale']]);
    expect(await used(uid)).toEqual(before);
  });

  test('after all this the right answer is taken, and no attempt was counted', async () => {
    const { user, signIn, page } = at;
    expect(await attemptsOf(node, user.id, { authenticator: 'totp', window: 300 })).toBe(0);
    expect(await attemptsOf(node, user.id, { authenticator: 'totp.enroll', window: 300 })).toBe(0);
    expect(await attemptsOf(node, user.id, { authenticator: 'password', window: 900 })).toBe(0);
    if (page.secret) user.totp = page.secret;
    const fields =
      step === 'identify'
        ? { identifier: user.identifier, 'credentials.passcode': password }
        : step === 'challenge:password'
          ? { 'credentials.passcode': password }
          : await passcode(user);
    const next = await answerStep(signIn.agent, page, fields);
    expect(next.messages).toEqual([]);
    expect(currentStep(next)).toBe(step === 'identify' ? 'challenge:totp' : 'code');
  });
});

test('a secret counts only on the form that asked for it: fields of another step are ignored', async () => {
  const { user, signIn, page } = await (stepsOfTheLoop['challenge:totp'] as () => Promise<At>)();
  const before = node.app.hashing.stats.started;
  const answer = await answerStep(signIn.agent, page, {
    identifier: user.identifier,
    'authenticator.id': 'password',
    'credentials.passcode': password,
    'userProfile.groups': 'payroll-admins',
  });
  expect([answer.status, currentStep(answer)]).toEqual([422, 'challenge:totp']);
  expect(node.app.hashing.stats.started).toBe(before);
});

test('fields with the names of prototypes are fields like any other', async () => {
  const user = await userWithTotp(node);
  const { agent, page } = await beginSignIn(node, 'notes');
  const next = await answerStep(agent, page, {
    identifier: user.identifier,
    'credentials.passcode': password,
    'credentials.__proto__': 'polluted',
    __proto__x: '1',
    'constructor.prototype.polluted': '1',
  });
  expect(currentStep(next)).toBe('code');
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

describe('replay', () => {
  test('an answer that was taken is stale everywhere after, in any order', async () => {
    const user = await userWithTotp(node);
    const { agent, page, uid } = await beginSignIn(node, 'payroll');
    const atTotp = await identify(agent, page, user);
    expect(currentStep(await identify(agent, page, user))).toBe('challenge:totp');
    const wrong = await answerStep(agent, atTotp, { 'credentials.passcode': await wrongCode(user) });
    expect(wrong.status).toBe(422);
    const hashes = node.app.hashing.stats.started;
    const code = await passcode({ ...user });
    const answer = await answerStep(agent, page, { identifier: user.identifier, ...code });
    expect([answer.status, currentStep(answer)]).toEqual([409, 'challenge:totp']);
    expect(node.app.hashing.stats.started).toBe(hashes);
    expect(await storedTransaction(node, uid)).toBeDefined();
  });

  test('back after the end: the finished sign-in is gone, nothing comes twice', async () => {
    const user = await userWithTotp(node);
    const { agent, page, uid } = await beginSignIn(node, 'notes');
    const end = await identify(agent, page, user);
    expect(currentStep(end)).toBe('code');
    for (const init of [{}, { method: 'POST', body: new URLSearchParams(mainForm(page)?.fields) }]) {
      const answer = await agent.open(`${node.issuer}/signin/${uid}`, init);
      expect(answer.status).toBe(410);
    }
  });
});

describe('in parallel', () => {
  test('20 right passwords on one form: one moves the sign-in on, the others change nothing', async () => {
    const user = await userWithTotp(node);
    const { agent, page, uid } = await beginSignIn(node, 'payroll');
    const form = mainForm(page);
    const body = { ...form?.fields, identifier: user.identifier, 'credentials.passcode': password };
    const results = await Promise.all(
      Array.from({ length: 20 }, () =>
        agent.send(new URL(form?.action ?? '', page.url).href, { method: 'POST', body: new URLSearchParams(body) }),
      ),
    );
    expect(results.map(({ status }) => status).filter((status) => ![303, 409, 429].includes(status))).toEqual([]);
    const verified = node.audit.filter(
      ({ event, subject }) => event === 'authenticator.verified' && subject === user.id,
    );
    expect(verified).toHaveLength(1);
    const { evidence } = JSON.parse((await storedTransaction(node, uid))?.value ?? '{}') as { evidence: unknown[] };
    expect(evidence).toHaveLength(1);
    expect(currentStep(await agent.open(`${node.issuer}/signin/${uid}`))).toBe('challenge:totp');
  });

  test('20 right codes on one form: one code is issued', async () => {
    const user = await userWithTotp(node);
    const { agent, page } = await beginSignIn(node, 'payroll');
    const atTotp = await identify(agent, page, user);
    const form = mainForm(atTotp);
    const body = { ...form?.fields, ...(await passcode(user)) };
    const pages = await Promise.all(
      Array.from({ length: 20 }, () =>
        agent.open(
          new URL(form?.action ?? '', atTotp.url).href,
          { method: 'POST', body: new URLSearchParams(body) },
          redirectUri,
        ),
      ),
    );
    expect(pages.map(currentStep).filter((where) => where === 'code')).toHaveLength(1);
    const verified = node.audit.filter(
      ({ event, authenticator, subject }) =>
        event === 'authenticator.verified' && authenticator === 'totp' && subject === user.id,
    );
    expect(verified).toHaveLength(1);
  });
});

describe('other browsers', () => {
  test('the address of a sign-in has no effect without its cookie', async () => {
    const { user, page, signIn } = await (stepsOfTheLoop['challenge:totp'] as () => Promise<At>)();
    const stranger = (await beginSignIn(node, 'payroll')).agent;
    const before = await used(signIn.uid);
    const code = await passcode(user);
    const tries: (readonly [UserAgent, RequestInit, string])[] = [
      [stranger, {}, ''],
      [stranger, { method: 'POST', body: new URLSearchParams({ ...mainForm(page)?.fields, ...code }) }, ''],
      ...['select', 'restart', 'cancel'].map(
        (way) =>
          [stranger, { method: 'POST', body: new URLSearchParams(formOf(page, 'cancel')?.fields) }, `/${way}`] as const,
      ),
    ];
    for (const [agent, init, way] of tries)
      expect((await agent.open(`${node.issuer}/signin/${signIn.uid}${way}`, init)).status).toBe(410);
    expect(await used(signIn.uid)).toEqual(before);
    expect(currentStep(await answerStep(signIn.agent, page, code))).toBe('code');
  });

  test('a cookie without its signature, or with that of another, is no cookie', async () => {
    const { page, signIn } = await (stepsOfTheLoop['challenge:totp'] as () => Promise<At>)();
    const { agent, uid } = signIn;
    const named = (end: string) =>
      agent.cookies(node.issuer).find(({ name: cookie, path }) => cookie.endsWith(end) && path.includes(uid));
    const { name = '', value = '' } = named('interaction') ?? {};
    const signature = named('interaction.sig')?.value ?? '';
    expect(signature).not.toBe('');
    // The browser that gave the last proof has this one, too (Law 15).
    const proof = `stepgate-proof=${named('stepgate-proof')?.value ?? ''}`;
    const headers = [
      `${name}=${value}`,
      `${name}=${value}; ${name}.sig=${flip(signature)}`,
      `${name}=${value}; ${name}.sig=`,
      `${name}=${value}x; ${name}.sig=${signature}`,
      `${name}=; ${name}.sig=${signature}`,
      `${name}.sig=${signature}`,
    ];
    for (const cookie of headers) {
      const sent = { cookie: `${cookie}; ${proof}`, accept: 'text/html' };
      const answer = await fetch(page.url, { headers: sent, redirect: 'manual' });
      expect(answer.status).toBe(410);
    }
    const whole = await fetch(page.url, {
      headers: { cookie: `${name}=${value}; ${name}.sig=${signature}; ${proof}` },
    });
    expect(whole.status).toBe(200);
  });
});
