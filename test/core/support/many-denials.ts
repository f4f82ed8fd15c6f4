/** Long policies of rules that deny by an attribute, and of rules that allow. */
import type { Conditions } from '../../../src/core/model/conditions.ts';
import type { Rule } from '../../../src/core/model/policy.ts';
import { type CompiledPolicy, compilePolicy } from '../../../src/core/policy/rules/compile.ts';

const allow: Rule['then'] = { kind: 'allow', requirement: { anyOf: [{ factors: 1, demands: [] }] } };

/** That many denials, then as many rules that allow under these conditions, and one that allows all others. */
export function manyDenials(
  count: number,
  { allowed, allowsOthers }: { readonly allowed: (at: number) => Conditions; readonly allowsOthers?: boolean },
): CompiledPolicy {
  const each = Array.from({ length: count }, (_, at) => at);
  const denies = (at: number): Rule => ({
    name: `Deny ${at}`,
    when: { groups: { any: [`denied${at}`] }, attributes: { name: { equals: `value${at}` } } },
    then: { kind: 'deny' },
  });
  const allows = (at: number): Rule => ({ name: `Allow ${at}`, when: allowed(at), then: allow });
  const rest: readonly Rule[] = allowsOthers ? [{ name: 'Rest', when: {}, then: allow }] : [];
  return compilePolicy({ name: 'long', rules: [...each.map(denies), ...each.map(allows), ...rest] });
}

/** Conditions that exclude one another, which only a search sees. */
export const neverMet = (at: number): Conditions => ({
  groups: { any: [`group${at}`] },
  device: { known: false },
  risk: { none: ['newDevice'] },
});

export const inGroup = (at: number): Conditions => ({ groups: { any: [`group${at}`] } });

/** No value is known that a text attribute may have there. */
export const withoutExample = (at: number): Conditions => ({ attributes: { nick: { equals: `a*${at}` } } });
