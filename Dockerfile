# The image brings Node itself, so the packages that bring it to a developer's machine are left out.
ARG NODE_VERSION=24.21.0

FROM node:${NODE_VERSION}-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build
RUN npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
RUN mkdir data

FROM node:${NODE_VERSION}-slim
WORKDIR /app
ENV NODE_ENV=production
ENV CONFIG_DIR=/app/config
ENV DATA_DIR=/app/data
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# `npm run stepgate -- ...` works here, too: what is built is not built again.
COPY --from=build /app/scripts/build.mjs ./scripts/
COPY views ./views
# The example configuration. Mount your own over it.
COPY config ./config
# Only the embedded store writes, and only here.
COPY --from=build --chown=node:node /app/data ./data
USER node
VOLUME /app/data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 3000}/readyz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=8", "dist/main.js", "serve"]
