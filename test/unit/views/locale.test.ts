import { expect, test } from '@jest/globals';
import { chooseLocale } from '../../../src/http/html/locale.ts';

const available = ['en', 'de'];

test.each([
  [{}, 'en'],
  [{ acceptLanguage: 'de-AT,de;q=0.9,en;q=0.8' }, 'de'],
  [{ acceptLanguage: 'en;q=0.5, de;q=0.9' }, 'de'],
  [{ acceptLanguage: 'fr, pt-BR;q=0.9' }, 'en'],
  [{ acceptLanguage: 'fr, de;q=0.1' }, 'de'],
  [{ acceptLanguage: 'de;q=0, en' }, 'en'],
  [{ acceptLanguage: 'de;q=nonsense, en;q=0.1' }, 'en'],
  [{ acceptLanguage: '*' }, 'en'],
  [{ acceptLanguage: 'DE' }, 'de'],
  [{ uiLocales: 'fr-CA de en', acceptLanguage: 'en' }, 'de'],
  [{ uiLocales: 'xx', acceptLanguage: 'de' }, 'de'],
  [{ acceptLanguage: '../../etc/passwd,__proto__;q=1,;;;,=' }, 'en'],
  [{ acceptLanguage: `${'x,'.repeat(5000)}de` }, 'en'],
])('%j gives %s', (wishes, locale) => {
  expect(chooseLocale(available, wishes)).toBe(locale);
});
