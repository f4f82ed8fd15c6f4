/** Formats the explanation of a service for terminals. */
import type { ServiceExplanation } from '../../flow/explain.ts';
import { printable } from '../../policy/model/printable.ts';
import type { Paint } from '../shared/output/paint.ts';
import { zoneText } from '../shared/output/zone-text.ts';
import { denyReasonText } from './denial-text.ts';
import { layerLines } from './explain-text.ts';

/** `source`: describes the configuration. */
export function serviceText(explanation: ServiceExplanation, source: string, paint: Paint): string {
  const { app, at, network, scopes, layers, outcome, rule } = explanation;
  const rows: readonly (readonly [string, string])[] = [
    ...app.resources.map((resource) => ['may use', [resource.indicator, ...resource.scopes].join(' ')] as const),
    ['network', `${network.ip || 'no address'}, ${zoneText(network)}`],
    ['request', scopes.length === 0 ? 'no scope' : `scope ${scopes.join(' ')}`],
    ['time', new Date(at * 1000).toISOString().replace('.000', '')],
  ];
  const words = outcome.kind === 'allow' ? 'allow' : `deny: ${denyReasonText(outcome.reason)}`;
  const lines = [
    paint('bold', `Token for ${app.name} (${app.clientId}) as itself, by ${source}`),
    ...rows.map(([name, value]) => `  ${name.padEnd(9)} ${printable(value)}`),
    ...layers.flatMap((layer) => ['', ...layerLines(layer, paint)]),
    '',
    `${paint('bold', 'Outcome')}    ${words}`,
    rule === '' ? 'It has no service policy' : `Decided by ${rule}`,
  ];
  return lines.map((line) => line.trimEnd()).join('\n');
}
