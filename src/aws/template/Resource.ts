/** CloudFormation resources by their logical ids. */
export type Resources = Readonly<Record<string, Resource>>;

export interface Resource {
	readonly Type: string;
	readonly DeletionPolicy?: string;
	readonly UpdateReplacePolicy?: "Retain";
	readonly Properties: object;
}
