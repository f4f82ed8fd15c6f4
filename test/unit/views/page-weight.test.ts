/** A page stays light in every language, with a brand, and needs no script for its first paint. */
import { describe, expect, test } from '@jest/globals';
import { largestLogos } from '../../../src/http/html/assets/logo-styles.ts';
import { pageStates } from '../../support/pages/page-states.ts';
import { weighState } from '../../support/pages/page-weight.ts';
import { sharedViews } from '../../support/shared/views.ts';

const renderer = sharedViews().pages;
const mostRequests = 6;
/** Room for what users and operators write: names of apps, addresses, texts of their own (bytes). */
const reserve = 2048;

/** A user with hundreds of entries has a longer page. */
const states = [...pageStates].filter(([name]) => !/hostile|long|many|inbox/.test(name));

describe.each(renderer.locales)('in %s', (locale) => {
  const drawn = states.map(([name, draw]) => ({ name, ...weighState(renderer, draw, locale) }));

  test('a page leaves 2 KB of its 30 KB with the largest brand', () => {
    const heavy = drawn.filter(({ left }) => left < reserve).map(({ name, left }) => ({ name, left }));
    expect(heavy).toEqual([]);
  });

  test('the list of apps has room for as many logos as fit on one sheet', () => {
    const withLogos = drawn.filter(({ logos }) => logos > 0);
    expect(withLogos.map(({ name }) => name)).toEqual(['account-apps-with-logos']);
    expect(withLogos.filter(({ left, logos }) => left + logos < largestLogos)).toEqual([]);
  });

  test('a page makes six requests at most, with all that a brand can have, and none of them leaves this host', () => {
    expect(drawn.some(({ requests }) => requests === mostRequests)).toBe(true);
    expect(drawn.filter(({ requests }) => requests > mostRequests).map(({ name }) => name)).toEqual([]);
    const leaving = drawn.filter(({ html }) =>
      /<(?:link|script|img|source)[^>]* (?:href|src|srcset)="(?!\/|data:|https:\/\/challenges\.example\/)/.test(html),
    );
    expect(leaving.map(({ name }) => name)).toEqual([]);
  });

  test('every script waits until the page is drawn', () => {
    const blocking = drawn.filter(({ html }) => /<script(?![^>]* defer)/.test(html));
    expect(blocking.map(({ name }) => name)).toEqual([]);
  });
});
