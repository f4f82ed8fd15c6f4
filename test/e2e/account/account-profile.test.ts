/** Users read and change their own profile at `/account/profile`. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventsOf, formOf, userWithPassword } from '../../support/clients/sign-in-flow.ts';
import { type Page, UserAgent, withoutDraws } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { type Visit, visit } from '../../support/users/account-visits.ts';

let node: TestNode;
const files = {
  'stepgate.yaml': JSON.stringify({
    brand: { name: 'Acme' },
    zones: { office: { cidrs: ['192.0.2.0/24'] } },
    authenticators: { password: { enabled: true }, totp: { enabled: true } },
    attributes: {
      shirt: { label: { en: 'Shirt', de: 'Hemd' }, options: [{ value: 'S' }, { value: 'M' }], write: 'user' },
      card: { label: 'Card', unique: true, write: 'user', maxLength: 10 },
      member: { label: 'Member', type: 'boolean', write: 'user' },
      age: { label: 'Age', type: 'number', min: 18, max: 120, write: 'user' },
      department: { label: 'Department' },
      creditLimit: { label: 'Credit limit', type: 'number', read: 'admin' },
      number: { label: 'Number', identifies: true, unique: true },
    },
  }),
};
beforeAll(async () => {
  node = await startNode({ files });
});
afterAll(() => node.stop());

type TestUser = Awaited<ReturnType<typeof userWithPassword>>;

async function open(profile: Readonly<Record<string, string | number | boolean>> = {}) {
  const user = await userWithPassword(node);
  await node.app.directory.update(user.id, () => ({ profile }));
  return { user, ...(await visit(node, user, { path: '/account/profile' })) };
}

function save({ agent, page }: Visit, values: Readonly<Record<string, string>>): Promise<Page> {
  const fields = Object.fromEntries(Object.entries(values).map(([name, value]) => [`userProfile.${name}`, value]));
  return agent.submit(page, formOf(page, 'profile'), fields);
}

async function profileOf({ id }: TestUser) {
  return (await node.app.directory.get(id))?.user.profile;
}

test('attributes that users may write are saved, emptied ones are removed, and the audit log has only names', async () => {
  const { user, agent, page } = await open({ displayName: 'Alice', nickname: 'Al', department: 'Sales' });
  expect(page.html).toContain('value="Alice"');
  const typed = { displayName: ' Alice Archer ', nickname: '', shirt: 'M', member: 'yes', age: '42', locale: 'de-at' };
  const saved = await save({ agent, page }, typed);
  expect([saved.url, saved.messages]).toEqual([
    `${node.issuer}/account/profile?done=profile_saved`,
    ['account.done.profile_saved'],
  ]);
  expect(await profileOf(user)).toEqual({
    displayName: 'Alice Archer',
    department: 'Sales',
    shirt: 'M',
    member: true,
    age: 42,
    locale: 'de-AT',
  });
  const line = node.audit.find(({ event, subject }) => event === 'account.profile_changed' && subject === user.id);
  expect(line?.attributes).toEqual(['displayName', 'nickname', 'locale', 'age', 'member', 'shirt']);
  expect(JSON.stringify(node.audit)).not.toContain('Archer');
});

test('a form that changes nothing writes nothing', async () => {
  const { user, agent, page } = await open({ displayName: 'Alice', member: false });
  const before = await node.app.directory.get(user.id);
  expect((await save({ agent, page }, {})).messages).toEqual(['account.done.profile_saved']);
  expect((await node.app.directory.get(user.id))?.user).toEqual(before?.user);
  expect(eventsOf(node, user.id)).not.toContain('account.profile_changed');
});

describe('what is wrong', () => {
  test.each([
    ['displayName', '<b>Alice</b>', 'profile.markup'],
    ['displayName', '{{7*7}}', 'profile.markup'],
    ['displayName', 'Alice\u202eecila', 'profile.forbidden_character'],
    ['displayName', 'A'.repeat(101), 'profile.too_long'],
    ['birthdate', '2026-02-30', 'profile.invalid.date'],
    ['website', 'javascript:alert(1)', 'profile.invalid.url'],
    ['zoneinfo', 'Europe/Nowhere', 'profile.invalid.time_zone'],
    ['shirt', 'XXL', 'profile.not_offered'],
    ['age', '17', 'profile.too_small'],
    ['card', '12345678901', 'profile.too_long'],
  ])(
    '%s %j is said beside the field, nothing is saved, and everything that was typed stays',
    async (name, value, code) => {
      const { user, agent, page } = await open({ nickname: 'Al' });
      const refused = await save({ agent, page }, { nickname: 'Ally', locality: 'Vienna', [name]: value });
      expect([refused.status, refused.messages]).toEqual([422, ['profile.check', code]]);
      const { fields = {} } = formOf(refused, 'profile') ?? {};
      expect(fields['userProfile.nickname']).toBe('Ally');
      expect(fields['userProfile.locality']).toBe('Vienna');
      const field = new RegExp(
        `id="userProfile-${name}"[^>]*aria-invalid="true"[^>]*aria-describedby="(?:message-1 )?message-2"`,
      );
      expect(refused.html).toMatch(field);
      expect(await profileOf(user)).toEqual({ nickname: 'Al' });
      const corrected = await save({ agent, page: refused }, { [name]: '' });
      expect(corrected.messages).toEqual(['account.done.profile_saved']);
    },
  );

  test('a value that another account has is refused, and of two who ask at once one gets it', async () => {
    const [one, other, third] = [await open(), await open(), await open()];
    expect((await save(one, { card: 'K-1' })).messages).toEqual(['account.done.profile_saved']);
    const refused = await save(other, { card: 'k-1' });
    expect([refused.status, refused.messages]).toEqual([422, ['profile.check', 'profile.taken']]);
    await Promise.all([save({ ...other, page: refused }, { card: 'K-2' }), save(third, { card: 'K-2' })]);
    const profiles = await Promise.all([other, third].map(({ user }) => profileOf(user)));
    expect(profiles.filter((profile) => profile?.card === 'K-2')).toHaveLength(1);
  });

  test.each(['department', 'creditLimit', 'number', 'email', 'emailVerified', 'phone', 'isAdmin', '__proto__'])(
    '%s is nothing that a form may write',
    async (name) => {
      const { user, agent, page } = await open();
      const { stateHandle = '' } = formOf(page, 'profile')?.fields ?? {};
      const body = new URLSearchParams({ stateHandle, [`userProfile.${name}`]: 'x' });
      const answer = await agent.send(`${node.issuer}/account/profile`, {
        method: 'POST',
        body,
        headers: { origin: node.issuer },
      });
      expect(answer.status).toBe(422);
      expect(await profileOf(user)).toEqual({});
    },
  );
});

test('what only administrators write is shown, and what only they read is not', async () => {
  const { page } = await open({ department: 'Sales & <Service>', creditLimit: 4711, number: 'E-42' });
  expect(page.html).toContain('Sales &amp; &lt;Service&gt;');
  expect(page.html).toContain('E-42');
  expect(withoutDraws(page)).not.toContain('4711');
  expect(page.html).not.toContain('Credit limit');
});

test('of two tabs one wins, and the other says that its form is outdated', async () => {
  const { user, agent, page } = await open();
  expect((await save({ agent, page }, { nickname: 'First' })).messages).toEqual(['account.done.profile_saved']);
  const stale = await save({ agent, page }, { nickname: 'Second', locality: 'Graz' });
  expect([stale.status, stale.messages]).toEqual([409, ['form.stale']]);
  expect(formOf(stale, 'profile')?.fields['userProfile.locality']).toBe('Graz');
  expect(await profileOf(user)).toEqual({ nickname: 'First' });
  const [one, other] = await Promise.all([
    save({ agent, page: stale }, { nickname: 'Third' }),
    save({ agent, page: stale }, { nickname: 'Fourth' }),
  ]);
  expect([...one.messages, ...other.messages].toSorted()).toEqual(['account.done.profile_saved', 'form.stale']);
});

test('it takes a session, the form of this account, and this site', async () => {
  const [own, foreign] = [await open(), await open()];
  const { stateHandle = '' } = formOf(foreign.page, 'profile')?.fields ?? {};
  const post = (agent: UserAgent, headers: Readonly<Record<string, string>>) =>
    agent.send(`${node.issuer}/account/profile`, {
      method: 'POST',
      body: new URLSearchParams({ stateHandle, 'userProfile.nickname': 'Mallory' }),
      headers,
    });
  expect((await post(own.agent, { origin: node.issuer })).status).toBe(409);
  expect((await post(foreign.agent, { origin: 'https://evil.test' })).status).toBe(403);
  const anonymous = await post(new UserAgent(), { origin: node.issuer });
  expect(anonymous.headers.get('location')).toContain('/oauth2/v1/authorize');
  expect(await profileOf(own.user)).toEqual({});
});

test('a sign-in for it comes back to it', async () => {
  const { page } = await open();
  expect(page.url).toBe(`${node.issuer}/account/profile`);
});
