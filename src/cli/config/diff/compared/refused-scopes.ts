/** Which scopes and claims an app cannot request (`client.scope`), if that differs between two configurations. */
import type { RefusedNames, RefusedParts } from '../../../../core/analysis/comparison/deciding-together.ts';
import { scopesOf } from '../../../../core/policy/claim-scopes.ts';
import type { App } from '../../../../policy/model/app.ts';
import type { ComparedConfiguration } from './compared-configuration.ts';

interface AskingApp {
  readonly app: App;
  readonly side: ComparedConfiguration;
}

/** Undefined if there is no difference. Scopes that stepgate.yaml does not declare are not refused. */
export function refusedParts(active: AskingApp, next: AskingApp): RefusedParts | undefined {
  const [then, now] = [refusedScopes(active), refusedScopes(next)];
  if (then.length === now.length && then.every((scope) => now.includes(scope))) return undefined;
  const either = [...new Set([...then, ...now])].sort();
  return { active: withClaims(either, active), next: withClaims(now, next) };
}

function refusedScopes({ app, side }: AskingApp): readonly string[] {
  const asked = app.client.scope?.split(/\s+/);
  return asked === undefined
    ? []
    : Object.keys(side.snapshot.settings.scopes).filter((scope) => !asked.includes(scope));
}

/** A claim that only these scopes release counts as not requested (decision 122). */
function withClaims(scopes: readonly string[], { side }: AskingApp): RefusedNames {
  const released = side.snapshot.settings.scopes;
  const claims = [...new Set(Object.values(released).flat())];
  return {
    scopes,
    claims: claims.filter((claim) => scopesOf(claim, released).every((scope) => scopes.includes(scope))),
  };
}
