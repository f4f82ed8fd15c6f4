/** Authenticators that a change switches on again: accounts may have them from an earlier revision. */
import type { AuthenticatorKind } from '../../../policy/model/authenticator-kind.ts';
import type { Settings } from '../../../policy/model/settings.ts';
import type { Revisions } from '../../../policy/revision/revisions.ts';
import { snapshotOfDocuments } from '../../../policy/revision/snapshot.ts';
import type { ComparedConfiguration } from '../diff/compared/compared-configuration.ts';

interface Change {
  readonly active: ComparedConfiguration;
  readonly next: ComparedConfiguration;
}

/** Earlier revisions are not read; every authenticator may then have been on. */
const mostRevisions = 1_000;

/** Keys. An earlier revision that this release cannot read may have had them all. */
export async function enabledEarlier(
  revisions: Pick<Revisions, 'history' | 'documentsOf'>,
  { active, next }: Change,
  authenticators: readonly AuthenticatorKind[],
): Promise<readonly string[]> {
  const before = enabledIn(active.snapshot.settings);
  const open = new Set(enabledIn(next.snapshot.settings).filter((key) => !before.includes(key)));
  const found = new Set<string>();
  if (open.size === 0) return [];
  const history = await revisions.history(mostRevisions);
  if (history.length === mostRevisions) return [...open];
  for (const { revision, changed } of history) {
    if (!changed.includes('settings')) continue;
    const keys = await enabledAt(revision, revisions, authenticators);
    if (keys === undefined) return [...open];
    for (const key of keys) if (open.has(key)) found.add(key);
  }
  return [...found];
}

async function enabledAt(
  revision: number,
  revisions: Pick<Revisions, 'documentsOf'>,
  authenticators: readonly AuthenticatorKind[],
): Promise<readonly string[] | undefined> {
  try {
    const { settings } = await snapshotOfDocuments(await revisions.documentsOf(revision), authenticators);
    return enabledIn(settings);
  } catch {
    return undefined;
  }
}

function enabledIn({ authenticators }: Settings): readonly string[] {
  return Object.entries(authenticators).flatMap(([key, { enabled }]) => (enabled ? [key] : []));
}
