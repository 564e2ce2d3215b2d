import { RouterError } from "../../protocol/errors.js";
import type { Download } from "./answers.js";

/** An answer that is made while it's sent. */
export interface Streamed {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly chunks: AsyncGenerator<string>;
}

/** A download as an answer. Throws what comes before its first line. */
export async function streamed({ fileName, lines }: Download<unknown>, status: number): Promise<Streamed> {
	const iterator = lines[Symbol.asyncIterator]();
	const first = await iterator.next();
	const name = fileName.replace(/[^\w.-]/g, "_");
	const headers = {
		"Content-Type": "application/x-ndjson",
		"Content-Disposition": `attachment; filename="${name}"`,
	};
	return { status, headers, chunks: chunksOf(first, iterator) };
}

/** A line is made only when the one before is on its way; none after whoever reads is gone. `failed` is told why it's cut short. */
export function streamOf(chunks: Streamed["chunks"], failed: (error: unknown) => void): ReadableStream<Uint8Array> {
	return new ReadableStream<Uint8Array>(
		{
			async pull(controller) {
				try {
					const { done, value } = await chunks.next();
					if (done) controller.close();
					else controller.enqueue(Buffer.from(value));
				} catch (error) {
					failed(error);
					// Whoever serves it prints what it's given: that's for the log alone.
					controller.error(new RouterError("internal", "The answer was cut short."));
				}
			},
			async cancel() {
				await chunks.return(undefined);
			},
		},
		{ highWaterMark: 0 },
	);
}

async function* chunksOf(first: IteratorResult<unknown>, iterator: AsyncIterator<unknown>): AsyncGenerator<string> {
	try {
		for (let next = first; !next.done; next = await iterator.next()) yield `${JSON.stringify(next.value)}\n`;
	} finally {
		await iterator.return?.();
	}
}
