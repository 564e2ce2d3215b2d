import { isUtf8 } from "node:buffer";
import { type Finding, mismatch, unsafe } from "./Finding.js";

/** Tab, line feed, form feed and carriage return are text; other control characters aren't. */
const BINARY = /[^\P{Cc}\t\n\f\r\u0080-\u009f]/u;
/** As far as browsers look to tell what a file is. */
const SNIFFED = 2_048;
/** How a file begins that browsers take for a page (WHATWG MIME sniffing), or readers for a document. */
const BEGINS_AS_OTHER =
	/^\s*(?:<(?:!doctype|!--|\?xml|(?:html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|svg|img|link|meta)[\s>/])|%PDF-|%!PS|GIF8[79]a)/i;
const MARKUP = /<(?:html|script|iframe|svg)[\s>/]/i;

export function textFault(bytes: Buffer): Finding | undefined {
	if (!isUtf8(bytes)) return mismatch("This is no text in UTF-8.");
	const text = bytes.toString("utf8");
	if (BINARY.test(text)) return mismatch("There are control characters in the text.");
	const start = text.slice(0, SNIFFED);
	const isOther = BEGINS_AS_OTHER.test(start) || MARKUP.test(start);
	return isOther ? unsafe("The text could be taken for a web page, a picture or a document.") : undefined;
}
