/** Which scopes and claims an app cannot request (`client.scope`), if that differs between two configurations. */
import type { RefusedParts } from '../../../../core/analysis/comparison/deciding-together.ts';
import type { App } from '../../../../policy/model/app.ts';
import { refusedNames, refusedScopes } from '../../../../policy/revision/refused-scopes.ts';
import type { ComparedConfiguration } from './compared-configuration.ts';

interface AskingApp {
  readonly app: App;
  readonly side: ComparedConfiguration;
}

/** Undefined if there is no difference. */
export function refusedParts(active: AskingApp, next: AskingApp): RefusedParts | undefined {
  const declared = { active: active.side.snapshot.settings.scopes, next: next.side.snapshot.settings.scopes };
  const then = refusedScopes(active.app, declared.active);
  const now = refusedScopes(next.app, declared.next);
  if (then.length === now.length && then.every((scope) => now.includes(scope))) return undefined;
  const either = [...new Set([...then, ...now])].sort();
  return {
    active: refusedNames(either, declared.active),
    next: refusedNames(now, declared.next),
  };
}
