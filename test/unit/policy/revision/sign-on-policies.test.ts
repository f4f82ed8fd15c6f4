/** Several sign-on policies for one app, policies for labels, rules and policies that are switched off. */
import { describe, expect, test } from '@jest/globals';
import { readPolicy } from '../../../../src/policy/revision/read-document.ts';
import { findingLines, load } from '../support/configuration-dir.ts';

const app = (fields: object, clientId = 'wiki') => ({
  [`apps/${clientId}.yaml`]: JSON.stringify({
    clientId,
    name: clientId,
    client: { redirect_uris: [`https://${clientId}.test/cb`] },
    ...fields,
  }),
});
const office = { network: { any: ['office'] } };
const one = { allow: { factors: 1 } };

function policy(name: string, rules: readonly object[], more: object = {}) {
  const text = JSON.stringify({
    name,
    ...more,
    rules: rules.map((rule, index) => ({ name: `${name} ${index}`, ...rule })),
  });
  return { [`policies/sign-on/${name}.yaml`]: text };
}
const strict = policy('strict', [{ when: office, then: 'deny' }]);
const base = policy('base', [{ then: one }]);

/** The findings without their columns. */
const found = async (files: Readonly<Record<string, string>>) =>
  (await findingLines(files)).map((line) => line.replace(/^([^:]+):\d+:\d+ /, '$1 '));

describe('an app', () => {
  test('may list policies, and only the last has a catch-all rule', async () => {
    expect(await found({ ...strict, ...base, ...app({ signOnPolicy: ['strict', 'base'] }) })).toEqual([]);
  });

  test('cannot list one with a catch-all rule before others', async () => {
    expect(await found({ ...strict, ...base, ...app({ signOnPolicy: ['base', 'strict'] }) })).toEqual([
      'policies/sign-on/base.yaml rules[0] nothing after `base` ever applies where an app lists it before others: this rule has no `when` [catch_all_misplaced]',
      'policies/sign-on/strict.yaml rules[0] the policy must end in a catch-all rule: one without `when` [catch_all_missing]',
    ]);
  });

  test('cannot list policies that are not there, or twice, or with rules of one name', async () => {
    expect(await found({ ...base, ...app({ signOnPolicy: ['stricd', 'base'] }) })).toEqual([
      'apps/wiki.yaml signOnPolicy[0] unknown sign-on policy `stricd`; known: base, notes [unknown_reference]',
    ]);
    const nameless = { 'policies/sign-on/stricd.yaml': '# to be written\n' };
    expect(await found({ ...base, ...nameless, ...app({ signOnPolicy: ['stricd', 'base'] }) })).toEqual([
      'policies/sign-on/stricd.yaml must be a mapping, not empty; write the keys of such a file [invalid_value]',
    ]);
    expect(await found({ ...base, ...app({ signOnPolicy: ['base', 'base'] }) })).toContain(
      'apps/wiki.yaml signOnPolicy names `base` twice [invalid_value]',
    );
    const twin = policy('twin', [{ name: 'base 0', when: office, then: 'deny' }]);
    expect(await found({ ...twin, ...base, ...app({ signOnPolicy: ['twin', 'base'] }) })).toEqual([
      'apps/wiki.yaml signOnPolicy[1] has a rule "base 0", and so has `twin`, which is read as one with it [duplicate_name]',
    ]);
  });

  test('without a policy has the one that is for its label', async () => {
    const labelled = policy('labelled', [{ then: one }], { apps: { labels: ['internal'] } });
    expect(await found({ ...labelled, ...app({ labels: ['internal', 'finance'] }) })).toEqual([]);
    expect(await found({ ...labelled, ...app({ labels: ['finance'] }) })).toEqual([
      'apps/wiki.yaml labels no sign-on policy is for apps with this label: name one in `signOnPolicy`, or add `apps: { labels: [...] }` to one [policy_missing]',
    ]);
    const off = policy('off', [{ then: one }], { enabled: false, apps: { labels: ['finance'] } });
    expect(await found({ ...labelled, ...off, ...app({ labels: ['finance'] }) })).toContain(
      'apps/wiki.yaml labels no sign-on policy is for apps with this label, as `off` is switched off: switch it on (`enabled`), or name another one in `signOnPolicy` [policy_missing]',
    );
    const other = policy('other', [{ then: one }], { apps: { labels: ['finance'] } });
    expect(await found({ ...labelled, ...other, ...app({ labels: ['internal', 'finance'] }) })).toEqual([
      'apps/wiki.yaml labels the sign-on policies `labelled` and `other` are both for it: name one in `signOnPolicy` [policy_ambiguous]',
    ]);
  });

  test('that no user can enter is found behind several policies, too', async () => {
    const closed = policy('closed', [{ then: 'deny' }]);
    expect(await found({ ...strict, ...closed, ...app({ signOnPolicy: ['strict', 'closed'] }) })).toEqual([
      'apps/wiki.yaml signOnPolicy no user can enter this app: every rule of `strict + closed` that can decide here denies: "strict 0", "closed 0"; add one that allows, or remove the app [app_closed]',
    ]);
  });

  test('of a service needs no policy for its labels', async () => {
    const service = { resources: [{ indicator: 'https://api.test', scopes: [] }] };
    const client = { grant_types: ['client_credentials'] };
    const files = {
      ...app({ labels: ['x'], service, client, clientSecretHash: `sha256:${'a'.repeat(43)}` }),
      'stepgate.yaml':
        'brand: { name: A }\nzones: { office: { cidrs: [192.0.2.0/24] } }\nresources: [{ indicator: "https://api.test", scopes: {} }]\n',
    };
    expect((await found(files)).filter((line) => line.includes('labels'))).toEqual([]);
  });
});

