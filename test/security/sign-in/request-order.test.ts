/** No order of requests, old or new, own or foreign, leads past a proof that the policy demands (Laws 1, 6, 7, 11). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { seeded } from '../../core/support/seeded.ts';
import type { LightResponse } from '../../support/clients/light-fetch.ts';
import { claimsOf, redeemCode } from '../../support/clients/raw-client.ts';
import { redirectUri, type TestUser } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  eventsOf,
  formOf,
  identify,
  passcode,
  type SignIn,
  userWithPassword,
  userWithTotp,
  wrongCode,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node.stop());

type StoredUser = TestUser & { readonly id: string };

interface Sent {
  readonly url: string;
  readonly body: string;
}

/** A browser that keeps all that it posts. */
class RecordingAgent extends UserAgent {
  readonly sent: Sent[] = [];

  override send(url: string, init: RequestInit = {}): Promise<LightResponse> {
    if (init.method === 'POST') this.sent.push({ url, body: String(init.body) });
    return super.send(url, init);
  }
}

const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' };

function post(agent: UserAgent, { url, body }: Sent): Promise<Page> {
  return agent.open(url, { method: 'POST', headers: urlencoded, body }, redirectUri);
}

/** The recorded request, sent to another sign-in with the handle that its page has now. */
function transplanted({ url, body }: Sent, into: SignIn, page: Page): Sent {
  const fields = new URLSearchParams(body);
  fields.set('stateHandle', mainForm(page)?.fields.stateHandle ?? '');
  return { url: url.replace(/\/signin\/[\w-]+/, `/signin/${into.uid}`), body: fields.toString() };
}

async function recordedFlow(user: StoredUser): Promise<readonly Sent[]> {
  const agent = new RecordingAgent();
  const { page } = await beginSignIn(node, 'payroll', agent);
  const atEnroll = await identify(agent, page, user);
  expect(currentStep(atEnroll)).toBe('enroll:totp');
  user.totp = atEnroll.secret ?? '';
  expect(currentStep(await answerStep(agent, atEnroll, await passcode(user)))).toBe('code');
  return agent.sent;
}

describe('a recorded sign-in, replayed', () => {
  let user: StoredUser;
  let recorded: readonly Sent[];
  beforeAll(async () => {
    user = await userWithPassword(node);
    recorded = await recordedFlow(user);
    expect(recorded).toHaveLength(2);
  });

  /** A new sign-in of the same user after so many steps. */
  async function prefix(steps: number): Promise<SignIn> {
    const signIn = await beginSignIn(node, 'payroll');
    return steps === 0 ? signIn : { ...signIn, page: await identify(signIn.agent, signIn.page, user) };
  }

  const detours = ['nothing', 'back', 'select', 'restart', 'cancel'] as const;

  test.each([0, 1].flatMap((steps) => detours.map((detour) => ({ steps, detour }))))(
    'after $steps steps and $detour',
    async ({ steps, detour }) => {
      const signIn = await prefix(steps);
      const { agent } = signIn;
      let { page } = signIn;
      if (detour === 'back') page = await agent.open(page.url, {}, redirectUri);
      else if (detour !== 'nothing') {
        const url = `${node.issuer}/signin/${signIn.uid}/${detour}`;
        page = await post(agent, { url, body: new URLSearchParams(mainForm(page)?.fields).toString() });
      }
      for (const sent of recorded) {
        expect(currentStep(await post(agent, sent))).not.toBe('code');
        const current = await agent.open(`${node.issuer}/signin/${signIn.uid}`, {}, redirectUri);
        const result = await post(agent, transplanted(sent, signIn, current));
        expect(currentStep(result)).not.toBe('code');
        expect(result.secret).toBeUndefined();
      }
    },
  );

  test('the resume address before the end issues nothing and does not end the sign-in', async () => {
    const signIn = await prefix(1);
    for (const init of [{}, { method: 'POST', headers: urlencoded, body: '' }, { method: 'HEAD' }]) {
      const resumed = await signIn.agent.open(`${node.issuer}/oauth2/v1/authorize/${signIn.uid}`, init, redirectUri);
      expect(currentStep(resumed)).not.toBe('code');
    }
  });
});

test('after a restart every proof is asked for again', async () => {
  const user = await userWithTotp(node);
  const { agent, page } = await beginSignIn(node, 'payroll');
  const atTotp = await identify(agent, page, user);
  const again = await agent.submit(atTotp, formOf(atTotp, 'restart'));
  expect(currentStep(again)).toBe('identify');
  const named = await answerStep(agent, again, { identifier: user.identifier, 'credentials.passcode': '' });
  expect(currentStep(named)).toBe('challenge:password');
});

