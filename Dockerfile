# The service on Debian 12, in two stages: what compiles does not ship.
#   docker build -t verdictcache . && docker run -p 8080:8080 -v verdicts:/var/lib/verdictcache verdictcache
FROM debian:12-slim AS build
WORKDIR /src
# The packages first, alone: a change of the code does not install them again.
COPY scripts/setup scripts/setup
RUN scripts/setup build
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY docs/openapi.json docs/openapi.json
COPY include include
COPY src src
RUN cmake --preset release -DBUILD_TESTING=OFF \
 && cmake --build --preset release --target verdictcache vcachectl \
 && strip build/release/verdictcache build/release/vcachectl

FROM debian:12-slim
# The list is scripts/setup's, so that scripts/check-image can compare it with what the program links.
RUN --mount=type=bind,source=scripts/setup,target=/mnt/setup \
    /mnt/setup runtime \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
 && groupadd --gid 10001 verdictcache \
 && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --shell /usr/sbin/nologin \
      --home-dir /var/lib/verdictcache verdictcache \
 && install -d -m 0750 -o 10001 -g 10001 /var/lib/verdictcache
COPY --from=build /src/build/release/verdictcache /src/build/release/vcachectl /usr/local/bin/
COPY scripts/healthcheck /usr/local/bin/verdictcache-healthcheck

# Numbers, so that platforms that refuse root can see that this is none.
USER 10001:10001
WORKDIR /var/lib/verdictcache
ENV CACHE_DIR=/var/lib/verdictcache
VOLUME /var/lib/verdictcache
EXPOSE 8080
STOPSIGNAL SIGTERM
# The check is a few lines of bash that Debian's image has; no HTTP client is installed for it.
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s --retries=3 \
  CMD ["verdictcache-healthcheck"]
# In exec form: the program is process 1 and gets the signals itself.
ENTRYPOINT ["verdictcache"]
