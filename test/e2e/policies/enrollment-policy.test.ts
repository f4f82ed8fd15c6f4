/** The enrollment policy in real sign-ins: forced, by choice, offered once, in grace, forbidden. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { oneDay } from '../../../src/core/model/durations.ts';
import {
  authorizationRequest,
  discover,
  type RelyingParty,
  redirectUri,
  signIn,
} from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  eventsOf,
  formOf,
  identify,
  passcode,
  signOnPolicy,
  skippedAgo,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

const settings = JSON.stringify({
  brand: { name: 'Test' },
  zones: { office: { cidrs: ['192.0.2.0/24'] } },
  authenticators: { password: { enabled: true }, totp: { enabled: true }, webauthn: { enabled: true } },
});
let node: TestNode;
let notes: RelyingParty;

/** `then` of the one rule, or of a rule for a group and the catch-all. */
function enrollment(then: unknown, when?: unknown): Record<string, string> {
  const rules = [{ name: 'First', ...(when ? { when } : {}), then }, ...(when ? [{ name: 'Rest', then: {} }] : [])];
  return { 'policies/enrollment.yaml': JSON.stringify({ rules }) };
}

beforeAll(async () => {
  node = await startNode({ files: { 'stepgate.yaml': settings } });
  notes = await discover(node.issuer, 'notes');
});
afterAll(() => node.stop());

type TestUser = Awaited<ReturnType<typeof userWithPassword>>;

async function upToTheOffer(user: TestUser, agent = new UserAgent()): Promise<{ agent: UserAgent; page: Page }> {
  const { page } = await beginSignIn(node, 'notes', agent);
  return { agent, page: await identify(agent, page, user) };
}

const skip = (agent: UserAgent, page: Page) => agent.submit(page, formOf(page, 'skip'));
const skipText = (page: Page) => /Skip for now[^<]*/.exec(page.html.replaceAll(/<\/?(?:bdi|time)[^>]*>/g, ''))?.[0];

async function silent(agent: UserAgent): Promise<string | null> {
  const { url } = await authorizationRequest(notes, { prompt: 'none' });
  return new URL((await agent.open(url, {}, redirectUri)).url).searchParams.get('error');
}

test('an offer that was skipped takes nothing from the grace of a rule that comes later', async () => {
  await node.configure(enrollment({ promote: { totp: { cooldown: 'P30D' } } }));
  const user = await userWithPassword(node);
  const { agent, page } = await upToTheOffer(user);
  expect(currentStep(await skip(agent, page))).toBe('code');
  await node.configure(enrollment({ required: [{ anyOf: ['totp'], grace: { skips: 2 } }] }));
  for (const text of ['Skip for now (2 skips left)', 'Skip for now (1 skip left)']) {
    const next = await upToTheOffer(user);
    expect(skipText(next.page)).toBe(text);
    expect(currentStep(await skip(next.agent, next.page))).toBe('code');
  }
  expect(skipText((await upToTheOffer(user)).page)).toBeUndefined();
});

describe('required', () => {
  test('it is enrolled before the sign-in completes, and cannot be skipped', async () => {
    await node.configure(enrollment({ required: ['totp'] }));
    const user = await userWithPassword(node);
    const { agent, page } = await upToTheOffer(user);
    expect([currentStep(page), formOf(page, 'skip')]).toEqual(['enroll:totp', undefined]);
    const { page: end, asked } = await signIn(agent, page, user);
    expect([currentStep(end), asked]).toEqual(['code', ['enroll:totp']]);
    expect(await silent(agent)).toBeNull();
  });

  test('an option that is not offered skips nothing', async () => {
    await node.configure(enrollment({ required: ['totp'] }));
    const { agent, page } = await upToTheOffer(await userWithPassword(node));
    const form = formOf(page, 'cancel');
    const forged = form && { ...form, action: form.action.replace(/cancel$/, 'skip') };
    const after = await agent.submit(page, forged);
    expect([after.status, currentStep(after)]).toEqual([409, 'enroll:totp']);
  });

  test('of several, the user chooses one', async () => {
    await node.configure(enrollment({ required: [{ anyOf: ['totp', 'webauthn'] }] }));
    const user = await userWithPassword(node);
    const { agent, page } = await upToTheOffer(user);
    expect(currentStep(page)).toBe('select');
    const chosen = await answerStep(agent, page, { 'authenticator.id': 'totp' });
    const { page: end } = await signIn(agent, chosen, user);
    expect(currentStep(end)).toBe('code');
  });

  test('single sign-on stops at a rule that came later', async () => {
    await node.configure(enrollment({}));
    const user = await userWithPassword(node);
    const { agent, page } = await upToTheOffer(user);
    expect(currentStep(page)).toBe('code');
    await node.configure(enrollment({ required: ['totp'] }));
    expect(await silent(agent)).toBe('interaction_required');
    const { page: next } = await beginSignIn(node, 'notes', agent);
    expect(currentStep(next)).toBe('enroll:totp');
  });

  test('a user with another factor proves it before anything is enrolled (Law 7)', async () => {
    await node.configure(enrollment({ required: ['webauthn'] }));
    const user = await userWithTotp(node);
    const { agent, page } = await upToTheOffer(user);
    expect([currentStep(page), page.messages]).toEqual(['challenge:totp', ['enroll.prove_first']]);
    expect(currentStep(await answerStep(agent, page, await passcode(user)))).toBe('enroll:webauthn');
  });

  test('only of the users that the rule matches', async () => {
    await node.configure(enrollment({ required: ['totp'] }, { groups: { any: ['staff'] }, apps: { none: ['notes'] } }));
    expect(currentStep((await upToTheOffer(await userWithPassword(node))).page)).toBe('code');
  });
});

