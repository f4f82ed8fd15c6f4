/** What a server does while it starts and while it goes down. */
import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createLogger } from '../../../src/log.ts';
import { type Serving, serve } from '../../../src/serve.ts';
import { until } from '../../support/values/until.ts';
import { validFiles, withConfiguration } from '../../unit/policy/support/configuration-dir.ts';

interface Started extends Serving {
  readonly configDir: string;
  readonly lines: readonly string[];
}

/** `onLine` is called with each line of the log as it is written. */
async function withServer(
  use: (started: Started) => Promise<void>,
  { shutdownDelay = 0, onLine = (_line: string, _configDir: string): void => undefined } = {},
): Promise<void> {
  await withConfiguration(validFiles, async (configDir) => {
    const dataDir = `${configDir}-data`;
    const lines: string[] = [];
    const log = createLogger((line) => {
      lines.push(line);
      onLine(line, configDir);
    });
    const serving = await serve({
      ...{ port: 0, host: '127.0.0.1', issuer: 'http://localhost', variables: {}, shutdownDelay },
      ...{ dataDir, configDir, log },
    });
    let stopped: Promise<void> | undefined;
    const stop = () => {
      stopped ??= serving.stop();
      return stopped;
    };
    try {
      await use({ ...serving, configDir, lines, stop });
    } finally {
      await stop();
      await rm(dataDir, { recursive: true });
    }
  });
}

const applied = (lines: readonly string[]) => lines.filter((line) => line.includes('"configuration applied"')).length;

test('files that change while a server starts, once it has read them, are applied', async () => {
  const edited = String(validFiles['stepgate.yaml']).replace('Test', 'Edited');
  const onLine = (line: string, configDir: string) => {
    if (line.includes('"revision":1') && line.includes('"configuration applied"'))
      writeFileSync(join(configDir, 'stepgate.yaml'), edited);
  };
  await withServer(({ lines }) => until('the change is applied', () => applied(lines) === 2), { onLine });
});

test('a server that goes down is not ready, however that is asked', async () => {
  const asked = ['/readyz', '/readyz/', '/readyz?from=probe', '/READYZ'];
  await withServer(
    async ({ port, stop }) => {
      const stopped = stop();
      const answers = asked.map(async (path) => {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`);
        return [path, answer.status, answer.headers.get('connection'), await answer.json()];
      });
      const expected = { status: 'not_ready', reason: 'shutting_down' };
      expect(await Promise.all(answers)).toEqual(asked.map((path) => [path, 503, 'close', expected]));
      await stopped;
    },
    { shutdownDelay: 5 },
  );
});
