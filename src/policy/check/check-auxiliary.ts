/**
 * Checks demands on auxiliary authenticators, which are too weak to stand for their factor type alone. Works on data
 * whose shape was not checked, so that all findings are reported at once.
 */
import { authenticatorIn } from '../../core/model/authenticator-name.ts';
import type { AuthenticatorDescriptor } from '../../core/model/facts.ts';
import type { Finding } from '../model/finding.ts';
import { type FoundValue, valuesAt } from '../source/values-at.ts';
import type { Path, YamlSource } from '../source/yaml-source.ts';

/** The authenticators that one step of a chain, or one demand, names. */
interface NamedStep {
  readonly path: Path;
  readonly named: readonly (FoundValue & { readonly descriptor: AuthenticatorDescriptor })[];
}

const alternatives = ['rules.*.then.allow', 'acrValues.*.requirement'].flatMap((pattern) => [
  pattern,
  `${pattern}.anyOf.*`,
]);

/**
 * Finds auxiliary authenticators that stand beside another one of their factor type, and those that would stand alone.
 */
export function checkAuxiliary(
  source: YamlSource,
  authenticators: readonly AuthenticatorDescriptor[],
): readonly Finding[] {
  const chains = valuesAt(source.content, '**.chains.*').map(({ value, path }) =>
    stepsAt(valuesAt(value, '*'), path, authenticators),
  );
  // Among several factor types, an auxiliary authenticator covers only one, so it does not stand alone there.
  const single = alternatives
    .flatMap((pattern) => valuesAt(source.content, pattern))
    .filter(({ value }) => valuesAt(value, 'factors').every((factors) => factors.value === 1))
    .map(({ value, path }) => stepsAt(valuesAt(value, 'knowledge|possession|inherence|any'), path, authenticators));
  return [...chains, ...single].flatMap((steps) => [
    ...redundantSteps(source, steps),
    ...standaloneAuxiliary(source, steps),
  ]);
}

function stepsAt(
  found: readonly FoundValue[],
  at: Path,
  authenticators: readonly AuthenticatorDescriptor[],
): readonly NamedStep[] {
  return found.map(({ path, value }) => ({
    path: [...at, ...path],
    named: valuesAt(value, 'authenticators.*').flatMap((name) => {
      const descriptor = authenticators.find(({ key }) => key === authenticatorIn(String(name.value)));
      return descriptor ? [{ ...name, path: [...at, ...path, ...name.path], descriptor }] : [];
    }),
  }));
}

function redundantSteps(source: YamlSource, steps: readonly NamedStep[]): readonly Finding[] {
  return steps.flatMap((step) =>
    step.named.flatMap(({ descriptor: { auxiliary, factors, key }, path }) => {
      const others = auxiliary ? steps.filter((besides) => besides !== step).flatMap(({ named }) => named) : [];
      const same = others.find(({ descriptor }) => factors.every((factor) => descriptor.factors.includes(factor)));
      if (same === undefined) return [];
      const other = `\`${same.descriptor.key}\` in line ${source.locationOf(same.path).line}`;
      return [
        source.finding(
          'authenticator_unfit',
          path,
          `\`${key}\` adds nothing beside ${other}: both are ${factors.join(' and ')}`,
        ),
      ];
    }),
  );
}

function standaloneAuxiliary(source: YamlSource, steps: readonly NamedStep[]): readonly Finding[] {
  const isAuxiliary = ({ named }: NamedStep) =>
    named.length > 0 && named.every(({ descriptor }) => descriptor.auxiliary);
  const [first] = steps;
  if (first === undefined || !steps.every(isAuxiliary)) return [];
  const names = [...new Set(first.named.map(({ descriptor }) => `\`${descriptor.key}\``))].join(' and ');
  return [
    source.finding(
      'authenticator_unfit',
      first.path,
      `${names} never signs a user in alone: ask for another factor type beside it`,
    ),
  ];
}
