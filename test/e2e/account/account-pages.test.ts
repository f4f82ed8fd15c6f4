/** The pages of one's own account: each at its own address, what is worth doing, apps to open, and the way back. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appFile, type OpenNode, openNode } from '../../support/clients/authorize.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  identify,
  userWithPassword,
} from '../../support/clients/sign-in-flow.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';
import { visit } from '../../support/users/account-visits.ts';

function policyFor(name: string, group = name): string {
  return JSON.stringify({
    name,
    rules: [
      { name: 'Group', when: { groups: { any: [group] } }, then: { allow: { factors: 1 } } },
      { name: 'No other user', then: 'deny' },
    ],
  });
}
const staffOnly = { 'policies/sign-on/staff.yaml': policyFor('staff', 'people') };
const web = (more: Readonly<Record<string, string>>) => ({ client: more });

const marked = [...Array(10).keys()];
/** Apps for one group, each with a mark of its own. */
const markedApps = Object.assign(
  { 'policies/sign-on/marked.yaml': policyFor('marked') },
  ...marked.map((number) => ({
    [`brand/${number}.svg`]: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M${number} 0h9v9z"/></svg>`,
    ...appFile(`marked-${number}`, {
      name: `Marked ${number}`,
      signOnPolicy: 'marked',
      logo: `brand/${number}.svg`,
      ...web({ client_uri: `https://marked-${number}.example/` }),
    }),
  })),
) as Readonly<Record<string, string>>;

/** Names and addresses of the apps that the page offers. */
function openable({ html }: Page): Readonly<Record<string, string>> {
  const tiles = [...html.matchAll(/<a class="tile" href="([^"]+)"[^>]*title="Open ([^"]+)"/g)];
  return Object.fromEntries(tiles.map(([, href = '', name = '']) => [name, href.replaceAll('&amp;', '&')]));
}

