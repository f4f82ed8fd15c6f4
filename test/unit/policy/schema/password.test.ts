/** The password policy: how it is read, and what the checks find in it. */
import { expect, test } from '@jest/globals';
import { defaultPasswordTerms } from '../../../../src/core/model/password-policy.ts';
import { readPasswordPolicy } from '../../../../src/policy/revision/read-document.ts';
import { findingLines, load } from '../support/configuration-dir.ts';

const file = 'policies/password.yaml';
const rest = '  - name: Rest\n    then: {}\n';

test('the policy as the core reads it: what a rule does not say has the default', async () => {
  const text = `rules:
  - name: Admins
    when: { groups: { any: [admins] } }
    then:
      minLength: 20
      minLengthBesideSecondFactor: 12
      blocklists: [common]
      history: 4
      maxAge: P90D
      lockout: { attempts: 6, within: PT10M, wait: PT30M, consecutive: 50 }
  - name: No lists
    when: { groups: { any: [robots] } }
    then: { blocklists: [] }
${rest}`;
  const loaded = await load({ [file]: text });
  const document = loaded.ok ? loaded.documents.get('password') : undefined;
  if (document === undefined) throw new Error(JSON.stringify(loaded));
  expect(readPasswordPolicy(document)).toEqual({
    name: 'password',
    rules: [
      {
        name: 'Admins',
        when: { groups: { any: ['admins'] } },
        then: {
          minLength: 20,
          minLengthBesideSecondFactor: 12,
          blocklists: ['common'],
          history: 4,
          maxAge: 90 * 86_400,
          lockout: { attempts: 6, within: 600, wait: 1800, consecutive: 50 },
        },
        location: { file, line: 2, column: 5 },
      },
      {
        name: 'No lists',
        when: { groups: { any: ['robots'] } },
        then: { ...defaultPasswordTerms, blocklists: [] },
        location: { file, line: 11, column: 5 },
      },
      { name: 'Rest', when: {}, then: defaultPasswordTerms, location: { file, line: 14, column: 5 } },
    ],
  });
});

test.each<[string, string, string]>([
  ['too short', 'minLength: 7', 'minLength must be at least 8 (NIST SP 800-63B-4, section 3.1.1.2)'],
  ['too long', 'minLength: 65', 'minLength must be at most 64: passwords of 64 characters must be accepted'],
  [
    'longer with a second factor',
    'minLength: 12, minLengthBesideSecondFactor: 13',
    'minLengthBesideSecondFactor must not be more than `minLength`',
  ],
  ['an age of hours', 'maxAge: PT1H', 'maxAge must be at least P1D'],
  [
    'more failures than NIST allows',
    'lockout: { consecutive: 101 }',
    'must be at most 100 (NIST SP 800-63B-4, section 3.2.2)',
  ],
  [
    'fewer failures in a row than in a while',
    'lockout: { attempts: 10, consecutive: 9 }',
    'lockout.consecutive must not be less than `attempts`',
  ],
  ['rules of composition', 'digits: 1', 'unknown key `digits`'],
])('%s', async (_what, terms, message) => {
  const lines = await findingLines({ [file]: `rules:\n  - name: All\n    then: { ${terms} }\n` });
  expect(lines).toEqual([expect.stringMatching(/^policies\/password\.yaml:3:\d+ /)]);
  expect(lines[0]).toContain(message);
});

test('references, repeated names and a missing catch-all are found as in any policy', async () => {
  const text = `rules:
  - { name: A, when: { network: { any: [moon] } }, then: {} }
  - { name: A, when: { groups: { any: [x] } }, then: {} }
`;
  const lines = await findingLines({ [file]: text });
  expect(lines).toHaveLength(3);
  expect(lines.join('\n')).toMatch(/unknown zone|moon/);
  expect(lines.join('\n')).toContain('has the same name');
  expect(lines.join('\n')).toContain('catch-all');
});
