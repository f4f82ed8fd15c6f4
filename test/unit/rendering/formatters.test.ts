/** Dates and lists as a reader of each language has them. */
import { expect, test } from '@jest/globals';
import { intlFormatters, knownZone, momentText } from '../../../src/rendering/formatters.ts';
import { loadTranslators } from '../../../src/rendering/translator.ts';
import { viewsDir } from '../../support/pages/page-states.ts';

test.each([
  ['en', 'Notes, Payroll, Wiki'],
  ['de', 'Notes, Payroll und Wiki'],
  ['ja', 'Notes、Payroll、Wiki'],
  ['zh-Hans', 'Notes、Payroll和Wiki'],
  ['tr', 'Notes, Payroll ve Wiki'],
  ['ar', 'Notes، وPayroll، وWiki'],
])('in %s a list is set apart as %s', (locale, words) => {
  expect(intlFormatters.getListFormat(locale).format(['Notes', 'Payroll', 'Wiki'])).toBe(words);
});

test('a moment is that of its zone, and names it; a day is that of UTC', () => {
  const at = 1_800_000_000;
  const words = (zone?: string) => momentText('en', at, zone === undefined ? {} : { zone }).replace(/\s/g, ' ');
  expect(words()).toBe('Jan 15, 2027, 8:00 AM UTC');
  expect(words('Pacific/Auckland')).toBe('Jan 15, 2027, 9:00 PM GMT+13');
  expect(momentText('en', at, { style: 'day', zone: 'Pacific/Kiritimati' })).toBe('January 15, 2027');
});

test.each([undefined, null, 7, '', 'Mars/Olympus', 'x'.repeat(100), '../../etc'])('%p is no zone', (zone) => {
  expect(knownZone(zone)).toBeUndefined();
});

test('readers in several zones do not get the times of one another', () => {
  const english = loadTranslators([viewsDir]).get('en');
  const inZone = (zone?: string) => english?.inZone(zone).momentHtml({ at: 1_800_000_000 });
  const tokyo = inZone('Asia/Tokyo');
  expect(inZone()).toContain('8:00');
  expect(inZone('America/New_York')).toContain('3:00');
  expect(inZone('Asia/Tokyo')).toBe(tokyo);
  expect(tokyo).toContain('data-local="Asia/Tokyo"');
});

test.each([...loadTranslators([viewsDir])])(
  'in %s, when something was added reads right with a relative time',
  (_, t) => {
    const params = { shows: 'none', name: '', address: '', added: { at: 0, now: 200_000 } };
    // Prepositions that go with a date, and not with "2 days ago".
    expect(t.text('account.authenticator.about', params)).not.toMatch(/ (?:on|am|le|el|il|em|op|w|dnia|في) /);
  },
);
