/** What is unusual about a sign-in, by the options of `explain`. */
import type { Facts } from '../../core/model/facts.ts';
import { riskSignals } from '../../core/model/risk.ts';
import { riskOf, withImplied } from '../../core/policy/values/risk.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { knownName, refusal } from '../shared/options/refusal.ts';
import type { FactOptions } from './fact-options.ts';

/** Scores these signals by the points of the settings, together with the signals that always occur beside them. */
export function unusualFromOptions(
  { risk = [], distance: far }: FactOptions,
  device: Facts['device'],
  { settings }: Snapshot,
): Pick<Facts, 'risk' | 'distance'> {
  const given = risk.map((name) => knownName('signal', name, riskSignals));
  if (far !== undefined && far !== 'nowhere' && !/^\d{1,5}$/.test(far))
    throw refusal(`--distance takes kilometres, or nowhere, not ${far}`);
  const ofNewDevices = given.find((signal) => signal === 'newDevice' || signal === 'recentFailures');
  if (device.known && ofNewDevices !== undefined)
    throw refusal(`a known device has no ${ofNewDevices}, which counts for other browsers only`);
  const distance = far === undefined || far === 'nowhere' ? far : Number(far);
  const isFar = distance !== undefined && distance !== 0;
  const signals = withImplied(isFar ? [...given, 'newNetwork'] : given, device);
  return {
    ...(signals.length > 0 && { risk: riskOf(signals, [], settings.risk) }),
    ...(distance !== undefined && { distance }),
  };
}
