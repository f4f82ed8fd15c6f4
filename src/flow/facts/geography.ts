/** Distances between places on earth. */

export type Kilometres = number;

interface Coordinates {
  /** In degrees. */
  readonly latitude: number;
  readonly longitude: number;
}

/** Mean radius of the earth (IUGG). */
const radius: Kilometres = 6371;

/**
 * The distance along the surface in whole kilometres, by the haversine formula. Undefined if one of the places is
 * unknown.
 */
export function kilometresBetween(
  one: Coordinates | undefined,
  other: Coordinates | undefined,
): Kilometres | undefined {
  if (one === undefined || other === undefined) return undefined;
  const [latitude, otherLatitude] = [radians(one.latitude), radians(other.latitude)];
  const north = Math.sin((otherLatitude - latitude) / 2) ** 2;
  const east = Math.sin(radians(other.longitude - one.longitude) / 2) ** 2;
  const share = Math.min(1, north + Math.cos(latitude) * Math.cos(otherLatitude) * east);
  return Math.round(2 * radius * Math.asin(Math.sqrt(share)));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
