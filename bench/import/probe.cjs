// A Lambda's start in a process of its own: loads a bundle, has it handle one connection, and tells how long both took.
const [, , bundle, event] = process.argv;
const begun = performance.now();
const { handler } = require(bundle);
const loaded = performance.now();
handler(JSON.parse(event), {}, () => {}).then(({ statusCode }) => {
	const handled = performance.now();
	process.send({ statusCode, load: loaded - begun, handled: handled - begun });
});
