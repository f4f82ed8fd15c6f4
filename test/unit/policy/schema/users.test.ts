/** Users in conditions: as they are known, however an administrator writes them. */
import { expect, test } from '@jest/globals';
import { readPolicy } from '../../../../src/policy/revision/read-document.ts';
import { findingLines, load } from '../support/configuration-dir.ts';

const at = 'policies/sign-on/notes.yaml';
const files = (...users: readonly string[]) => ({
  [at]: `name: notes
rules:
  - { name: Single, when: { users: { any: ${JSON.stringify(users)} } }, then: deny }
  - { name: Rest, then: { allow: { factors: 1 } } }
`,
});

test('an identifier is compared in the form that users have, and an id as it is', async () => {
  const sound = await load(
    files('Ann@Corp.Test', 'BOB', 'ann@m\u00fcller.example', 'Aaaaaaaaaaaaaaaaaaa-_A', 'MaximilianMustermann12'),
  );
  if (!sound.ok) throw new Error(JSON.stringify(sound.findings));
  const document = [...sound.documents.values()].find(({ file }) => file === at);
  expect(document && readPolicy(document).rules[0]?.when?.users).toEqual({
    any: ['ann@corp.test', 'bob', 'ann@xn--mller-kva.example', 'Aaaaaaaaaaaaaaaaaaa-_A', 'maximilianmustermann12'],
  });
});

test('what no user can have is refused', async () => {
  expect(await findingLines(files('ann', 'a b'))).toEqual([
    `${at}:3:50 rules[0].when.users.any[1] no user can have this identifier; write the id of the user, or what the user signs in with [invalid_value]`,
  ]);
});
