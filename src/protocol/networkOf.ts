/** What counts as one address: of IPv6, what a household is given. */
export function networkOf(address: string): string {
	const mapped = address.replace(/^::ffff:(?=\d+\.)/i, "");
	if (!mapped.includes(":")) return mapped;
	const [head = "", tail] = mapped.split("::");
	const groups = head.split(":").filter(Boolean);
	const zeros = tail === undefined ? [] : ["0", "0", "0", "0"];
	return [...groups, ...zeros].slice(0, 4).join(":");
}
