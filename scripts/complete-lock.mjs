// npm leaves the binaries of other platforms out of package-lock.json when its registry doesn't list them, and then
// `npm ci` finds the file incomplete. This adds them as their parent pins them. Run it after dependencies changed.
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const OS = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const CPU = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"];

for (const parent of Object.values(lock.packages)) {
	for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
		const place = `node_modules/${name}`;
		const words = name.split(/[/-]/);
		const os = words.find((word) => OS.includes(word));
		const cpu = words.find((word) => CPU.includes(word));
		if (lock.packages[place] || !os || !cpu) continue;
		const libc = os === "linux" && words.find((word) => /^(gnu|musl)/.test(word));
		lock.packages[place] = {
			version,
			cpu: [cpu],
			...(parent.dev && { dev: true }),
			...(libc && { libc: [libc.startsWith("gnu") ? "glibc" : "musl"] }),
			optional: true,
			os: [os],
		};
	}
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en"));
writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
