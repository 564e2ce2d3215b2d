import { onChromium } from "../support/chromium.js";
import { visitorSuite } from "./visitorSuite.js";

await onChromium((browser) => visitorSuite(browser, (stage) => stage.server()));
