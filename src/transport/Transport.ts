/** Where a connection is: its id, and where a connection lives behind an address of its own (API Gateway), that address. */
export interface Address {
	readonly connection: string;
	/** E.g. `https://<api>.execute-api.<region>.amazonaws.com/<stage>`. */
	readonly url?: string;
}

/** `gone`: the peer has closed, or the connection never was; nothing more will reach it. That's no error. */
export type PostResult = "sent" | "gone";

/**
 * How frames reach connections. Frames posted to one connection one after the other (each after the answer of the
 * one before) arrive in that order, or not at all. The contract's suite is `transportSuite` in `stentor-chat-router/testing`.
 */
export interface Transport {
	/**
	 * Whether the transport learns what its peers received. If so it calls `onConfirmed` with the newest `mark` that
	 * has arrived; marks of one connection are confirmed in the order of their posts, some may be left out.
	 */
	readonly confirms: boolean;
	onConfirmed?: (connection: string, mark: unknown) => void;
	/**
	 * Hands a frame over; answers at once where nothing must be waited for. Throttling is waited out within bounds. Rejects
	 * with a `RouterError`: `frame_too_large` over 128 KB, `transport_failed` when it's unknown whether the frame arrived.
	 */
	post(to: Address, frame: string, mark?: unknown): PostResult | Promise<PostResult>;
	/**
	 * Ends a connection from our side, by this close code (default 1000) where the transport can give one. Closing what is
	 * gone is fine.
	 */
	disconnect(to: Address, reason: string, code?: number): Promise<void>;
	/** Closes what this transport opened itself. */
	close(): Promise<void>;
}
