export const browserPrograms: readonly string[];
export function installSystemPackages(): Promise<string | undefined>;
