import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { localeChooser, localeOf } from '../../../src/rendering/locale.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

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
    ['de-AT', ['en', 'de-CH', 'de'], 'de'],
    ['de-CH', ['en', 'de', 'de-CH'], 'de-CH'],
    ['nb', ['en', 'da'], 'en'],
    ['is', ['en', 'de'], 'en'],
  ])('the wish %s, of %j, gives %s', (wish, available, locale) => {
    expect(localeChooser(available)({ uiLocales: wish })).toBe(locale);
  });

  test('more different wishes than are cached change no answer', () => {
    for (let index = 0; index < 1200; index += 1) choose({ uiLocales: `x-${index} de` });
    expect(choose({ uiLocales: 'x-7 de' })).toBe('de');
  });
});

describe('wishes from outside', () => {
  /** Bytes in use after wishes that are all different, each with a language that is there. */
  function growth(count: number): number {
    const choose = localeChooser(['en', 'de', 'zh', 'zh-Hant']);
    const ask = (from: number) => {
      for (let index = from; index < from + count; index += 1) {
        const script = [26 ** 3, 26 ** 2, 26, 1].map((place) => String.fromCharCode(97 + (((index / place) | 0) % 26)));
        choose({ acceptLanguage: `zh-${script.join('')}-x-a${index}, en-x-${'a'.repeat(8)}-b${index}` });
      }
    };
    ask(0);
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    ask(count);
    collectGarbage();
    return process.memoryUsage().heapUsed - before;
  }

  test('leave nothing behind', () => {
    expect(growth(2000)).toBeLessThan(400_000);
  });

  test('that are longer than a tag can sensibly be are dropped', () => {
    const choose = localeChooser(['en', 'de']);
    expect(choose({ acceptLanguage: `de-u-${'abc-'.repeat(1000)}abc` })).toBe('en');
    expect(choose({ acceptLanguage: 'de-Latn-DE-1996-x-abcdefgh-abcdefgh' })).toBe('de');
    expect(choose({ acceptLanguage: 'de-Latn-DE-1996-x-abcdefgh-abcdefgh1' })).toBe('en');
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
