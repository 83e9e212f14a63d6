import { spawn } from "node:child_process";

/** Milliseconds after which a Docker engine counts as absent. */
const ANSWER_TIMEOUT_MS = 5_000;

/** True when a Docker engine answers and its client has the compose command. */
export async function isDockerUsable(): Promise<boolean> {
  const answers = await Promise.all([
    succeeds("docker", ["info"]),
    succeeds("docker", ["compose", "version"]),
  ]);
  return answers.every(Boolean);
}

function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const child = spawn(command, [...args], { stdio: "ignore" });
  const timer = setTimeout(() => child.kill("SIGKILL"), ANSWER_TIMEOUT_MS);
  const end = (code: number | null) => {
    clearTimeout(timer);
    resolve(code === 0);
  };
  child.once("error", () => end(null));
  child.once("exit", end);
  return promise;
}
