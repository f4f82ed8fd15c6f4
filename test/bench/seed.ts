/** Puts into a store what a benchmark needs: the demo's configuration with apps of its own, and users. */
import { authenticatorKinds } from '../../src/authenticators/index.ts';
import { passwordCredential } from '../../src/authenticators/password/credential.ts';
import { createKeyring } from '../../src/oidc/keys/keyring.ts';
import { loadConfiguration } from '../../src/policy/load.ts';
import { type Document, type Documents, documentKey } from '../../src/policy/model/documents.ts';
import { findingLine } from '../../src/policy/model/finding.ts';
import { Revisions } from '../../src/policy/revision/revisions.ts';
import { openRedis } from '../../src/stores/redis/redis.ts';
import { releaseSchema } from '../../src/stores/schema.ts';
import { createState } from '../../src/stores/store-state.ts';
import { Directory } from '../../src/users/directory/directory.ts';
import { algorithms, clientIdOf, clientMetadata, identifierOf, users } from './servers/scenario.ts';

export interface Seed {
  readonly url: string;
  /** In front of all keys. Default: the one of the server. */
  readonly prefix?: string;
  /** Hash of every user's password; absent: there are no users. */
  readonly passwordHash?: string;
  /** Apps that no user signs in to. */
  readonly otherApps?: number;
}

export async function seed({ url, prefix, passwordHash, otherApps = 0 }: Seed): Promise<void> {
  const store = openRedis({ url, ...(prefix === undefined ? {} : { prefix }) });
  const documents = await documentsWith(otherApps);
  await createState(store, releaseSchema);
  await createKeyring(store, Math.floor(Date.now() / 1000));
  await new Revisions(store, { authenticators: authenticatorKinds }).apply(documents, { by: 'bench' });
  if (passwordHash !== undefined) {
    const directory = new Directory(store, () => Math.floor(Date.now() / 1000));
    for (let user = 0; user < users; user += 1) {
      const email = identifierOf(user);
      await directory.create({
        identifiers: [email],
        profile: { displayName: 'Some User', email, emailVerified: true },
        groups: ['staff'],
        credentials: [passwordCredential(passwordHash)],
      });
    }
  }
  await store.close();
}

async function documentsWith(otherApps: number): Promise<Documents> {
  const loaded = await loadConfiguration('config', { authenticators: authenticatorKinds, variables: {} });
  if (!loaded.ok) throw new Error(loaded.findings.map(findingLine).join('\n'));
  const apps = [
    ...algorithms.map((algorithm) => app(clientIdOf(algorithm), clientMetadata(algorithm))),
    ...Array.from({ length: otherApps }, (_, number) => app(`other-${number}`, clientMetadata('ES256'))),
  ];
  return new Map([...loaded.documents, ...apps.map((each) => [documentKey('app', each.name), each] as const)]);
}

function app(clientId: string, client: ReturnType<typeof clientMetadata>): Document {
  const content = { clientId, name: clientId, firstParty: true, signOnPolicy: 'notes', client };
  return { kind: 'app', name: clientId, file: `apps/${clientId}.yaml`, ruleLines: [], content };
}