describe('optional', () => {
  test('it is offered once, and does not prevent single sign-on', async () => {
    await node.configure(enrollment({ optional: ['totp'] }));
    const user = await userWithPassword(node);
    const { agent, page } = await upToTheOffer(user);
    expect([currentStep(page), skipText(page)]).toEqual(['enroll:totp', 'Skip for now']);
    expect(currentStep(await skip(agent, page))).toBe('code');
    expect(eventsOf(node, user.id)).toContain('enrollment.skipped:totp');
    expect(await silent(agent)).toBeNull();
    expect(currentStep((await upToTheOffer(user)).page)).toBe('code');
  });

  test('promoted, it is offered again after the cool-down, but only so many times', async () => {
    await node.configure(enrollment({ promote: { totp: { cooldown: 'P30D', skips: 2 } } }));
    const user = await userWithPassword(node);
    const first = await upToTheOffer(user);
    expect(currentStep(await skip(first.agent, first.page))).toBe('code');
    await skippedAgo(node, user.id, 29);
    expect(currentStep((await upToTheOffer(user)).page)).toBe('code');
    await skippedAgo(node, user.id, 31);
    const second = await upToTheOffer(user);
    expect(currentStep(second.page)).toBe('enroll:totp');
    await skip(second.agent, second.page);
    await skippedAgo(node, user.id, 90);
    expect(currentStep((await upToTheOffer(user)).page)).toBe('code');
  });
});

describe('grace', () => {
  test('so many skips, which the page counts down; then none', async () => {
    await node.configure(enrollment({ required: [{ anyOf: ['totp'], grace: { skips: 2 } }] }));
    const user = await userWithPassword(node);
    for (const text of ['Skip for now (2 skips left)', 'Skip for now (1 skip left)']) {
      const { agent, page } = await upToTheOffer(user);
      expect(skipText(page)).toBe(text);
      expect(currentStep(await skip(agent, page))).toBe('code');
    }
    const { page } = await upToTheOffer(user);
    expect([currentStep(page), formOf(page, 'skip')]).toEqual(['enroll:totp', undefined]);
  });

  test('two tabs do not skip more often than allowed', async () => {
    await node.configure(enrollment({ required: [{ anyOf: ['totp'], grace: { skips: 1 } }] }));
    const user = await userWithPassword(node);
    const tabs = [await upToTheOffer(user), await upToTheOffer(user)];
    const ends = await Promise.all(tabs.map(({ agent, page }) => skip(agent, page)));
    expect(ends.map(currentStep).sort()).toEqual(['code', 'enroll:totp']);
  });

  test('until the end of a day', async () => {
    // Two days ago is over in every time zone, also when midnight comes while the test runs.
    const [lastDay, past] = [5, -2].map((days) =>
      new Date(Date.now() + days * oneDay * 1000).toISOString().slice(0, 10),
    );
    await node.configure(enrollment({ required: [{ anyOf: ['totp'], grace: { until: lastDay } }] }));
    const user = await userWithPassword(node);
    const { agent, page } = await upToTheOffer(user);
    const written = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' }).format(
      Date.parse(lastDay ?? ''),
    );
    expect(skipText(page)).toBe(`Skip for now (until ${written})`);
    expect(currentStep(await skip(agent, page))).toBe('code');
    await node.configure(enrollment({ required: [{ anyOf: ['totp'], grace: { until: past } }] }));
    const late = await upToTheOffer(user);
    expect([currentStep(late.page), formOf(late.page, 'skip')]).toEqual(['enroll:totp', undefined]);
  });
});

describe('disabled', () => {
  const onlyTotp = { allow: { factors: 2, possession: { authenticators: ['totp'] } } };

  test('it cannot be used, and the denial gives the reason', async () => {
    const when = { groups: { any: ['kiosk'] } };
    await node.configure({
      ...signOnPolicy(
        'notes',
        { when: { groups: { any: ['ward'] } }, then: onlyTotp },
        { then: { allow: { factors: 1 } } },
      ),
      ...enrollment({ disabled: ['totp'] }, when),
    });
    const user = await userWithTotp(node, ['kiosk', 'ward']);
    const offer = await upToTheOffer(user);
    const { page } = await signIn(offer.agent, offer.page, user);
    expect([page.status, page.messages]).toEqual([403, ['denied.enrollment_forbids']]);
    expect(node.audit.filter(({ event }) => event === 'sign_in.denied').at(-1)).toMatchObject({
      reason: 'enrollment_forbids',
      rule: 'session: Everybody; app: Rule 1; enrollment: First',
    });
    const other = await userWithTotp(node, ['ward']);
    const otherOffer = await upToTheOffer(other);
    expect((await signIn(otherOffer.agent, otherOffer.page, other)).asked).toContain('challenge:totp');
  });

  test('the check finds an app that no user can get into', async () => {
    const files = {
      ...signOnPolicy('notes', { then: onlyTotp }),
      ...enrollment({ disabled: ['totp'] }),
    };
    await expect(node.configure(files)).rejects.toThrow(
      /^policies\/enrollment\.yaml:1:\d+ rules\[0\]\.then\.disabled disables totp, so that no user can meet the rule "Rule 1" in policies\/sign-on\/notes\.yaml:1:\d+, as in the app notes; disable less here, .* \[enrollment_unmeetable\]$/,
    );
  });
});
