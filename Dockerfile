# PostgreSQL's official image with fivetrex.
#
#   docker build -t fivetrex .
#   docker build -t fivetrex --build-arg PG_MAJOR=18 .
#
# Any PostgreSQL from 15; compose.yaml sets a server up and adds the mock API.

ARG PG_MAJOR=17

FROM postgres:${PG_MAJOR} AS build
ARG PG_MAJOR
RUN apt-get update && apt-get install -y --no-install-recommends \
    gcc libc6-dev make libcurl4-openssl-dev libssl-dev postgresql-server-dev-${PG_MAJOR}
COPY . /fivetrex
RUN make -C /fivetrex -j2 PG_CONFIG=/usr/lib/postgresql/${PG_MAJOR}/bin/pg_config install DESTDIR=/root/fivetrex

FROM postgres:${PG_MAJOR}
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libcurl4 && rm -rf /var/lib/apt/lists/*
COPY --from=build /root/fivetrex /
