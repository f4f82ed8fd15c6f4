/** The analysis supposes of browsers what is read from their headers. */
import { expect, test } from '@jest/globals';
import { systemsOfPlatform } from '../../../../../src/core/policy/conditions/device.ts';
import { deviceOf } from '../../../../../src/user-agent.ts';

const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36';
const headers = [
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit}`,
  `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit}`,
  `Mozilla/5.0 (X11; Linux x86_64) ${webkit}`,
  `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webkit}`,
  `Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) ${webkit}`,
  `Mozilla/5.0 (Linux; Android 15; Pixel 9) ${webkit}`,
  `Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) ${webkit}`,
  'curl/8.0',
];

test('each platform has the systems that its browsers can name, and no others', () => {
  const described = headers.map(deviceOf).map(({ platform, os }) => `${platform} ${os}`);
  const supposed = Object.entries(systemsOfPlatform).flatMap(([platform, systems]) =>
    systems.map((os) => `${platform} ${os}`),
  );
  expect(described.toSorted()).toEqual(supposed.toSorted());
});
