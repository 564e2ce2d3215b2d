import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";

const FEW_CORES = 2;

/**
 * Has the serving thread collect its garbage alone where there are few cores: V8's helpers would take their time from the
 * thread that writes, and be waited for.
 */
export function collectAlone(): void {
	if (availableParallelism() <= FEW_CORES) setFlagsFromString("--no-parallel-scavenge");
}
