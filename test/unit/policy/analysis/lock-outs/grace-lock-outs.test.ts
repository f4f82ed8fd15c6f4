/** Lock-outs that come only once the grace of a required enrollment is over. */
import { describe, expect, test } from '@jest/globals';
import { kindsOf, load } from '../../support/configuration-dir.ts';
import { account, findings, places, rest, rules, settings } from '../../support/lock-out-files.ts';
import { replayed } from '../../support/replayed-example.ts';

const authenticators = kindsOf('password', 'totp', 'webauthn', 'email', 'phone');
const noKeys = account('{ name: No keys, change: { add: [webauthn] }, then: deny }');
const grace = (terms: string, whom = '', more = '') => ({
  'policies/enrollment.yaml': rules(
    `{ name: Keys, ${whom}then: { required: [{ anyOf: [webauthn], grace: { ${terms} } }]${more} } }`,
    '{ name: Rest, then: {} }',
  ).replace(whom === '' ? /\n {2}- \{ name: Rest.*/ : /$^/, ''),
});
const admins = 'when: { groups: { any: [admins] } }, ';
const later = 'until: 2031-03-01';

/** What becomes of the user of the example: on the day of it, and today with nothing skipped. */
async function ends(files: Readonly<Record<string, string>>, example: readonly string[] = [], now = 1_800_000_000) {
  const loaded = await load({ 'stepgate.yaml': settings, ...files }, {}, authenticators);
  if (!loaded.ok) throw new Error('the files are refused');
  const what = { documents: loaded.documents, authenticators, now };
  const without = ['--at', '--skipped'].reduce((all, option) => {
    const at = all.indexOf(option);
    return at < 0 ? all : all.toSpliced(at, 2);
  }, example);
  return [await replayed(example, what), await replayed(without, what)].map(({ ending }) => ending);
}

describe('a grace that runs out on a day', () => {
  test('locks out those who cannot set it up, from that day on', async () => {
    const files = { ...noKeys, ...grace(later, admins) };
    const found = await findings(files);
    expect(found).toMatchObject([
      {
        ...{ severity: 'error', code: 'lock-out', file: 'policies/account.yaml', line: 2 },
        message:
          'locks all users for whom the rules named here decide out of the app Notes, once the grace of the rule "Keys" is over (from 2031-03-02 on): no user who lacks webauthn can ever add it',
        rules: [{ name: 'Keys' }, { name: 'All' }],
      },
    ]);
    const [{ example } = { example: [] }] = found;
    expect(example).toContain('2031-03-02T00:00:00.000Z');
    expect(await ends(files, example)).toEqual(['denied', 'complete']);
  });

  test('locks users out if the enrollment policy lets them set it up nowhere', async () => {
    expect(await places(grace(later, '', ', useOnly: [webauthn]'))).toEqual([
      'error lock-out policies/enrollment.yaml:2:5',
    ]);
  });

  test('a past day is reported, too', async () => {
    const [found] = await findings({ ...noKeys, ...grace('until: 2027-01-10', admins) });
    expect(found?.message).toContain('once the grace of the rule "Keys" is over');
  });

  test('newcomers who can set it up elsewhere are a warning', async () => {
    const inOffice = account(
      '{ name: Office, change: { add: [webauthn] }, when: { network: { none: [office] } }, then: deny }',
    );
    const found = await findings({ ...inOffice, ...grace(later, admins) });
    expect(found).toMatchObject([
      {
        ...{ severity: 'warning', code: 'newcomer-lock-out', file: 'policies/account.yaml', line: 2 },
        message: expect.stringContaining('once the grace of the rule "Keys" is over'),
      },
    ]);
  });

  test('in a window of hours, and at the end of the second of two graces', async () => {
    const files = {
      ...account(
        '{ name: By day, change: { add: [webauthn] }, when: { time: { days: [mon], from: "09:00", to: "17:00", zone: Europe/Vienna } }, then: { allow: { factors: 1 } } }',
        '{ name: Else, change: { add: [webauthn] }, then: deny }',
      ),
      'policies/enrollment.yaml': rules(
        '{ name: Codes, when: { groups: { any: [codes] } }, then: { required: [{ anyOf: [totp], grace: { until: 2029-05-01 } }] } }',
        '{ name: Keys, when: { groups: { any: [keys] } }, then: { required: [{ anyOf: [webauthn], grace: { until: 2031-07-01 } }] } }',
        '{ name: Rest, then: {} }',
      ),
    };
    const [found, ...others] = await findings(files);
    expect(others).toEqual([]);
    expect([found?.severity, found?.code, found?.line]).toEqual(['warning', 'newcomer-lock-out', 3]);
    expect(await ends(files, found?.example)).toEqual(['denied', 'complete']);
  });

  test('a rule that is over by then, or before the last of the days, counts as long as it decides', async () => {
    const rule = (name: string, before: string, until: string) =>
      `{ name: ${name}, when: { groups: { any: [${name}] }, expression: 'now < timestamp("${before}T00:00:00Z")' }, then: { required: [{ anyOf: [webauthn], grace: { until: ${until} } }] } }`;
    const of = (before: string) => ({
      ...noKeys,
      'policies/enrollment.yaml': rules(
        rule('early', before, '2028-03-01'),
        '{ name: late, when: { groups: { any: [late] } }, then: { required: [{ anyOf: [totp], grace: { until: 2032-03-01 } }] } }',
        '{ name: Rest, then: {} }',
      ),
    });
    expect(await places(of('2028-02-01'))).toEqual([]);
    expect(await places(of('2028-06-01'))).toEqual(['error lock-out policies/account.yaml:2:5']);
  });
});

describe('a grace of some skips', () => {
  test('locks out those who have skipped it as often as they may', async () => {
    const files = { ...noKeys, ...grace('skips: 3', admins) };
    const found = await findings(files);
    expect(found).toMatchObject([
      {
        ...{ severity: 'error', code: 'lock-out', file: 'policies/account.yaml', line: 2 },
        message: expect.stringContaining('once the grace of the rule "Keys" is over'),
      },
    ]);
    expect(found[0]?.example?.join(' ')).toContain('--skipped webauthn=3');
    expect(await ends(files, found[0]?.example)).toEqual(['denied', 'complete']);
  });

  test('gives newcomers the time to set it up elsewhere', async () => {
    const inOffice = account(
      '{ name: Office, change: { add: [webauthn] }, when: { network: { none: [office] } }, then: deny }',
    );
    expect(await places({ ...inOffice, ...grace('skips: 3', admins) })).toEqual([]);
  });
});

test.each([later, 'skips: 3', 'until: 2027-01-20'])('what users can set up is quiet: %s', async (terms) => {
  expect(await places(grace(terms))).toEqual([]);
  expect(await places({ 'policies/account.yaml': rules(rest), ...grace(terms, admins) })).toEqual([]);
});

test('an app whose id an expression compares is searched by itself, in whatever order apps come', async () => {
  const app = (name: string) =>
    `clientId: ${name}\nname: ${name}\nsignOnPolicy: notes\nclient: { redirect_uris: [https://n.test/cb] }\n`;
  const found = (closed: string) =>
    places({
      'stepgate.yaml': `${settings}attributes: { tenant: { type: text, write: admin, label: T } }\n`,
      ...{ 'apps/aaa.yaml': app('aaa'), 'apps/zzz.yaml': app('zzz') },
      'policies/sign-on/notes.yaml': `name: notes\n${rules(
        `{ name: Own, when: { expression: 'has(user.profile.tenant) && request.clientId == user.profile.tenant' }, then: { allow: { factors: 1 } } }`,
        '{ name: Rest, then: deny }',
      )}`,
      'policies/enrollment.yaml': rules(`{ name: All, then: { required: [{ anyOf: [totp], grace: { ${later} } }] } }`),
      'policies/account.yaml': rules(
        `{ name: Not, when: { attributes: { tenant: { equals: ${closed} } } }, change: { add: [totp] }, then: deny }`,
        '{ name: Others, then: { allow: { factors: 1 } } }',
      ),
    });
  for (const closed of ['aaa', 'zzz'])
    expect(await found(closed)).toContainEqual(expect.stringMatching(/^error lock-out /));
});
