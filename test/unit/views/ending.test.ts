/** When a page says by itself that its sign-in ends soon. */
import { expect, test } from '@jest/globals';
import { stepBase, totp } from '../../../src/preview/samples/sample-steps.ts';
import { sharedViews } from '../../support/shared/views.ts';

const renderer = sharedViews().pages;
const warned = (remaining: number): string | undefined =>
  /data-message="ending\.soon">([^<]+)</.exec(renderer.renderStep({ ...stepBase, remaining, step: totp }))?.[1];

test('a page announces the end from ten minutes before it, and the time is right however long the page was on its way', () => {
  expect(warned(3600)).toBeUndefined();
  expect(warned(600)).toBeUndefined();
  expect(warned(599)).toMatch(/^This sign-in expires in less than 10 minutes\./);
  expect(warned(480)).toMatch(/in less than 8 minutes\./);
  expect(warned(60)).toMatch(/in less than 1 minute\./);
  expect(warned(1)).toMatch(/in less than 1 minute\./);
});

test('a page on which nothing is left to do has no time limit', () => {
  const denied = renderer.renderStep({
    ...stepBase,
    remaining: 60,
    step: { kind: 'denied', reason: 'rule', notices: [] },
  });
  expect(denied).not.toMatch(/ending/);
});
