export const BROWSERS: readonly string[];
export function installSystemPackages(): Promise<string | undefined>;
