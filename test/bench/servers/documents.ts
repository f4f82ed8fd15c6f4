/** The demo's configuration with the apps of the benchmark, and with as many others as wanted. */
import { authenticatorTraits } from '../../../src/authenticators/index.ts';
import { type Document, type Documents, documentKey, problemLine } from '../../../src/policy/documents.ts';
import { loadConfiguration } from '../../../src/policy/load.ts';
import { algorithms, clientIdOf, clientMetadata } from './scenario.ts';

/** `others`: apps that nobody signs in to. */
export async function benchDocuments(others = 0): Promise<Documents> {
  const loaded = await loadConfiguration('config', { authenticators: authenticatorTraits, variables: {} });
  if (!loaded.ok) throw new Error(loaded.problems.map(problemLine).join('\n'));
  const apps = [
    ...algorithms.map((algorithm) => app(clientIdOf(algorithm), clientMetadata(algorithm))),
    ...Array.from({ length: others }, (_, number) => app(`other-${number}`, clientMetadata('ES256'))),
  ];
  return new Map([...loaded.documents, ...apps.map((each) => [documentKey('app', each.name), each] as const)]);
}

function app(clientId: string, client: ReturnType<typeof clientMetadata>): Document {
  const content = { clientId, name: clientId, firstParty: true, signOnPolicy: 'notes', client };
  return { kind: 'app', name: clientId, file: `apps/${clientId}.yaml`, ruleLines: [], content };
}
