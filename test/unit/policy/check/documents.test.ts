/** The configuration files that the documents show are good ones, and load without a problem. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import { findingLine } from '../../../../src/policy/model/finding.ts';
import { validFiles, withConfiguration } from '../support/configuration-dir.ts';

const root = join(import.meta.dirname, '../../../..');

/** Where an example would lie, by the schema that it names. */
const places: Readonly<Record<string, (content: { clientId?: string; name?: string }) => string>> = {
  settings: () => 'stepgate.yaml',
  app: ({ clientId }) => `apps/${clientId}.yaml`,
  session: () => 'policies/session.yaml',
  'sign-on': ({ name }) => `policies/sign-on/${name}.yaml`,
  profile: ({ name }) => `policies/profile/${name}.yaml`,
  service: ({ name }) => `policies/service/${name}.yaml`,
  enrollment: () => 'policies/enrollment.yaml',
  password: () => 'policies/password.yaml',
  recovery: () => 'policies/recovery.yaml',
  account: () => 'policies/account.yaml',
  invariants: () => 'invariants.yaml',
  // `policy-tests.test.ts` runs them.
  tests: () => 'tests/example.yaml',
};

const chapters = (await readdir(join(root, 'docs')))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const texts = await Promise.all(
  ['README.md', 'CONTRIBUTING.md', ...chapters].map(async (path) => ({
    path,
    text: await readFile(join(root, path), 'utf8'),
  })),
);

const examples = texts.flatMap(({ path: document, text: whole }) =>
  [...whole.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => {
    const schema = /^# yaml-language-server: \$schema=\S*?([\w-]+)\.schema\.json\n/.exec(text)?.[1] ?? '';
    return { document, schema, text, path: places[schema]?.(parse(text)) ?? '' };
  }),
);

test('every example names its schema', () => {
  expect(examples.filter(({ path }) => path === '').map(({ document, text }) => ({ document, text }))).toEqual([]);
});

test('there are examples of each kind', () => {
  expect(new Set(examples.map(({ schema }) => schema))).toEqual(new Set(Object.keys(places)));
});

test('no two examples show different files of one name', () => {
  const named = examples.filter(({ schema }) => ['app', 'sign-on', 'profile', 'service'].includes(schema));
  const different = named.filter((example) =>
    named.some(({ path, text }) => path === example.path && text !== example.text),
  );
  expect(different.map(({ document, path }) => `${document}: ${path}`)).toEqual([]);
});

test.each(examples)('$document: $path', async ({ path, schema, text }) => {
  // What policies and apps refer to is among the others, as in a real directory; settings may lack what those need.
  const related = examples.filter(
    (example) => ['app', 'sign-on', 'service'].includes(example.schema) && schema !== 'settings',
  );
  const others = Object.fromEntries(related.map((example) => [example.path, example.text]));
  const phone = 'phone: { enabled: true, methods: [sms, voice], countries: [DE] }';
  const enabled = `authenticators: { webauthn: { enabled: true }, email: { enabled: true }, ${phone} }\n`;
  const gateway = 'webhook: { url: https://gateway.example.org, secretEnv: SECRET }';
  const gateways = `sms: { ${gateway} }\nvoice: { ${gateway} }\n`;
  const mail = 'mail: { from: no-reply@example.org, smtp: { host: mail.example.org } }\n';
  const api = 'resources: [{ indicator: "https://orders.example.org", scopes: [orders.read] }]\n';
  const networkFiles = 'networkData: { country: /var/lib/geoip/GeoLite2-City.mmdb }\n';
  const devices = 'deviceSignals: { proxy: { proxies: [10.0.0.7] }, assurances: { healthy: { signals: [good] } } }\n';
  const proxies = 'clientCertificates: { proxies: [10.0.0.0/24] }\n';
  const files = {
    ...validFiles,
    ...picturesNamedIn([text, ...Object.values(others)].join('\n')),
    'stepgate.yaml': validFiles['stepgate.yaml'] + enabled + mail + gateways + api + networkFiles + devices + proxies,
    ...others,
    [path]: text,
  };
  const loaded = await withConfiguration(files, (dir) =>
    loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {} }),
  );
  expect(loaded.ok ? [] : loaded.findings.map(findingLine)).toEqual([]);
});

/** A small picture for each file that a brand names. */
function picturesNamedIn(text: string): Readonly<Record<string, string>> {
  const names = text.match(/(?<!\w)brand\/[\w.-]+\.svg/g) ?? [];
  return Object.fromEntries(names.map((name) => [name, '<svg xmlns="http://www.w3.org/2000/svg"/>']));
}

test('the chapter on authenticators lists each of them, and whether it is on from the start', async () => {
  const chapter = texts.find(({ path }) => path === 'docs/authenticators.md')?.text ?? '';
  const listed = [...chapter.matchAll(/^\| `(\w+)` \|.*\| (on|off) \|$/gm)].map(([, key, state]) => [
    key,
    state === 'on',
  ]);
  const real = authenticatorKinds.map(({ key, settings }) => [
    key,
    (settings.parse(undefined) as { enabled: boolean }).enabled,
  ]);
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(real));
});
