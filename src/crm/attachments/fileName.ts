import { RouterError } from "../../protocol/errors.js";
import { LIMITS } from "../../protocol/limits.js";
import { type ContentType, FILE_TYPES } from "./fileTypes.js";

/** What separates folders, or can't be in a name on some system. */
const FORBIDDEN = /[/\\:*?"<>|\p{Cc}\p{Surrogate}]/u;
/** Invisible: some turn the order of what follows, so that a name reads as if it ended otherwise. */
const INVISIBLE = /[\p{Cf}\p{Zl}\p{Zp}]/gu;
/** What systems run. Before the ending they'd show as the only one where endings are hidden, or be served by it. */
const RUNNABLE = /\.(?:exe|bat|cmd|scr|pif|msi|vbs|ps1|hta|jar|php|html?|svg)(?=\.)/i;

/**
 * A file's name as it's shown: never as it's stored. Throws `file_name_invalid`, or `file_type_forbidden` where its ending
 * isn't one of its type.
 */
export function displayName(fileName: string, contentType: ContentType): string {
	if (FORBIDDEN.test(fileName)) throw invalid("holds a character that names of files mustn't");
	const name = fileName.normalize("NFC").replace(INVISIBLE, "").replace(/\s+/g, " ").trim();
	if (name.length > LIMITS.nameLength) throw invalid(`is over ${LIMITS.nameLength} characters`);
	const dot = name.lastIndexOf(".");
	if (name === "" || dot === 0 || name.startsWith("..")) throw invalid("has nothing before its ending");
	if (RUNNABLE.test(name)) throw invalid("has a program's or a page's ending before the last one");
	const { extensions } = FILE_TYPES[contentType];
	if (dot > 0 && extensions.some((each) => each === name.slice(dot + 1).toLowerCase())) return name;
	const endings = extensions.map((each) => `.${each}`).join(" or ");
	throw new RouterError(
		"file_type_forbidden",
		`fileName: the name of a file of type ${contentType} ends with ${endings}.`,
	);
}

function invalid(what: string): RouterError {
	return new RouterError("file_name_invalid", `fileName ${what}.`);
}
