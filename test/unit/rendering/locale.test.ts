import { describe, expect, test } from '@jest/globals';
import { localeChooser, localeOf } from '../../../src/rendering/locale.ts';

describe('the language of a page', () => {
  const choose = localeChooser(['en', 'de']);

  test.each([
    [{}, 'en'],
    [{ acceptLanguage: 'de-AT,de;q=0.9,en;q=0.8' }, 'de'],
    [{ acceptLanguage: 'en;q=0.5, de;q=0.9' }, 'de'],
    [{ acceptLanguage: 'fr, pt-BR;q=0.9' }, 'en'],
    [{ acceptLanguage: 'fr, de;q=0.1' }, 'de'],
    [{ acceptLanguage: 'de;q=0, en' }, 'en'],
    [{ acceptLanguage: 'de;q=nonsense, en;q=0.1' }, 'en'],
    [{ acceptLanguage: '*' }, 'en'],
    [{ acceptLanguage: '*, de' }, 'de'],
    [{ acceptLanguage: 'DE' }, 'de'],
    [{ acceptLanguage: 'is, de;q=0.5' }, 'de'],
    [{ uiLocales: 'fr-CA de en', acceptLanguage: 'en' }, 'de'],
    [{ uiLocales: 'xx', acceptLanguage: 'de' }, 'de'],
    [{ acceptLanguage: '../../etc/passwd,__proto__;q=1,;;;,=' }, 'en'],
    [{ acceptLanguage: `${'x,'.repeat(5000)}de` }, 'en'],
  ])('%j gives %s', (wishes, locale) => {
    expect(choose(wishes)).toBe(locale);
    expect(choose(wishes)).toBe(locale);
  });

  test.each([
    ['pt-BR', ['en', 'pt', 'pt-BR'], 'pt-BR'],
    ['pt-PT', ['en', 'pt-BR'], 'pt-BR'],
    ['zh-TW', ['en', 'zh', 'zh-Hant'], 'zh-Hant'],
    ['zh-Hant-HK', ['en', 'zh', 'zh-Hant'], 'zh-Hant'],
    ['zh-CN', ['en', 'zh-Hant', 'zh'], 'zh'],
    ['de-AT', ['en', 'de', 'de-CH'], 'de'],
    ['nb', ['en', 'da'], 'en'],
    ['is', ['en', 'de'], 'en'],
  ])('the wish %s, of %j, gives %s', (wish, available, locale) => {
    expect(localeChooser(available)({ uiLocales: wish })).toBe(locale);
  });

  test('more different wishes than are remembered change no answer', () => {
    for (let index = 0; index < 1200; index += 1) choose({ uiLocales: `x-${index} de` });
    expect(choose({ uiLocales: 'x-7 de' })).toBe('de');
  });
});

test.each([
  ['en', 'ltr'],
  ['de-AT', 'ltr'],
  ['ar', 'rtl'],
  ['he', 'rtl'],
  ['fa-IR', 'rtl'],
  ['uz-Arab', 'rtl'],
  ['uz', 'ltr'],
  ['zh-Hant', 'ltr'],
])('%s runs %s', (tag, dir) => {
  expect(localeOf(tag)).toEqual({ tag, dir });
});
