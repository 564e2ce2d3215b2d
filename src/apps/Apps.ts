/** One customer-facing application: which bot answers, what its widget looks like. */
export interface App {
	/** Letters, digits and _ . - only. Begins the key of every record of this app. */
	readonly id: string;
	/** The bot that answers first. Without one, visitors wait for a person. */
	readonly bot?: BotSettings;
	/** The widget's settings, handed to the page as they are. */
	readonly widget?: Readonly<Record<string, unknown>>;
	/** After how many days a closed conversation is erased. Default: what holds for all apps; without that, never. */
	readonly retentionDays?: number;
}

export interface BotSettings {
	/** Where Stentor requests are posted to. */
	readonly url: string;
	/** Sent as `Authorization: Bearer <key>`. */
	readonly key?: string;
	/** How the bot is called in a conversation. Default `"Bot"`. */
	readonly name?: string;
	/** The address of its picture. */
	readonly avatar?: string;
}

/** Finds the settings of an app. */
export interface Apps {
	/**
	 * The app; undefined if there's none of this id. `id` undefined asks for the app of single-app deployments. It's asked for
	 * every frame: what is known is better answered at once.
	 */
	get(id: string | undefined): App | undefined | Promise<App | undefined>;
	/** Every app there is, for work that visits all of them. */
	list(): Promise<readonly App[]>;
}

/** The form of an app's id. */
export const APP_ID = /^[\w.-]{1,64}$/;
