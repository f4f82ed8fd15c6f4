/** `config diff` of rules with expressions: whom they tell apart, and what is left aside of what they read. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { ConfigDiff } from '../../../../../src/cli/config/diff/compared/configuration-changes.ts';
import { explainCommand } from '../../../../../src/cli/explain/explain.ts';
import { withConfiguration } from '../../../policy/support/configuration-dir.ts';
import { all, base, type Diffs, factors, openDiffs, password, signOn, totp } from '../../support/diff-harness.ts';
import { applyDemo, fixedNow, run } from '../../support/harness.ts';

let diffs: Diffs;
beforeEach(() => {
  diffs = openDiffs();
});
afterEach(() => diffs.terminal.store.close());

const credentials = [password, totp];
const rule = (expression: string, then: object | string = factors(1)) => ({ name: 'E', when: { expression }, then });

describe('users whom an expression tells apart in some sign-ins only', () => {
  beforeEach(async () => {
    for (const site of ['north', 'south', 'notes']) await diffs.addUsers(1, [], { credentials, profile: { site } });
    await diffs.addUsers(2, [], { credentials });
  });

  const ofSouth = 'has(user.profile.site) && user.profile.site == "south"';

  test.each([
    ['of one app', `request.clientId == "notes" && ${ofSouth}`, '1 of 5 users: two factors become one'],
    [
      'with an attribute that is the app',
      'has(user.profile.site) && user.profile.site == request.clientId',
      '1 of 5 users: two factors become one',
    ],
    [
      'of a kind of device',
      `device.platform == "mobile" && ${ofSouth}`,
      '1 of 5 users, on mobile: two factors become one',
    ],
    ['of known browsers', `device.known && ${ofSouth}`, '1 of 5 users, in a known browser: two factors become one'],
    [
      'with a scope',
      `"address" in request.scopes && ${ofSouth}`,
      '1 of 5 users, with the scope address: two factors become one',
    ],
    [
      'from some day on',
      `now >= date("2096-01-31") && ${ofSouth}`,
      '1 of 5 users, at other times, not now: two factors become one',
    ],
  ])('%s', async (_, expression, sentence) => {
    expect((await diffs.sentences(signOn(rule(expression), all(2)), signOn(all(2))))[0]).toBe(sentence);
  });

  test('without users, they are no users that there cannot be', async () => {
    const own = {
      name: 'E',
      when: { expression: '"staff" in user.groups && size(user.identifiers) == 0' },
      then: 'deny',
    };
    const named = { name: 'E', when: { groups: { any: ['staff'] }, users: { none: ['bob'] } }, then: 'deny' };
    expect(await diffs.sentences(signOn(own, all(2)), signOn(all(2)))).toEqual([]);
    expect((await diffs.sentences(signOn(named, all(2)), signOn(all(2))))[0]).toBe(
      'no user today (users in staff such as user@example.com): no longer let in (two factors before)',
    );
  });

  test('users who are denied are counted, too', async () => {
    const own = rule('request.clientId == "notes" && has(user.profile.site) && user.profile.site != "south"', 'deny');
    expect((await diffs.sentences(signOn(own, all(2)), signOn(all(2))))[0]).toBe(
      '2 of 5 users: no longer let in (two factors before)',
    );
  });
});

test('users whom a rule tells apart at another time only', async () => {
  const day = (days: number) => new Date((fixedNow + days * 86_400) * 1000).toISOString().slice(0, 10);
  await diffs.addUsers(2, [], { credentials, profile: { end: day(3) } });
  await diffs.addUsers(3, [], { credentials, profile: { end: day(300) } });
  const over = { name: 'Over', when: { attributes: { end: { before: 'now' } } }, then: 'deny' };
  const night = { name: 'Night', when: { time: { from: '00:00', to: '06:00', zone: 'UTC' } }, then: factors(2) };
  expect((await diffs.sentences(signOn(over, night, all(2)), signOn(night, all(2))))[0]).toBe(
    '2 of 5 users, at other times, not now: no longer let in (two factors before)',
  );
});

describe('sign-ins that an expression tells apart are compared, as those of a condition', () => {
  beforeEach(() => diffs.addUsers(2, [], { credentials }));

  test.each([
    ['device.known', 'in a known browser'],
    ['device.platform == "mobile"', 'on mobile'],
    ['device.os.startsWith("win")', 'with windows'],
    ['device.platform.startsWith("mob")', 'on mobile'],
    ['"address" in request.scopes', 'with the scope address'],
    ['now > timestamp("2026-12-24T00:00:00Z")', 'at other times, not now'],
    ['now < timestamp("2026-12-24T00:00:00Z")', 'now and at some other times'],
  ])('%s', async (expression, where) => {
    const text = await diffs.diff(signOn(rule(expression), all(2)), signOn(all(2)));
    expect(text).toContain(`    all 2 users, ${where}: two factors become one\n`);
    expect(text).not.toContain('also ask about');
  });

  test('a time of the day after some day', async () => {
    const later = { expression: 'now >= date("2027-01-31")', time: { from: '10:00', to: '11:00', zone: 'UTC' } };
    const next = signOn({ name: 'Later', when: later, then: factors(1) }, all(2));
    expect((await diffs.sentences(next, signOn(all(2))))[0]).toBe(
      'all 2 users, at other times, not now: two factors become one',
    );
  });
});

describe('what an expression reads and no compared sign-in varies is named', () => {
  beforeEach(() => diffs.addUsers(2, [], { credentials, profile: { site: 'south' } }));

  test.each([
    ['now.getHours() < 6', 'expression.now', 'the time in expressions. This leaves it aside'],
    ['network.ip.startsWith("10.")', 'expression.network.ip', 'the address in expressions. This leaves it aside'],
    [
      'request.scopes.exists(s, s.startsWith("prof"))',
      'expression.request.scopes',
      'the scopes in expressions. This leaves them aside',
    ],
    [
      'size(request.acrValues) > 0',
      'expression.request.acrValues',
      'acr_values in expressions. This leaves them aside',
    ],
  ])('%s', async (expression, name, words) => {
    const next = signOn(rule(expression), all(2));
    expect(await diffs.diff(next, signOn(all(2)))).toContain(
      `No fresh sign-in of 2 active users changes.\n\nRules also ask about ${words}`,
    );
    expect(JSON.parse(await diffs.diff(next, signOn(all(2)), '--json'))).toMatchObject({ leftAside: [name] });
  });

  test('what is known of the users, or of places, is not', async () => {
    const of = 'has(user.profile.site) && user.profile.site.contains(user.id) && size(network.zones) > 7';
    const data = JSON.parse(await diffs.diff(signOn(rule(of), all(2)), signOn(all(2)), '--json'));
    expect(data).toMatchObject({ changes: [], leftAside: [] });
  });

  test('several are left aside in the plural', async () => {
    const text = await diffs.diff(signOn(rule('now.getHours() < 6 && network.ip == "192.0.2.7"'), all(2)));
    expect(text).toContain('ask about the address in expressions and the time in expressions. This leaves them aside');
  });
});

describe('without users', () => {
  /** Without the authenticators, which no condition here asks about. */
  const leftAside = (...rules: readonly object[]) =>
    withConfiguration({ ...base, ...signOn(all(2)) }, (from) =>
      withConfiguration({ ...base, ...signOn(...rules, all(2)) }, async (dir) => {
        const data: ConfigDiff = JSON.parse(await diffs.printed(dir, '--from', from, '--json'));
        return data.leftAside.filter((name) => name !== 'enrollments');
      }),
    );
  const asking = (when: object) => ({ name: JSON.stringify(when), when, then: factors(1) });

  test('conditions about users other than groups are named', async () => {
    expect(await leftAside(asking({ userType: { any: ['staff'] } }), asking({ accountAge: { below: 'P3D' } }))).toEqual(
      ['accountAge', 'userType'],
    );
    expect(await leftAside(asking({ groups: { any: ['staff'] }, network: { any: ['office'] } }))).toEqual([]);
  });

  test.each([
    ['has(user.profile.site)', ['expression']],
    ['user.groups.exists(g, g.startsWith("a"))', ['expression']],
    ['user.identifiers.exists(i, i.endsWith("@corp.test")) && now.getHours() < 6', ['expression.now']],
    ['user.id.startsWith("a") || has(user.profile.site) && size(user.profile.site) > 3', ['expression']],
    ['"staff" in user.groups && device.known', []],
  ])('so is what expressions read of them: %s', async (expression, names) => {
    expect(await leftAside(asking({ expression }))).toEqual(names);
  });

  test.each([
    ['users: none', { users: { none: ['bob'] } }, ' such as user@example.com'],
    ['users: any', { users: { any: ['bob'] } }, ' such as bob'],
    ['an address', { expression: 'user.identifiers.exists(i, i.endsWith("@corp.test"))' }, ' such as user@corp.test'],
    [
      'no address',
      { expression: '!user.identifiers.exists(i, i.endsWith("@corp.test"))' },
      ' such as user@example.com',
    ],
    ['an id', { expression: 'user.id == "u7tKY9BTDCPcAxfO0dbbGg"' }, ' such as u7tKY9BTDCPcAxfO0dbbGg'],
    ['what every identifier is', { expression: 'size(user.identifiers[0]) > 0' }, ''],
    ['what no user has', { expression: 'size(user.identifiers) == 0' }, undefined],
  ])('users are made up whom rules tell apart by who they are: %s', async (_, when, such) => {
    const own = { name: 'E', when: { groups: { any: ['staff'] }, ...when }, then: factors(1) };
    const sentences = await withConfiguration({ ...base, ...signOn(all(2)) }, (from) =>
      withConfiguration({ ...base, ...signOn(own, all(2)) }, async (dir) => {
        const data: ConfigDiff = JSON.parse(await diffs.printed(dir, '--from', from, '--json'));
        return data.changes.flatMap(({ kind, sentence }) => (kind === 'requirement' ? sentence : []));
      }),
    );
    expect(sentences).toEqual(such === undefined ? [] : [`users in staff${such}: two factors become one`]);
  });

  test('users in no group are named beside those of groups', async () => {
    const both = { name: 'B', when: { groups: { all: ['hr', 'staff'] } }, then: 'deny' };
    const hr = { name: 'H', when: { groups: { any: ['hr'] } }, then: factors(1) };
    const sentences = await withConfiguration({ ...base, ...signOn(both, hr, all(2)) }, (from) =>
      withConfiguration({ ...base, ...signOn(both, hr, all(1)) }, async (dir) => {
        const data: ConfigDiff = JSON.parse(await diffs.printed(dir, '--from', from, '--json'));
        return data.changes.flatMap(({ kind, sentence }) => (kind === 'requirement' ? [sentence] : []));
      }),
    );
    expect(sentences).toEqual(['users in staff or in no group that rules name: two factors become one']);
  });

  test('groups that only expressions name are compared', async () => {
    const text = await withConfiguration({ ...base, ...signOn(all(2)) }, (from) =>
      withConfiguration({ ...base, ...signOn(rule('"staff" in user.groups'), all(2)) }, (dir) =>
        diffs.printed(dir, '--from', from),
      ),
    );
    expect(text).toContain('users in staff: two factors become one');
  });
});