describe('the account-management requirement in front of an enrollment', () => {
  const wishes = [
    'totp',
    'totp:none',
    'enroll:totp',
    'email',
    'webauthn',
    '__proto__',
    'constructor',
    'totp:',
    ':totp',
    '%00',
  ];

  async function wishFor(agent: UserAgent, page: Page, wish: string): Promise<Page> {
    const fields = {
      stateHandle: mainForm(page)?.fields.stateHandle ?? '',
      'authenticator.id': wish,
      purpose: 'enroll',
    };
    return post(agent, { url: `${page.url}/select`, body: new URLSearchParams(fields).toString() });
  }

  test.each(wishes)('password proved, TOTP owned: %s shows no offer', async (wish) => {
    const user = await userWithTotp(node);
    const { agent, page } = await beginSignIn(node, 'payroll');
    let at = await identify(agent, page, user);
    at = await wishFor(agent, at, wish);
    expect([currentStep(at), at.secret]).toEqual(['challenge:totp', undefined]);
    expect(currentStep(await answerStep(agent, at, await passcode(user)))).toBe('code');
    expect(eventsOf(node, user.id)).not.toContain('authenticator.enrolled:totp');
  });

  test.each(wishes)('only identified, nothing owned but the password: %s shows no offer', async (wish) => {
    const user = await userWithPassword(node);
    const { agent, page } = await beginSignIn(node, 'payroll');
    let at = await answerStep(agent, page, { identifier: user.identifier, 'credentials.passcode': '' });
    at = await wishFor(agent, at, wish);
    expect([currentStep(at), at.secret]).toEqual(['challenge:password', undefined]);
  });

  test('an offer dies when the account enrolls in another sign-in: a thief of the password adds no second key', async () => {
    const user = await userWithPassword(node);
    const thief = await beginSignIn(node, 'payroll');
    const offer = await identify(thief.agent, thief.page, user);
    const owner = await beginSignIn(node, 'payroll');
    const owners = await identify(owner.agent, owner.page, user);
    const owned = { ...user, totp: owners.secret ?? '' };
    expect(currentStep(await answerStep(owner.agent, owners, await passcode(owned)))).toBe('code');
    const late = await answerStep(thief.agent, offer, await passcode({ ...user, totp: offer.secret ?? '' }));
    expect([currentStep(late), late.status]).toEqual(['challenge:password', 409]);
    expect(eventsOf(node, user.id).filter((event) => event === 'authenticator.enrolled:totp')).toHaveLength(1);
  });

  test('two offers confirmed at once: one key is enrolled', async () => {
    const user = await userWithPassword(node);
    const offers = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const { agent, page } = await beginSignIn(node, 'payroll');
        return { agent, page: await identify(agent, page, user) };
      }),
    );
    const ends = await Promise.all(
      offers.map(async ({ agent, page }) =>
        answerStep(agent, page, await passcode({ ...user, totp: page.secret ?? '' })),
      ),
    );
    expect(ends.map(currentStep).filter((where) => where === 'code')).toHaveLength(1);
    const stored = await node.app.directory.get(user.id);
    expect(stored?.credentials.map(({ authenticator }) => authenticator)).toEqual(['password', 'totp']);
  });

  test('one offer confirmed ten times at once: one key is enrolled', async () => {
    const user = await userWithPassword(node);
    const { agent, page } = await beginSignIn(node, 'payroll');
    const offer = await identify(agent, page, user);
    const fields = await passcode({ ...user, totp: offer.secret ?? '' });
    const ends = await Promise.all(Array.from({ length: 10 }, () => answerStep(agent, offer, fields)));
    expect(ends.map(currentStep).filter((where) => where === 'code')).toHaveLength(1);
    const stored = await node.app.directory.get(user.id);
    expect(stored?.credentials.map(({ authenticator }) => authenticator)).toEqual(['password', 'totp']);
  });
});

