import { systemRandom } from "../../src/base/random.ts";
import { isPortFree, type PortChoice } from "../../scripts/services/ports.ts";

/** Any free ports, none of them for two services of one test file. */
export const testPorts: PortChoice = {
  auto: true,
  taken: new Set(),
  isFree: isPortFree,
  random: systemRandom,
};