test('the users who are counted at an app are those of whom `explain` says another rule', async () => {
  const ids = ['one', 'two', 'three'];
  const app = (id: string) => ({
    [`apps/${id}.yaml`]: `clientId: ${id}\nname: ${id}\nsignOnPolicy: notes\nclient: { redirect_uris: [https://a.test/cb] }\n`,
  });
  const apps = Object.assign({}, ...ids.map(app));
  const users = [['one'], ['two'], ['three', 'one'], [], ['two', 'three']];
  for (const sites of users) await diffs.addUsers(1, [], { credentials, profile: { sites } });
  const before = { ...base, ...apps, ...signOn(rule('request.clientId in user.profile.sites'), all(2)) };
  const draft = 'request.clientId != "two" && ("one" in user.profile.sites || size(user.profile.sites) == 0)';
  const after = { ...base, ...apps, ...signOn(rule(draft), all(2)) };
  const ruleOf = async (dir: string, clientId: string, user: number) => {
    await run(explainCommand(diffs.terminal.context), '--config', dir, '--app', clientId, `--user=-${user}`, '--json');
    return JSON.parse(diffs.terminal.printed()).rule;
  };
  await withConfiguration(before, (dir) => applyDemo(diffs.terminal.store, dir));
  await withConfiguration(before, (from) =>
    withConfiguration(after, async (dir) => {
      const data: ConfigDiff = JSON.parse(await diffs.printed(dir, '--json'));
      for (const clientId of ids) {
        const changes = data.changes.filter(({ kind, apps: own }) => kind === 'requirement' && own.includes(clientId));
        const counted = changes.reduce((sum, { who }) => sum + (who.users ?? 0), 0);
        let others = 0;
        for (const user of users.keys())
          if ((await ruleOf(from, clientId, user)) !== (await ruleOf(dir, clientId, user))) others += 1;
        expect([clientId, counted]).toEqual([clientId, others]);
        expect(others).toBeGreaterThan(0);
      }
    }),
  );
});
