import { programs } from "../../src/app/programs.ts";
import { type Setting, settingName, settingsOf } from "../../src/app/setting.ts";

/** A setting, and the programs that describe it with the same words. */
export interface Variant {
  readonly setting: Setting<unknown>;
  readonly readers: string[];
}

/**
 * Every setting of the programs; where programs differ, each description with its programs, one
 * after the other.
 */
export function variants(): Variant[] {
  return [...Map.groupBy(allVariants(), ({ setting }) => settingName(setting)).values()].flat();
}

function allVariants(): Variant[] {
  const found: Variant[] = [];
  for (const program of programs) {
    for (const setting of settingsOf(program)) {
      const same = found.find((other) => words(other.setting) === words(setting));
      if (same === undefined) found.push({ setting, readers: [program.name] });
      else same.readers.push(program.name);
    }
  }
  return found;
}

function words(setting: Setting<unknown>): string {
  const { variable, option, meaning, form, defaultText, required } = setting;
  return JSON.stringify([variable, option, meaning, form, defaultText, required]);
}
