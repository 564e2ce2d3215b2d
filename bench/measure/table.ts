export interface Table {
	readonly title?: string;
	readonly columns: readonly string[];
	readonly rows: readonly (readonly (string | number)[])[];
}

/** A table in Markdown, its columns aligned. */
export function markdown({ title, columns, rows }: Table): string {
	const cells = [columns, ...rows.map((row) => row.map(shown))];
	const widths = columns.map((_, i) => Math.max(3, ...cells.map((row) => row[i]?.length ?? 0)));
	const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
	const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
	const [head = [], ...body] = cells;
	return `${title ? `**${title}**\n\n` : ""}${[line(head), rule, ...body.map(line)].join("\n")}\n`;
}

/** Three digits that count, or all of a whole number. */
function shown(value: string | number): string {
	if (typeof value === "string") return value;
	if (!Number.isFinite(value)) return "–";
	const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
	return Number.isInteger(value)
		? value.toLocaleString("en-US")
		: Number(value.toFixed(digits)).toLocaleString("en-US");
}
