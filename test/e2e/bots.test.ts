import { onChromium } from "../support/chromium.js";
import { botSuite } from "./botSuite.js";
import { ownServer } from "./Stage.js";

await onChromium((browser) => botSuite(browser, ownServer));
