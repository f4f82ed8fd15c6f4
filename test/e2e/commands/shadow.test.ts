/** `config shadow`: a draft beside what is active, on real sign-ins of several nodes, without effect. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import type { ShadowSample } from '../../../src/flow/services.ts';
import { loadConfiguration } from '../../../src/policy/load.ts';
import { findingLine } from '../../../src/policy/model/finding.ts';
import { shadowKey, shadowKeyOfUser, shadowTotalsKey, shadowUsersKey } from '../../../src/stores/keys.ts';
import type { TestUser } from '../../support/clients/relying-party.ts';
import { beginSignIn, currentStep, identify, userWithPassword } from '../../support/clients/sign-in-flow.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { configOn } from '../../support/servers/config-on-node.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { type OpenedStore, storesUnderTest } from '../../support/stores/stores.ts';

function policy(name: string, ...rules: readonly object[]): string {
  return JSON.stringify({ name, rules: rules.map((rule, index) => ({ name: `Rule ${index + 1}`, ...rule })) });
}
const oneFactor = { then: { allow: { factors: 1 } } };
const noContractors = { then: 'deny', when: { groups: { any: ['contractors'] } } };
const signals = 'deviceSignals: { proxy: { header: X-Device-Signals, proxies: [127.0.0.1/32] } }\n';
const noStaff = { then: 'deny', when: { groups: { any: ['staff'] } } };

let one: TestNode;
let two: TestNode;
let dir: string;
let opened: OpenedStore;
/** Seconds by which the clock of the first node is ahead. */
let ahead = 0;
/** What the first node was asked to compare. */
const taken: ShadowSample[] = [];

const shadow = (...words: readonly string[]) => configOn(one, 'shadow', ...words);

async function begin(...rules: readonly object[]): Promise<string> {
  await writeFile(join(dir, 'policies/sign-on/notes.yaml'), policy('notes', ...rules));
  const printed = await shadow(dir, '--by', 'alice');
  await follow();
  return printed;
}

/** Both nodes look, and compare what waits. */
async function follow(): Promise<void> {
  await Promise.all([one.app.shadow.pass(), two.app.shadow.pass()]);
}

async function signIn(groups: readonly string[] = ['staff']) {
  const user = await userWithPassword(one, groups);
  const { agent, page } = await beginSignIn(one, 'notes');
  return { user, agent, step: currentStep(await identify(agent, page, user)) };
}

