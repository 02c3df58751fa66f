# The image of posbot: photos and PostgreSQL included, the shipped knowledge trained, no compiler, not root.
# Runs with a read-only root; writes only to /data (SQLite) and, if it can, to /cache (trained models).
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PYTHONDONTWRITEBYTECODE=1
WORKDIR /src
COPY requirements-build.lock requirements-run.lock ./
RUN python -m venv /opt/posbot \
    && pip install --require-hashes --only-binary :all: -r requirements-build.lock \
    && /opt/posbot/bin/pip install --require-hashes --only-binary :all: -r requirements-run.lock
COPY pyproject.toml README.md LICENSE faq.yaml ./
COPY bot ./bot
COPY intents ./intents
RUN pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/posbot/bin/pip install --no-deps dist/*.whl \
    && /opt/posbot/bin/python -m compileall -q /opt/posbot/lib \
    && XDG_CACHE_HOME=/cache /opt/posbot/bin/python -c 'from intents.load import understand; understand()'

FROM python:3.11-slim
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin posbot \
    && install -d -o posbot -g posbot -m 0700 /data
COPY --from=build /opt/posbot /opt/posbot
COPY --from=build --chown=10001:10001 /cache /cache
ENV PATH=/opt/posbot/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 XDG_CACHE_HOME=/cache \
    POSBOT_DATABASE=/data/posbot.db POSBOT_LISTEN=0.0.0.0:8080 POSBOT_LOG=json
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=7s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8080, timeout=6); c.request('GET', '/readyz'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["posbot"]
CMD ["run"]
