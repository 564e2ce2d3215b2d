/** What is wrong with a file. */
export interface Finding {
	readonly code: "file_mismatch" | "file_unsafe";
	/** A sentence for whoever sent it. */
	readonly reason: string;
}

export function mismatch(reason: string): Finding {
	return { code: "file_mismatch", reason };
}

export function unsafe(reason: string): Finding {
	return { code: "file_unsafe", reason };
}
