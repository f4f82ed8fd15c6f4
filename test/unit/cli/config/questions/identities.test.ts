/** Who the made-up users of an answer are. */
import { expect, test } from '@jest/globals';
import {
  identitiesApart,
  identityConditions,
  plainIdentity,
} from '../../../../../src/cli/config/questions/identities.ts';
import { otherIdentifiers } from '../../../../../src/core/analysis/space/example-values.ts';
import type { ConditionSet } from '../../../../../src/core/model/conditions.ts';
import { userId } from '../../../../../src/core/policy/conditions/users.ts';
import { canonicalIdentifier } from '../../../../../src/identifier.ts';
import { compileExpression } from '../../../../../src/policy/schema/expressions/expression.ts';
import { factsOf, userWith } from '../../../../core/support/fixtures.ts';

test('examples are identifiers that users can have', () => {
  const texts = ['.test', '+', '@', '.', '@.', '-', '@corp.test', 'x', 'a b', '7', '@7', '.7', 'Boss', '_', '@x@y'];
  const found = texts.flatMap((text) => otherIdentifiers({ texts: [text], numbers: [3, 30, 300] })).flat();
  const canonical = found.map((name) => {
    const identifier = canonicalIdentifier(name);
    return identifier.ok ? identifier.value : `none: ${name}`;
  });
  expect(canonical).toEqual(found);
  for (const text of ['.test', '+', '-', '@corp.test', 'x', '7'])
    expect([text, found.some((name) => name.includes(text))]).toEqual([text, true]);
});

const expression = (written: string): ConditionSet => ({ expression: compileExpression(written) });

test.each<[readonly ConditionSet[], string]>([
  [[], 'user@example.com'],
  [[{ users: { any: ['bob'] } }], 'user@example.com'],
  [[{ users: { none: ['user@example.com', 'user@example.org'] } }], 'user@example.net'],
  [[expression('user.identifiers.exists(i, i.endsWith("example.com"))')], 'user@example.org'],
  [[expression('user.identifiers.exists(i, i.contains(".example"))')], 'user@example.com'],
])('the plain user is one whom no rule names: %j', (sets, identifier) => {
  const plain = plainIdentity(identityConditions(sets));
  expect(plain.identifiers).toEqual([identifier]);
  expect(plain.id).toMatch(userId);
});

test.each<[readonly ConditionSet[], readonly string[]]>([
  [[{ groups: { any: ['staff'] } }], []],
  [[{ users: { any: ['ann', 'bob'] } }], ['ann']],
  [
    [{ users: { any: ['ann', 'bob'] } }, { users: { none: ['bob'] } }],
    ['ann', 'bob'],
  ],
  [[expression('user.identifiers.exists(i, i.endsWith(".test"))')], ['user@example.test']],
  [[expression('size(user.identifiers) > 1')], ['user@example.com + user2@example.com']],
  [[expression('user.id.endsWith("zA")')], ['00000000000000000000zA']],
  [[expression('user.identifiers[0].size() > 0')], []],
])('other users are those whom rules tell apart: %j', (sets, names) => {
  const conditions = identityConditions(sets);
  const plain = plainIdentity(conditions);
  const facts = { ...factsOf({}), subject: { ...userWith(['password']), ...plain } };
  const others = identitiesApart(conditions, plain, facts).slice(1);
  expect(others.map(({ id, identifiers }) => (id === plain.id ? identifiers.join(' + ') : id))).toEqual(names);
});