describe('two users', () => {
  const sides = ['ann', 'ben'] as const;
  const combinations = sides.flatMap((uid) =>
    sides.flatMap((cookies) => sides.flatMap((handle) => sides.map((code) => ({ uid, cookies, handle, code })))),
  );

  test.each(combinations)('address of $uid, cookies of $cookies, handle of $handle, code of $code', async (mix) => {
    const begin = async () => {
      const user = await userWithTotp(node);
      const signIn = await beginSignIn(node, 'payroll');
      return { user, ...signIn, page: await identify(signIn.agent, signIn.page, user) };
    };
    const users = { ann: await begin(), ben: await begin() };
    const fields = {
      stateHandle: mainForm(users[mix.handle].page)?.fields.stateHandle ?? '',
      ...(await passcode(users[mix.code].user)),
    };
    const url = `${node.issuer}/signin/${users[mix.uid].uid}`;
    const end = await post(users[mix.cookies].agent, { url, body: new URLSearchParams(fields).toString() });
    const untouched = new Set(Object.values(mix)).size === 1;
    expect(currentStep(end) === 'code').toBe(untouched);
    if (!untouched) return;
    const { tokens } = await redeemCode(node.origin, users[mix.uid].request, end.url);
    expect(claimsOf(tokens?.id_token).sub).toBe(users[mix.code].user.id);
  });

  test('the cookies of both in one browser: each sign-in stays with its user', async () => {
    const [ann, ben] = [await userWithTotp(node), await userWithTotp(node)];
    const agent = new UserAgent();
    const first = await beginSignIn(node, 'payroll', agent);
    const second = await beginSignIn(node, 'payroll', agent);
    const annAtTotp = await identify(agent, first.page, ann);
    const benAtTotp = await identify(agent, second.page, ben);
    expect(currentStep(await answerStep(agent, annAtTotp, await passcode({ ...ben })))).toBe('challenge:totp');
    const end = await answerStep(agent, benAtTotp, await passcode(ben));
    expect(currentStep(end)).toBe('code');
    const { tokens } = await redeemCode(node.origin, second.request, end.url);
    expect(claimsOf(tokens?.id_token).sub).toBe(ben.id);
    const mixed = await answerStep(agent, annAtTotp, await passcode(ann));
    if (currentStep(mixed) === 'code') {
      const { tokens: others } = await redeemCode(node.origin, first.request, mixed.url);
      expect(claimsOf(others?.id_token).sub).toBe(ann.id);
    }
  });
});

