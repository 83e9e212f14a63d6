import type { HttpConfig } from "../app/http_settings.ts";
import type { MainContext } from "../app/lifecycle.ts";
import { describeError } from "../base/errors.ts";
import { isLoopback } from "../base/loopback.ts";
import { randomName } from "../base/random.ts";
import { sleepUnlessAborted } from "../feed/pacer.ts";
import type { HttpServer, ListenOptions, ServerTls } from "../http/exchange/listen.ts";
import type { Metrics } from "../http/metrics/metrics.ts";
import type { PeerAccess } from "../http/peers/peer_access.ts";
import { type OperationsOptions, serveOperations } from "../http/exchange/operations_server.ts";
import type { LiveView } from "../http/ports.ts";
import { type HttpServerOptions, type InstanceServer, serveHttp } from "../http/server/server.ts";
import { type HttpFiles, readTls } from "./http_files.ts";

/** How often it is looked whether the certificate was renewed, ms. */
const renewalLookMs = 30_000;

/** Settings of a program that serves HTTP. */
export interface ServingConfig extends HttpConfig {
  readonly httpPort: number;
  readonly httpAdvertisedUrl?: string | undefined;
  readonly httpPeerUrl?: string | undefined;
}

/** What a program serves with. */
export interface Serving {
  readonly config: ServingConfig;
  readonly context: MainContext;
  readonly files: HttpFiles;
  readonly metrics: Metrics;
}

/** The HTTP surface of a program whose view may come later. */
export async function serveView(
  serving: Serving,
  view: LiveView,
  peers: PeerAccess,
): Promise<InstanceServer> {
  const run = randomName(serving.context.random);
  return kept(serving, await serveHttp({ ...optionsOf(serving), view, peers, run }));
}

/** Metrics and health of a program that has nothing else to show. */
export async function serveHealth(
  serving: Serving,
  health: OperationsOptions["health"],
): Promise<HttpServer> {
  return kept(serving, await serveOperations({ ...optionsOf(serving), health }));
}

function optionsOf(
  { config, context: { clock, logger }, files: { token, tls }, metrics }: Serving,
): ListenOptions & Pick<HttpServerOptions, "access"> {
  const { httpHost: host, httpPort: port } = config;
  const urls = [config.httpAdvertisedUrl, config.httpPeerUrl].flatMap((url) => url ?? []);
  const named = urls.map((url) => new URL(url).hostname);
  const hosts = [host, ...config.httpAllowedHosts, ...named];
  return { host, port, tls, metrics, clock, logger, access: { hosts, token } };
}

function kept<S extends HttpServer>({ config, context, files }: Serving, server: S): S {
  const { token, tls } = files;
  if (token !== undefined && tls === undefined && !isLoopback(config.httpHost)) {
    const message = "The token and all answers can be read on the way: HTTP_TLS_CERT_FILE and " +
      "HTTP_TLS_KEY_FILE encrypt them, or a proxy before this server";
    context.logger.warn(message, { host: config.httpHost });
  }
  if (tls !== undefined) void renew(server, tls, { config, context });
  return server;
}

/** Uses a renewed certificate as soon as both of its files have changed. */
async function renew(
  server: HttpServer,
  shown: ServerTls,
  { config, context: { clock, logger, signal } }: Pick<Serving, "config" | "context">,
): Promise<void> {
  let [cert, problem] = [shown.cert, ""];
  while (await sleepUnlessAborted(clock, renewalLookMs, signal)) {
    try {
      const tls = await readTls(config, clock);
      if (tls === undefined || tls.cert === cert) continue;
      server.renew(tls);
      [cert, problem] = [tls.cert, ""];
      logger.info("Using a renewed certificate");
    } catch (error) {
      const found = describeError(error);
      if (found !== problem) logger.warn("Cannot renew the certificate", { problem: found });
      problem = found;
    }
  }
}
