import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import * as z from "zod/mini";

/** What a guess costs: `2 ** logN` × `r` × 128 bytes of memory, `p` times over. */
export interface ScryptCost {
	readonly logN: number;
	readonly r: number;
	readonly p: number;
}

/** 32 MB and some 200 ms a guess: what OWASP recommends where memory is scarce. */
export const SCRYPT_COST: ScryptCost = { logN: 15, r: 8, p: 3 };

/** The shortest that may be chosen; the longest, because hashing takes time of its length. */
export const password = z.string().check(z.minLength(10), z.maxLength(200));

const HASH_BYTES = 32;
const STORED = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]+)\$([\w-]+)$/;

/** A password as it's kept: with its salt, and what hashing it cost. */
export async function hashPassword(given: string, cost = SCRYPT_COST): Promise<string> {
	const salt = randomBytes(16);
	const hash = await derive(given, salt, cost);
	const { logN, r, p } = cost;
	return `$scrypt$ln=${logN},r=${r},p=${p}$${salt.toString("base64url")}$${hash.toString("base64url")}`;
}

/** Whether it's the password; `outdated`: kept at another cost than today's, to be hashed anew. */
export async function verifyPassword(
	given: string,
	stored: string,
	today = SCRYPT_COST,
): Promise<{ readonly matches: boolean; readonly outdated: boolean }> {
	const [, logN, r, p, salt = "", hash = ""] = stored.match(STORED) ?? [];
	if (!hash) return { matches: false, outdated: true };
	const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
	const expected = Buffer.from(hash, "base64url");
	const found = await derive(given, Buffer.from(salt, "base64url"), cost);
	const matches = found.length === expected.length && timingSafeEqual(found, expected);
	return { matches, outdated: cost.logN !== today.logN || cost.r !== today.r || cost.p !== today.p };
}

function derive(given: string, salt: Buffer, { logN, r, p }: ScryptCost): Promise<Buffer> {
	const options: ScryptOptions = { N: 2 ** logN, r, p, maxmem: 2 ** logN * r * 256 };
	return new Promise((resolve, reject) => {
		// The same letters, however they were typed.
		scrypt(given.normalize("NFKC"), salt, HASH_BYTES, options, (error, hash) =>
			error ? reject(error) : resolve(hash),
		);
	});
}
