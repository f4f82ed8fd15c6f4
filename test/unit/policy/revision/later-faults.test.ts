/** What is kept of the faults of documents that an earlier release applied. */
import { expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import type { Document } from '../../../../src/policy/model/documents.ts';
import { type HashedDocument, LaterFaults } from '../../../../src/policy/revision/later-faults.ts';

const document = (kind: Document['kind'], name: string, content: unknown): Document => ({
  kind,
  name,
  file: `${name}.yaml`,
  content,
  ruleLines: [2],
  ruleColumns: [5],
});
const settings: HashedDocument = {
  hash: 'settings',
  document: document('settings', 'settings', { brand: { name: 'A' } }),
};
/** A policy with a rule that no sign-in can match. */
const policy = (name: string): HashedDocument => ({
  hash: `hash of ${name}`,
  document: document('sign-on', name, {
    name,
    rules: [{ name: 'R', when: { risk: { atLeast: 'high', below: 'medium' } }, then: 'deny' }],
  }),
});

test('the faults of documents that were not asked for any more are dropped first', () => {
  const warnings: string[] = [];
  const faults = new LaterFaults((text) => warnings.push(text), 2);
  const note = (name: string) => faults.note(policy(name), settings, authenticatorKinds);
  const faultsOf = (name: string) =>
    faults.of((key) => (key === `sign-on/${name}` ? `hash of ${name}` : undefined), settings);
  for (const name of ['a', 'b']) note(name);
  expect(faultsOf('a')).toHaveLength(1);
  note('c');
  expect(['a', 'b', 'c'].map((name) => faultsOf(name).length)).toEqual([1, 0, 1]);
  note('a');
  expect(warnings).toHaveLength(3);
});
