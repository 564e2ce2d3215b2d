// A Lambda's start in a process of its own: loads a bundle, has it handle one connection, and tells how long both took.
const [, , bundle, event] = process.argv;
const begun = performance.now();
/** As Lambda does: modules by `import`, everything else by `require`. */
const loading = bundle.endsWith(".mjs") ? import(bundle) : Promise.resolve(require(bundle));
loading.then(async ({ handler }) => {
	const loaded = performance.now();
	const { statusCode } = await handler(JSON.parse(event), {}, () => {});
	const handled = performance.now();
	process.send({ statusCode, load: loaded - begun, handled: handled - begun });
});
