# One image for the operator, drivers and executors: ./dev image. No shell, no package manager, no root.
#
# BASE is for machines without a registry: scripts/image.sh makes a Debian by debootstrap there.
ARG BASE=docker.io/library/debian:bookworm-slim
FROM ${BASE} AS tools
COPY scripts/packages.txt /tmp/packages.txt
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates tzdata ccache dpkg-dev libnghttp2-dev \
        $(awk '$1 == "build" {sub(/\|.*/, "", $2); print $2}' /tmp/packages.txt) \
 && rm -rf /var/lib/apt/lists/*
# libcurl and libmicrohttpd without what they would bring along: 14 MB.
COPY scripts/image_libraries.sh /tmp/image_libraries.sh
RUN /tmp/image_libraries.sh /opt/lean

FROM tools AS build
# x86-64-v3 (Haswell, Zen) unless said otherwise: x86-64-v2 runs on older machines, and slower.
ARG VONK_MARCH=
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/ccache \
    CCACHE_DIR=/ccache cmake -S . -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=gcc-12 \
        -DCMAKE_C_COMPILER_LAUNCHER=ccache -DVONK_TESTS=OFF -DVONK_WERROR=OFF "-DVONK_MARCH=${VONK_MARCH}" -DCMAKE_EXE_LINKER_FLAGS=-L/opt/lean/lib \
 && CCACHE_DIR=/ccache ninja -C /build
RUN scripts/image_collect.sh /build/bin /image /opt/lean/lib

FROM scratch
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="vonk" \
      org.opencontainers.image.description="SQL jobs in the architecture of Apache Spark: operator, driver, executor" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /image /
USER 65532:65532
WORKDIR /scratch
ENV TMPDIR=/scratch
ENTRYPOINT ["/usr/bin/vonk"]
