/** Stands for `form-data` in the functions, which post no forms. */
export default class NoForms {
	constructor() {
		throw new Error("Functions post no forms.");
	}
}