describe('a disabled policy', () => {
  test('is no catch-all rule, nor is a rule that only reports', async () => {
    const catchAll = 'rules[0] the policy must end in a catch-all rule: one without `when`';
    for (const [more, why] of [
      [{ enabled: false }, 'is switched off'],
      [{ reportOnly: true }, 'only reports'],
    ] as const)
      expect(await found({ ...policy('base', [{ then: one, ...more }]), ...app({ signOnPolicy: 'base' }) })).toEqual([
        `policies/sign-on/base.yaml ${catchAll}, and this one ${why} [catch_all_missing]`,
      ]);
    const first = policy('base', [{ then: 'deny', enabled: false }, { then: 'deny', reportOnly: true }, { then: one }]);
    expect(await found({ ...first, ...app({ signOnPolicy: 'base' }) })).toEqual([]);
  });

  test('of a rule is read as such', async () => {
    const rules = [
      { when: office, then: 'deny', enabled: false },
      { when: office, then: 'deny', reportOnly: true },
    ];
    const loaded = await load({ ...policy('base', [...rules, { then: one }]), ...app({ signOnPolicy: 'base' }) });
    const document = loaded.ok ? loaded.documents.get('sign-on/base') : undefined;
    if (document === undefined) throw new Error(JSON.stringify(loaded));
    expect(readPolicy(document).rules.map(({ off, reportOnly }) => ({ off, reportOnly }))).toEqual([
      { off: true },
      { reportOnly: true },
      {},
    ]);
  });

  test('as a policy cannot be named by an app', async () => {
    const off = policy('off', [{ then: one }], { enabled: false });
    expect(await found({ ...off, ...app({ signOnPolicy: 'off' }) })).toEqual([
      'apps/wiki.yaml signOnPolicy the sign-on policy `off` is switched off (`enabled: false`) [policy_off]',
    ]);
    expect(await found({ ...off, ...base, ...app({ signOnPolicy: ['off', 'base'] }) })).toContain(
      'apps/wiki.yaml signOnPolicy[0] the sign-on policy `off` is switched off (`enabled: false`) [policy_off]',
    );
  });

  test('as a policy for all is as if it were not there, the session policy aside', async () => {
    const enrollment = { enabled: false, rules: [{ name: 'All', then: { required: ['totp'] } }] };
    const loaded = await load({ 'policies/enrollment.yaml': JSON.stringify(enrollment) });
    expect(loaded.ok && loaded.documents.has('enrollment')).toBe(false);
    expect(loaded.ok && loaded.documents.has('session')).toBe(true);
    const session = 'enabled: false\nrules:\n  - name: All\n    then: deny\n';
    expect(await found({ 'policies/session.yaml': session })).toEqual([
      'policies/session.yaml enabled must not be `false`: every sign-in is decided by the session policy [invalid_value]',
    ]);
  });
});
