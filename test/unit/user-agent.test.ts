import { expect, test } from '@jest/globals';
import { browserText, deviceOf, maxUserAgentLength } from '../../src/user-agent.ts';

const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0';
const safari = 'AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0';

test.each([
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Safari/537.36`, 'windows', 'desktop', 'Chrome', 'Windows'],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Safari/537.36 Edg/140.0`,
    'windows',
    'desktop',
    'Edge',
    'Windows',
  ],
  [`Mozilla/5.0 (Windows NT 10.0) ${chrome} Safari/537.36 OPR/120.0.0.0`, 'windows', 'desktop', 'Opera', 'Windows'],
  [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${safari} Safari/605.1.15`, 'macos', 'desktop', 'Safari', 'macOS'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0', 'linux', 'desktop', 'Firefox', 'Linux'],
  [
    `Mozilla/5.0 (X11; Linux x86_64) ${chrome.replace('Chrome', 'HeadlessChrome')} Safari/537.36`,
    'linux',
    'desktop',
    'Chrome',
    'Linux',
  ],
  [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${chrome} Safari/537.36`, 'chromeos', 'desktop', 'Chrome', 'ChromeOS'],
  [
    `Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) ${safari} Mobile/15E148 Safari/604.1`,
    'ios',
    'mobile',
    'Safari',
    'iPhone',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/140.0 Mobile Safari/604.1',
    'ios',
    'mobile',
    'Chrome',
    'iPhone',
  ],
  [
    `Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) ${safari} Mobile/15E148 Safari/604.1`,
    'ios',
    'mobile',
    'Safari',
    'iPad',
  ],
  [`Mozilla/5.0 (Linux; Android 15; Pixel 9) ${chrome} Mobile Safari/537.36`, 'android', 'mobile', 'Chrome', 'Android'],
  [`Mozilla/5.0 (Linux; Android 14; SM-X710) ${chrome} Safari/537.36`, 'android', 'mobile', 'Chrome', 'Android'],
  [
    'Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36 EdgA/140.0',
    'android',
    'mobile',
    'Edge',
    'Android',
  ],
  [
    `Mozilla/5.0 (Linux; Android 15) SamsungBrowser/28.0 ${chrome} Mobile Safari/537.36`,
    'android',
    'mobile',
    'Samsung Internet',
    'Android',
  ],
  ['Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0', 'android', 'mobile', 'Firefox', 'Android'],
  ['curl/8.0 <script>', 'other', 'other', '', ''],
  ['Your account is locked/1.0 (call us)', 'other', 'other', '', ''],
  ['constructor', 'other', 'other', '', ''],
  ['', 'other', 'other', '', ''],
  [`${'x'.repeat(600)}Firefox/1 (X11; Linux)`, 'other', 'other', '', ''],
])('%s: %s, %s; in words %j on %j', (userAgent, os, platform, browser, system) => {
  expect(deviceOf(userAgent)).toEqual({ os, platform });
  expect(browserText(userAgent)).toEqual({ browser, system });
});

test('only the first 256 characters are read', () => {
  const end = ') Firefox/143.0';
  const header = (length: number) => `Mozilla/5.0 (X11; Linux; ${'x'.repeat(length - 25 - end.length)}${end}`;
  expect(maxUserAgentLength).toBe(256);
  expect(browserText(header(256))).toEqual({ browser: 'Firefox', system: 'Linux' });
  expect(browserText(header(300)).browser).toBe('');
});
