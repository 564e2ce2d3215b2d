export function bundleTypeScript(entry: string, outfile: string): Promise<void>;