describe('a random walk', () => {
  const actions = [
    'right',
    'right',
    'right',
    'wrong',
    'empty',
    'old page',
    'replay',
    'select',
    'select totp',
    'select password',
    'restart',
    'cancel',
    'look',
    'switch',
    'foreign handle',
    'resume',
    'other user',
  ] as const;
  let codes = 0;

  /** The state of a random walk: two sign-ins in one browser, and every page that it has seen. */
  interface Walk {
    readonly agent: RecordingAgent;
    readonly signIns: readonly SignIn[];
    readonly users: readonly StoredUser[];
    readonly pages: Page[];
    /** Length of the audit log when a sign-in was restarted last. */
    readonly restarts: Map<string, number>;
    turn: number;
    who: number;
  }

  const newest = ({ pages, signIns, turn }: Walk): Page =>
    pages.findLast(({ url }) => url.includes(signIns[turn]?.uid ?? '')) as Page;

  async function rightAnswer(walk: Walk, page: Page): Promise<Page> {
    const user = walk.users[walk.who] as StoredUser;
    const form = mainForm(page);
    if (form?.step === 'identify') return identify(walk.agent, page, user);
    if (form?.step === 'select') return answerStep(walk.agent, page, { 'authenticator.id': 'totp' });
    if (form?.authenticator === 'password')
      return answerStep(walk.agent, page, { 'credentials.passcode': user.password });
    if (form?.step === 'enroll')
      return answerStep(walk.agent, page, await passcode({ ...user, totp: page.secret ?? '' }));
    return form && user.totp ? answerStep(walk.agent, page, await passcode(user)) : page;
  }

  async function way(walk: Walk, name: string, fields: Readonly<Record<string, string>> = {}): Promise<Page> {
    const page = newest(walk);
    const uid = walk.signIns[walk.turn]?.uid ?? '';
    const audited = node.audit.length;
    const stateHandle = (page.forms[0]?.fields.stateHandle ?? '') as string;
    const body = new URLSearchParams({ stateHandle, ...fields }).toString();
    const next = await post(walk.agent, { url: `${node.issuer}/signin/${uid}/${name}`, body });
    if (name === 'restart' && currentStep(next) === 'identify') walk.restarts.set(uid, audited);
    return next;
  }

  async function act(walk: Walk, action: (typeof actions)[number], pick: number): Promise<Page> {
    const page = newest(walk);
    const { agent } = walk;
    switch (action) {
      case 'right':
        return rightAnswer(walk, page);
      case 'wrong':
        return mainForm(page)
          ? answerStep(agent, page, {
              identifier: walk.users[walk.who]?.identifier ?? '',
              'credentials.passcode': await wrongCode(walk.users[walk.who] as StoredUser),
            })
          : page;
      case 'empty':
        return post(agent, { url: page.url, body: '' });
      case 'old page':
        return rightAnswer(walk, walk.pages[pick % walk.pages.length] as Page);
      case 'replay':
        return agent.sent.length > 0 ? post(agent, agent.sent[pick % agent.sent.length] as Sent) : page;
      case 'select':
        return way(walk, 'select');
      case 'select totp':
        return way(walk, 'select', { 'authenticator.id': 'totp' });
      case 'select password':
        return way(walk, 'select', { 'authenticator.id': 'password' });
      case 'restart':
        return way(walk, 'restart');
      case 'cancel':
        return way(walk, 'cancel');
      case 'look':
        return agent.open(page.url, {}, redirectUri);
      case 'switch':
        walk.turn = 1 - walk.turn;
        return newest(walk);
      case 'foreign handle': {
        const other = walk.pages.findLast(({ url }) => url.includes(walk.signIns[1 - walk.turn]?.uid ?? ''));
        return way(walk, 'answer', {
          ...mainForm(other as Page)?.fields,
          ...(await passcode(walk.users[0] as StoredUser)),
        });
      }
      case 'resume':
        return agent.open(`${node.issuer}/oauth2/v1/authorize/${walk.signIns[walk.turn]?.uid}`, {}, redirectUri);
      case 'other user':
        walk.who = 1 - walk.who;
        return page;
    }
  }

  /**
   * A code may only come when the log shows both factors, of the same user, in this very sign-in since its last
   * restart.
   */
  async function check(walk: Walk, page: Page): Promise<void> {
    codes += 1;
    const completed = node.audit.findLast(({ event }) => event === 'sign_in.completed') ?? {};
    const { transaction, subject } = completed;
    const since = node.audit.slice(walk.restarts.get(String(transaction)) ?? 0);
    const factors = since
      .filter((line) => line.transaction === transaction && line.subject === subject && line.outcome === 'success')
      .filter(({ event }) => event === 'authenticator.verified' || event === 'authenticator.enrolled')
      .flatMap((line) => line.factors as string[]);
    expect(factors).toEqual(expect.arrayContaining(['knowledge', 'possession']));
    // A resume before the end goes on in a new transaction; the state says which request the code answers.
    const state = new URL(page.url).searchParams.get('state');
    const signIn = walk.signIns.find(
      ({ request }) => new URL(request.url).searchParams.get('state') === state,
    ) as SignIn;
    const { tokens } = await redeemCode(node.origin, signIn.request, page.url);
    expect(claimsOf(tokens?.id_token)).toMatchObject({ sub: subject, amr: ['mfa', 'otp', 'pwd'] });
  }

  test('ends in a code only with both factors of one user', async () => {
    const steps = fc.array(fc.tuple(fc.constantFrom(...actions), fc.nat(20)), { minLength: 2, maxLength: 24 });
    const property = fc.asyncProperty(steps, async (walkSteps) => {
      const agent = new RecordingAgent();
      const signIns = [await beginSignIn(node, 'payroll', agent), await beginSignIn(node, 'payroll', agent)];
      const users = [await userWithTotp(node), await userWithPassword(node)];
      const pages = signIns.map(({ page }) => page);
      const walk: Walk = { agent, signIns, users, pages, restarts: new Map(), turn: 0, who: 0 };
      for (const [action, pick] of walkSteps) {
        const page = await act(walk, action, pick);
        expect(page.status).toBeLessThan(500);
        if (currentStep(page) === 'code') return check(walk, page);
        if (page.url.includes('/signin/'))
          walk.pages.push({ ...page, url: page.url.replace(/(\/signin\/[\w-]+).*/, '$1') });
      }
    });
    // This walk resumes before the end, and completes in the transaction that follows.
    const seed = -658493911;
    const path = '87:5:8:12:15:18:18:27:27:28:27:28:28:34:34';
    await fc.assert(property, { seed, path, numRuns: 1, endOnFailure: true });
    await fc.assert(property, seeded(60));
    expect(codes).toBeGreaterThan(5);
  });
});