async function signInAgain(user: TestUser): Promise<string> {
  const { agent, page } = await beginSignIn(one, 'notes');
  return currentStep(await identify(agent, page, user));
}

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  beforeAll(async () => {
    opened = await storeUnderTest.open();
    ahead = 0;
    const now = () => Math.floor(Date.now() / 1000) + ahead;
    one = await startNode({ store: opened.store, demo: true, authenticators: 'demo', now });
    await one.configure({
      'policies/enrollment.yaml': undefined,
      'policies/sign-on/notes.yaml': policy('notes', noContractors, oneFactor),
    });
    two = await startNode({ store: await opened.again(), issuer: one.issuer, demo: true });
    dir = await mkdtemp(join(tmpdir(), 'stepgate-shadow-'));
    await cp('config', dir, { recursive: true });
    await rm(join(dir, 'policies/enrollment.yaml'));
    await rm(join(dir, 'invariants.yaml'));
    taken.length = 0;
    const { shadow: running } = one.app;
    const take = running.take.bind(running);
    running.take = (sample) => {
      taken.push(sample);
      take(sample);
    };
  });
  afterAll(async () => {
    await two.stop();
    await one.stop();
    await opened.stop();
    await rm(dir, { recursive: true, force: true });
  });

  test('without a draft nothing is kept, and there is nothing to report', async () => {
    expect((await signIn()).step).toBe('code');
    await follow();
    await expect(shadow('report')).rejects.toThrow('no draft is compared: begin with `config shadow DIR`');
    await expect(shadow('stop')).rejects.toThrow('no draft is compared');
  });

  test('it says what would have changed, for how many users, with examples, and changes nothing', async () => {
    expect(await begin(noStaff, { then: { allow: { factors: 2 } } })).toContain(
      `sign-ins are compared with ${dir}, without effect, until `,
    );
    expect(await shadow('report')).toContain('no sign-in was compared yet');
    const staff = await signIn(['staff']);
    expect(staff.step).toBe('code');
    expect((await signIn(['guests'])).step).toBe('code');
    expect((await signIn(['contractors'])).step).toBe('denied.rule');
    await follow();
    const text = await shadow('report');
    expect(text).toContain(`${dir} compared with the active revision, since `);
    expect(text).toContain('by alice, until ');
    expect(text).toContain('compared with revision 2: 3 sign-ins and 0 exchanges for tokens\n');
    expect(text).toContain('3 of them would have come out otherwise, for 3 users\n');
    expect(text).toContain(`
notes: 1 user would be denied
  active    lets in after 1 proof, by session: Everybody; app: Rule 2
  draft     denies: a rule says so, by session: Everybody; app: Rule 1
  e.g.      `);
    expect(text).toContain('notes: 1 user would no longer be denied\n');
    expect(text).toContain('notes: 1 user would be asked for more\n');
    const [, reference] = /e\.g\. .*, in no zone {2}([\w-]+)/.exec(text) ?? [];
    expect(one.audit.map(({ transaction }) => transaction)).toContain(reference);
    // The same user again is no other user, and a session is compared, too.
    expect(currentStep((await beginSignIn(one, 'notes', staff.agent)).page)).toBe('code');
    await follow();
    const data = JSON.parse(await shadow('report', '--json'));
    expect([data.users, data.totals.signIns, data.totals.byApp.notes]).toEqual([
      3,
      4,
      { denied: 2, admitted: 1, more: 1 },
    ]);
    expect(await shadow('report')).not.toContain('could not be compared');
  });

  test('denials before the user identifies are compared, without a user', async () => {
    const noPhones = { then: 'deny', when: { device: { platform: ['mobile'] } } };
    const sinking = { ...noPhones, name: 'Still no phones' };
    await one.configure({ 'policies/sign-on/notes.yaml': policy('notes', noPhones, noContractors, oneFactor) });
    const onPhone = () => new UserAgent({ headers: { 'User-Agent': 'Mozilla/5.0 (iPhone) Mobile' } });
    const request = async () => {
      const { agent, page } = await beginSignIn(one, 'notes', onPhone());
      expect(currentStep(page)).toBe('denied.rule');
      return { agent, page };
    };
    await begin(noContractors, oneFactor);
    const { agent, page } = await request();
    await agent.open(page.url);
    const taking = taken.at(-1);
    await request();
    await follow();
    await request();
    expect((await signIn(['staff'])).step).toBe('code');
    await follow();
    const text = await shadow('report');
    expect(text).toContain('4 sign-ins and 0 exchanges for tokens\n');
    expect(text).toContain(
      '4 of them would have come out otherwise, for 1 user; in 3 of them the user had not identified\n',
    );
    expect(text).toContain(`
notes: 3 sign-ins before the user identified would no longer be denied
  active    denies: a rule says so, by session: Everybody; app: Rule 1
  draft     asks the user to identify, by session: Everybody
  e.g.      `);
    expect(text).toContain('notes: 1 user would be decided by another rule, with the same outcome\n');
    const data = JSON.parse(await shadow('report', '--json'));
    expect(data).toMatchObject({ users: 1, unidentified: 3, totals: { signIns: 4, users: 1 } });
    expect(data.differences[0]).toMatchObject({ change: 'admitted', users: 0, signIns: 3 });
    expect(data.totals).not.toHaveProperty('unidentified');

    await begin(sinking, oneFactor);
    await request();
    // The user identifies once the device may be used, and is denied by another rule.
    const known = taken.findLast(({ facts }) => facts.subject !== undefined);
    if (taking === undefined || known === undefined) throw new Error('no sign-in was compared');
    one.app.shadow.take({ ...known, isDenied: true, transaction: 'tx' });
    one.app.shadow.take({ ...taking, isDenied: true, transaction: 'tx' });
    one.app.shadow.take({ ...taking, isDenied: true, transaction: 'tx' });
    await follow();
    const again = await shadow('report');
    expect(again).toContain('3 sign-ins and 0 exchanges for tokens\n');
    expect(again).toContain(
      'notes: 2 sign-ins before the user identified would be decided by another rule, with the same outcome\n',
    );
    await one.configure({ 'policies/sign-on/notes.yaml': policy('notes', noContractors, oneFactor) });
  });

  test('several nodes add to the same report', async () => {
    await begin(noStaff, oneFactor);
    expect((await signIn(['staff'])).step).toBe('code');
    const [sample] = taken.slice(-1);
    for (let count = 0; count < 20; count += 1) if (sample) two.app.shadow.take(sample);
    expect((await signIn(['staff'])).step).toBe('code');
    await follow();
    const data = JSON.parse(await shadow('report', '--json'));
    expect([data.users, data.totals.signIns, data.totals.dropped, data.totals.failed]).toEqual([2, 22, 0, 0]);
  });

  test('a draft that cannot be read, or fails, is felt by no sign-in', async () => {
    await begin(noStaff, oneFactor);
    const broken = { snapshot: { policies: () => Promise.reject(new Error('broken')) } } as object;
    const [sample] = taken.slice(-1);
    if (sample) two.app.shadow.take({ ...sample, ...broken });
    await follow();
    expect(await shadow('report')).toContain('1 could not be compared: the draft failed\n');
    await one.store.commit([{ op: 'put', key: shadowKey, value: 'no draft', ttl: 28 * 86_400 }]);
    await follow();
    expect((await signIn()).step).toBe('code');
    await follow();
    await one.store.commit([{ op: 'delete', key: shadowKey }]);
  });

  test('the records of a user are deleted with the account', async () => {
    await begin(noStaff, oneFactor);
    const { user } = await signIn(['staff']);
    await follow();
    const key = shadowKeyOfUser(user.id);
    const stored = (await one.store.load([key])).entries.get(key)?.value ?? '';
    expect(stored).toContain('"denied"');
    expect(stored).not.toContain(user.id);
    expect(stored).not.toContain(user.identifier);
    await one.app.directory.delete(user.id, () => []);
    expect((await one.store.load([key])).entries.get(key)).toBeUndefined();
    expect(JSON.parse(await shadow('report', '--json')).users).toBe(0);
  });

  test('stop deletes all of it, and another draft starts again', async () => {
    await begin(noStaff, oneFactor);
    const { user } = await signIn(['staff']);
    await follow();
    expect(await begin({ then: { allow: { factors: 2 } } })).toContain(`the one of ${dir} ended\n`);
    expect(JSON.parse(await shadow('report', '--json'))).toMatchObject({ users: 0, differences: [] });
    await signIn(['staff']);
    await follow();
    expect(await shadow('stop')).toBe(`the comparison with ${dir} ended, and what it found is deleted\n`);
    const keys = [shadowKey, shadowTotalsKey, shadowKeyOfUser(user.id)];
    const { entries } = await one.store.load(keys);
    expect(keys.map((key) => entries.get(key))).toEqual([undefined, undefined, undefined]);
    for await (const members of one.store.members(shadowUsersKey)) expect(members).toEqual([]);
  });

  test('what only the draft asks about risk and the last sign-in is gathered for it', async () => {
    await one.configure({ 'policies/sign-on/notes.yaml': policy('notes', oneFactor) });
    const early = await userWithPassword(one);
    await begin({ when: { risk: { any: ['newDevice'] } }, then: 'deny' }, oneFactor);
    expect((await signIn()).step).toBe('code');
    await follow();
    const text = await shadow('report');
    expect(text).not.toContain('nothing would have changed');
    expect(text).toContain('notes: 1 user would be denied\n');

    await begin({ when: { lastSignIn: { notWithin: 'P30D' } }, then: 'deny' }, oneFactor);
    ahead += 3600;
    expect(await signInAgain(early)).toBe('code');
    await follow();
    // Sign-ins of an older account are recorded from the beginning of the comparison on.
    expect(await shadow('report')).toContain('notes: 1 user would be decided by another rule, with the same outcome\n');
    const late = (await signIn()).user;
    await follow();
    expect(await shadow('report')).toContain('notes: 1 user would be denied\n');
    expect(await signInAgain(late)).toBe('code');
    await follow();
    const { totals } = JSON.parse(await shadow('report', '--json'));
    expect([totals.signIns, totals.byApp.notes, totals.leftOut]).toEqual([3, { rule: 2, denied: 1 }, {}]);
  });

  test('the networks of sign-ins are recorded for the draft', async () => {
    await begin({ when: { risk: { any: ['newNetwork'] } }, then: 'deny' }, oneFactor);
    await signIn();
    await follow();
    const usual = taken.at(-1);
    if (usual?.facts.transaction === undefined) throw new Error('no sign-in was compared');
    const { facts } = usual;
    const transaction = { ...facts.transaction, id: 'tx', startedAt: facts.now + 60 };
    const evidence = facts.evidence.map((proof) => ({ ...proof, transaction: 'tx' }));
    const later = { ...facts, now: facts.now + 60, transaction, evidence };
    one.app.shadow.take({ ...usual, facts: later, session: { uid: 'later' } });
    const network = { ip: '198.51.100.7', zones: [] };
    one.app.shadow.take({ ...usual, facts: { ...later, network }, session: { uid: 'elsewhere' } });
    await follow();
    const { totals } = JSON.parse(await shadow('report', '--json'));
    expect([totals.signIns, totals.byApp.notes]).toEqual([3, { rule: 2, denied: 1 }]);
  });

  test('what cannot be known is left out, and the report says so', async () => {
    await begin({ when: { risk: { any: ['recentFailures'] } }, then: 'deny' }, oneFactor);
    await signIn();
    await follow();
    expect(await shadow('report')).toMatch(
      /\nno sign-in could be compared\n1 left out: what the draft asks about risk was not recorded\n$/,
    );
    await begin({ when: { lastSignIn: { notWithin: 'P30D' } }, then: 'deny' }, oneFactor);
    const [sample] = taken.slice(-1);
    if (sample) one.app.shadow.take({ ...sample, kind: 'token' });
    await signIn();
    await follow();
    expect(await shadow('report')).toContain(
      '1 left out: the last sign-in that the draft asks about was not recorded\n',
    );
    const settings = await readFile('config/stepgate.yaml', 'utf8');
    await writeFile(join(dir, 'stepgate.yaml'), `${settings}\n${signals}`);
    await begin({ when: { device: { managed: true } }, then: 'deny' }, oneFactor);
    await signIn();
    await follow();
    await writeFile(join(dir, 'stepgate.yaml'), settings);
    expect(await shadow('report')).toContain(
      '1 left out: the active revision reads signals of the device from other sources than the draft\n',
    );
  });

  test('a draft believes other proxies, by a header that the active configuration reads as well', async () => {
    const settings = await readFile('config/stepgate.yaml', 'utf8');
    const from = (proxies: string) => `${settings}\n${signals.replace('127.0.0.1/32', proxies)}`;
    const managed = { when: { device: { managed: true } }, then: 'deny' };
    await one.configure({
      'stepgate.yaml': from('10.0.0.0/8'),
      'policies/enrollment.yaml': undefined,
      'policies/sign-on/notes.yaml': policy('notes', noContractors, oneFactor),
    });
    await writeFile(join(dir, 'stepgate.yaml'), from('127.0.0.1/32'));
    await begin(managed, oneFactor);
    const user = await userWithPassword(one, ['staff']);
    for (const said of ['managed', 'nothing']) {
      const { agent, page } = await beginSignIn(one, 'notes', new UserAgent({ headers: { 'X-Device-Signals': said } }));
      expect(currentStep(await identify(agent, page, user))).toBe('code');
    }
    // The device of tokens is that of the authorization, as the active configuration saw it.
    const sample = taken.findLast(({ kind }) => kind === 'sign_in');
    if (sample) one.app.shadow.take({ ...sample, kind: 'token' });
    await follow();
    const text = await shadow('report');
    expect(text).toContain(
      '2 sign-ins and 0 exchanges for tokens\n1 of them would have come out otherwise, for 1 user\n',
    );
    expect(text).toContain('notes: 1 user would be denied\n');
    expect(text).toContain('1 left out: the active revision reads signals of the device');
    await writeFile(join(dir, 'stepgate.yaml'), settings);
    await one.configure({
      'policies/enrollment.yaml': undefined,
      'policies/sign-on/notes.yaml': policy('notes', noContractors, oneFactor),
    });
  });

  test('the active configuration and files with an error are refused', async () => {
    await writeFile(join(dir, 'policies/sign-on/notes.yaml'), policy('notes', noStaff, oneFactor));
    const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {} });
    if (!loaded.ok) throw new Error(loaded.findings.map(findingLine).join('\n'));
    await one.app.revisions.apply(loaded.documents, { by: 'test' });
    await expect(shadow(dir)).rejects.toThrow(`${dir} is the active configuration: there is nothing to compare`);
    await expect(shadow(join(dir, 'nowhere'))).resolves.toContain('finding');
  });
});
