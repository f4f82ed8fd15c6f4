/** The file of passkey models of this machine: what it does not know cannot be enrolled. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { analysis } from '../../../../src/policy/analysis/findings/analyse.ts';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import { noteFound } from '../../../support/values/found-codes.ts';
import { validFiles, withConfiguration } from '../support/configuration-dir.ts';

const known = 'ee882879-721c-4913-9775-3dfcce97072a';
const revoked = 'cb69481e-8ff7-4039-93ec-0a2729a154a8';
const unknown = '2fc0579f-8113-47ea-b116-bb5a8db9202a';
const whole = JSON.stringify({
  entries: [
    { aaguid: known, metadataStatement: {} },
    { aaguid: revoked, metadataStatement: {}, statusReports: [{ status: 'REVOKED' }] },
  ],
});

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stepgate-models-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Code, line and column of what is found about the file, with this content, and the models that are named. */
async function findingsFor(content: string, { aaguids = [known], models = [known] } = {}) {
  const metadata = join(dir, 'mds.json');
  await writeFile(metadata, content);
  const files = {
    ...validFiles,
    'stepgate.yaml': `brand: { name: Test }\nauthenticators:\n  webauthn:\n    enabled: true\n    metadata: ${metadata}\n    aaguids: [${aaguids.join(', ')}]\n`,
    'policies/enrollment.yaml': `rules:\n  - name: All\n    then:\n      optional: [webauthn]\n      models: { webauthn: [${models.join(', ')}] }\n`,
  };
  return withConfiguration(files, async (configuration) => {
    const loaded = await loadConfiguration(configuration, { authenticators: authenticatorKinds, variables: {} });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
    const { findings } = await analysis(loaded, { authenticators: authenticatorKinds, now: 1_800_000_000 });
    noteFound(findings);
    const about = findings.filter(({ code }) => code.startsWith('metadata_') || code === 'unknown-model');
    return about.map(({ code, file, line, column, text }) => [code, `${file}:${line}`, text.slice(column - 1)]);
  });
}

test('a file that knows all models is not reported', async () => {
  expect(await findingsFor(whole)).toEqual([]);
});

test.each([
  ['cut', whole.slice(0, -5)],
  ['of another kind', '{}'],
  [
    'with a broken certificate',
    JSON.stringify({ entries: [{ aaguid: known, metadataStatement: { attestationRootCertificates: ['x'] } }] }),
  ],
  ['empty', ''],
])('a file that is %s is reported once', async (_, content) => {
  expect(await findingsFor(content)).toEqual([
    ['metadata_file_damaged', 'stepgate.yaml:5', expect.stringMatching(/mds\.json$/)],
  ]);
});

test('models that it does not know, or lists as revoked, are reported where they are named', async () => {
  const found = await findingsFor(whole, { aaguids: [known, revoked], models: [unknown] });
  expect(found).toEqual([
    ['unknown-model', 'policies/enrollment.yaml:5', expect.stringMatching(`^${unknown}`)],
    ['unknown-model', 'stepgate.yaml:6', expect.stringMatching(`^${revoked}`)],
  ]);
});
