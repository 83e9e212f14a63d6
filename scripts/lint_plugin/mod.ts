/** Rules of this repository for `deno lint`; wired in deno.json. */
import { functionLength } from "./function_length.ts";
import { importDirection } from "./import_direction.ts";
import { noAmbient } from "./ambient.ts";
import { noDefaultExport } from "./no_default_export.ts";
import { packageHome } from "./package_home.ts";
import { saysByteOrderMark } from "./says_byte_order_mark.ts";

const plugin: Deno.lint.Plugin = {
  name: "pipeline",
  rules: {
    "import-direction": importDirection,
    "package-home": packageHome,
    "no-ambient": noAmbient,
    "no-default-export": noDefaultExport,
    "function-length": functionLength,
    "says-byte-order-mark": saysByteOrderMark,
  },
};

export default plugin;
