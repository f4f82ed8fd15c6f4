/** Rules that only report, in real sign-ins: the audit log says what they would have decided. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { signInStory } from '../../../src/cli/explain/sign-in-story.ts';
import { storyText } from '../../../src/cli/explain/story-text.ts';
import {
  beginSignIn,
  currentStep,
  identify,
  signOnPolicy,
  userWithPassword,
} from '../../support/clients/sign-in-flow.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

let node: TestNode;
beforeAll(async () => {
  const rest = { then: { allow: { factors: 1 } } };
  node = await startNode({
    demo: true,
    authenticators: ['password', 'totp'],
    files: {
      ...signOnPolicy('notes', { then: { allow: { factors: 2 } }, reportOnly: true }, rest),
      ...signOnPolicy(
        'payroll',
        { then: 'deny', reportOnly: true },
        { then: 'deny', when: { groups: { any: ['no'] } } },
        rest,
      ),
      ...signOnPolicy(
        'shop',
        { then: 'deny', when: { expression: 'user.profile.nickname == "x"' }, reportOnly: true },
        rest,
      ),
    },
  });
});
afterAll(() => node.stop());

test.each([
  ['notes', 'app: Rule 1 (unmet)'],
  ['payroll', 'app: Rule 1 (deny)'],
  ['shop', 'app: Rule 1 (error)'],
])('at %s nothing else changes', async (app, reported) => {
  const user = await userWithPassword(node);
  const { agent, page } = await beginSignIn(node, app);
  const next = await identify(agent, page, user);
  expect(currentStep(next)).toBe('code');
  const line = node.audit.find(({ event, client }) => event === 'sign_in.completed' && client === app);
  expect(line).toMatchObject({ outcome: 'success', reported });
  const now = Math.floor(Date.now() / 1000);
  const story = await signInStory(node.store, String(line?.transaction), { authenticators: authenticatorKinds, now });
  expect(storyText(story, (_, text) => text)).toContain(`  Rules that only report\n    ${reported}\n`);
});

test('a denial says what would have been decided, too', async () => {
  const user = await userWithPassword(node, ['no']);
  const { agent, page } = await beginSignIn(node, 'payroll');
  const next = await identify(agent, page, user);
  expect(currentStep(next)).toBe('denied.rule');
  const line = node.audit.find(({ event, client }) => event === 'sign_in.denied' && client === 'payroll');
  expect(line).toMatchObject({ rule: expect.stringContaining('app: Rule 2'), reported: 'app: Rule 1 (deny)' });
});
