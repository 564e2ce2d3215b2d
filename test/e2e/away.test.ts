import { onChromium } from "../support/chromium.js";
import { awaySuite } from "./awaySuite.js";
import { ownServer } from "./Stage.js";

await onChromium((browser) => awaySuite(browser, ownServer));