describe.each(storesUnderTest.slice(0, 1))('on the $name store', (store) => {
  let opened: OpenNode;
  beforeAll(async () => {
    opened = await openNode(store, {
      mail: true,
      authenticators: ['password', 'totp', 'email', 'webauthn', 'recovery_code'],
      files: {
        ...staffOnly,
        ...markedApps,
        ...appFile('wiki', { name: 'Wiki', ...web({ client_uri: 'https://wiki.example/' }) }),
        ...appFile('crm', { name: 'CRM', ...web({ initiate_login_uri: 'https://crm.example/start?a=1' }) }),
        ...appFile('secret', { name: 'Secret', hidden: true, ...web({ client_uri: 'https://secret.example/' }) }),
        ...appFile('mobile', { name: 'Mobile' }),
        ...appFile('hr', { name: 'HR', signOnPolicy: 'staff', ...web({ client_uri: 'https://hr.example/' }) }),
      },
    });
  });
  afterAll(async () => opened?.stop());

  const open = (agent: UserAgent, path: string) => agent.open(`${opened.node.issuer}${path}`);

  test('each part has its own address, which a user without a session comes back to', async () => {
    const user = await userWithPassword(opened.node);
    for (const part of ['methods', 'devices', 'activity', 'notifications', 'apps', 'profile']) {
      const { page } = await visit(opened.node, user, { path: `/account/${part}` });
      expect([page.status, page.url]).toEqual([200, `${opened.node.issuer}/account/${part}`]);
      expect(page.html).toContain(`<a href="/account/${part}" aria-current="page">`);
    }
  });

  test('the root leads to the account', async () => {
    const answer = await new UserAgent().send(`${opened.node.issuer}/`);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/account']);
  });

  test('the first page suggests what to do next, until it is done', async () => {
    const user = await userWithPassword(opened.node);
    const { agent, page } = await visit(opened.node, user);
    for (const path of ['/account/add/webauthn', '/account/add/recovery_code', '/account/addresses/add'])
      expect(page.html).toContain(`class="button" href="${path}"`);
    const offer = await open(agent, '/account/add/recovery_code');
    expect(currentStep(offer)).toBe('enroll:recovery_code');
    const done = await answerStep(agent, offer, { 'credentials.saved': 'yes' });
    expect(done.html).toContain('Recovery code</bdi> added.');
    expect((await open(agent, '/account')).html).not.toContain('/account/add/recovery_code');
  });

  test('setting up an authenticator is no sign-in, but its session is in the list', async () => {
    const user = await userWithPassword(opened.node);
    const { agent, page } = await beginSignIn(opened.node, 'notes');
    await identify(agent, page, user);
    const offer = await open(agent, '/account/add/recovery_code');
    await answerStep(agent, offer, { 'credentials.saved': 'yes' });
    const { html } = await open(agent, '/account/activity');
    expect(html.match(/<li class="entry">/g)).toHaveLength(1);
    expect(html).not.toContain('Recovery code');
    expect((await open(agent, '/account/devices')).html).toContain('This browser');
  });

  test('the apps that the policies let the user into are there to be opened; those that hide are not', async () => {
    const user = await userWithPassword(opened.node);
    const { agent, page } = await visit(opened.node, user, { path: '/account/apps' });
    const apps = openable(page);
    expect(apps).toMatchObject({
      Wiki: 'https://wiki.example/',
      CRM: `https://crm.example/start?a=1&iss=${encodeURIComponent(opened.node.issuer)}`,
    });
    for (const name of ['Secret', 'Mobile', 'HR']) expect(apps).not.toHaveProperty(name);
    await opened.node.app.directory.update(user.id, () => ({ groups: ['people'] }));
    expect(openable(await open(agent, '/account/apps'))).toMatchObject({ HR: 'https://hr.example/' });
  });

  test('a user with ten apps that have marks gets them all with six requests, and one sheet holds the marks', async () => {
    const user = await userWithPassword(opened.node, ['marked']);
    const { page } = await visit(opened.node, user, { path: '/account/apps' });
    expect(Object.keys(openable(page)).filter((name) => name.startsWith('Marked'))).toHaveLength(10);
    expect(page.html.match(/class="app-logo app-initial logo-\d"/g)).toHaveLength(10);
    const assets = [...page.html.matchAll(/ (?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(assets.length).toBeLessThanOrEqual(5);
    const sheet = await open(new UserAgent(), assets.find((path) => path.startsWith('/assets/logos.')) ?? '');
    expect(sheet.status).toBe(200);
    for (const number of marked) expect(sheet.html).toContain(`M${number} 0h9v9z`);
  });

  test('an app that sends the user here is led back to, by its configured address alone', async () => {
    const user = await userWithPassword(opened.node);
    const { agent, page } = await visit(opened.node, user, { path: '/account?client_id=wiki' });
    expect(page.html).toContain('href="https://wiki.example/"');
    expect((await open(agent, '/account/methods')).html).toContain('Back to <bdi>Wiki</bdi>');
    for (const id of ['mobile', 'nobody', 'https://evil.example', 'a b', 'stepgate-account'])
      expect((await open(agent, `/account?client_id=${encodeURIComponent(id)}`)).html).not.toContain('class="return"');
  });

  test('times are relative, and the exact time is given, too', async () => {
    const user = await userWithPassword(opened.node);
    const { page } = await visit(opened.node, user, { path: '/account/devices' });
    expect(page.html).toMatch(/<time datetime="[^"]+Z" data-local title="[^"]+UTC">now<\/time>/);
  });

  test('times are in the zone of the profile, without a script too', async () => {
    const user = await userWithPassword(opened.node, ['staff'], { zoneinfo: 'Asia/Tokyo' });
    const { page } = await visit(opened.node, user, { path: '/account/devices' });
    expect(page.html).toMatch(/<time datetime="[^"]+Z" data-local="Asia\/Tokyo" title="[^"]+GMT\+9">now<\/time>/);
  });
});
