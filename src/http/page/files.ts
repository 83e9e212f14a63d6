import addressJs from "./address.js" with { type: "text" };
import apiJs from "./api.js" with { type: "text" };
import appJs from "./app.js" with { type: "text" };
import candlePagesJs from "./candle_pages.js" with { type: "text" };
import chartDataJs from "./chart_data.js" with { type: "text" };
import chartScaleJs from "./chart_scale.js" with { type: "text" };
import chartJs from "./chart.js" with { type: "text" };
import colorsCss from "./colors.css" with { type: "text" };
import connectionJs from "./connection.js" with { type: "text" };
import coverageJs from "./coverage.js" with { type: "text" };
import domJs from "./dom.js" with { type: "text" };
import formatJs from "./format.js" with { type: "text" };
import freshnessJs from "./freshness.js" with { type: "text" };
import healthJs from "./health.js" with { type: "text" };
import historiesJs from "./histories.js" with { type: "text" };
import iconSvg from "./icon.svg" with { type: "text" };
import indexHtml from "./index.html" with { type: "text" };
import loginCss from "./login.css" with { type: "text" };
import loginHtml from "./login.html" with { type: "text" };
import marketCss from "./market.css" with { type: "text" };
import marketJs from "./market.js" with { type: "text" };
import narrowCss from "./narrow.css" with { type: "text" };
import readoutJs from "./readout.js" with { type: "text" };
import resolutionPickerJs from "./resolution_picker.js" with { type: "text" };
import sparkJs from "./spark.js" with { type: "text" };
import sparklineJs from "./sparkline.js" with { type: "text" };
import stageJs from "./stage.js" with { type: "text" };
import styleCss from "./style.css" with { type: "text" };
import symbolListJs from "./symbol_list.js" with { type: "text" };
import tapeJs from "./tape.js" with { type: "text" };
import themeJs from "./theme.js" with { type: "text" };
import windowJs from "./window.js" with { type: "text" };
import zoneJs from "./zone.js" with { type: "text" };

/**
 * What the page is made of, by name. Imported as text: part of the program, no read permission,
 * embedded by `deno compile`.
 */
export const pageFiles: Readonly<Record<string, string>> = {
  "address.js": addressJs,
  "api.js": apiJs,
  "app.js": appJs,
  "candle_pages.js": candlePagesJs,
  "chart.js": chartJs,
  "chart_data.js": chartDataJs,
  "chart_scale.js": chartScaleJs,
  "colors.css": colorsCss,
  "connection.js": connectionJs,
  "coverage.js": coverageJs,
  "dom.js": domJs,
  "format.js": formatJs,
  "freshness.js": freshnessJs,
  "health.js": healthJs,
  "histories.js": historiesJs,
  "icon.svg": iconSvg,
  "index.html": indexHtml,
  "login.css": loginCss,
  "login.html": loginHtml,
  "market.css": marketCss,
  "market.js": marketJs,
  "narrow.css": narrowCss,
  "readout.js": readoutJs,
  "resolution_picker.js": resolutionPickerJs,
  "spark.js": sparkJs,
  "sparkline.js": sparklineJs,
  "stage.js": stageJs,
  "style.css": styleCss,
  "symbol_list.js": symbolListJs,
  "tape.js": tapeJs,
  "theme.js": themeJs,
  "window.js": windowJs,
  "zone.js": zoneJs,
};
