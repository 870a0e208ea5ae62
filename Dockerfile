# Pointsman in a container, beside an application or as a service of its own:
#
#   docker build -t pointsman .
#   docker run -p 6450:6450 -e POINTSMAN_PRIMARY=mysql://app:secret@db1:3306 -e POINTSMAN_REPLICAS=db2:3306 pointsman
#   docker run -p 6450:6450 -v ./pointsman.json:/etc/pointsman/pointsman.json:ro pointsman
#   docker run pointsman check --config FILE (or any other command)
#
# Nothing in it depends on the processor: build it for others with `docker buildx build --platform linux/amd64,linux/arm64`.
#
# It writes no files: --read-only, --cap-drop ALL and any user work. Secrets: ${file:/run/secrets/x} in the configuration.
#
# Stopping: it drains for up to `drain.timeout` (25 s). Docker waits only 10 s of its own accord: `docker stop --time 30`.
# Kubernetes waits 30 s.
#
# Admin (health, metrics, API) listens on the container's own 127.0.0.1:6480: the health check below, `docker exec`, and in Kubernetes
# the other containers of the pod reach it. For others, set in the configuration `admin.metricsAddress` ("0.0.0.0:6481": health and
# metrics, no token), or `admin.address` ("0.0.0.0:6480": everything, with `admin.token`).
# A configuration that moves `admin.address` to another port also wants POINTSMAN_HEALTH_URL set.

FROM node:24-bookworm-slim AS build
WORKDIR /pointsman
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
# What the packages bring beside their programs is of no use at run time.
RUN npm run build \
 && rm -f dist/.tsbuildinfo \
 && npm sbom --omit=dev --sbom-format=cyclonedx > sbom.cdx.json \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -f node_modules/.package-lock.json \
 && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name '*.map' -o -iname '*.md' -not -iname 'license*' \) -delete

FROM node:24-bookworm-slim
WORKDIR /app
COPY --from=build /pointsman/package.json ./
COPY --from=build /pointsman/node_modules node_modules
COPY --from=build /pointsman/dist dist
# What is inside: CycloneDX. `docker run --rm --entrypoint cat pointsman /app/sbom.cdx.json`
COPY --from=build /pointsman/sbom.cdx.json ./
ENV NODE_ENV=production \
    POINTSMAN_HEALTH_URL=http://127.0.0.1:6480/healthz
# A number, so that an orchestrator can see that it is not root; the account needs no entry in /etc/passwd.
USER 10001:10001
EXPOSE 6450 6446 6447 6480
STOPSIGNAL SIGTERM
# /healthz, not /readyz: a proxy that holds statements while there is no server, or that drains, must not be killed for it.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(process.env.POINTSMAN_HEALTH_URL, { signal: AbortSignal.timeout(4000) }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["start"]
