# The service alone: the database is a server of its own, named by DATABASE_URL.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
# First and from the index of CPU builds, or the dependencies bring gigabytes for graphics cards.
# Without what it depends on: that comes below, under the constraints.
RUN pip install --no-deps --index-url https://download.pytorch.org/whl/cpu torch==2.13.0
COPY pyproject.toml constraints.txt ./
# The dependencies before the source, so that a change of the source installs none of them again.
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > /tmp/wanted.txt \
    && pip install -c constraints.txt -r /tmp/wanted.txt
COPY README.md ./
COPY registry registry
COPY matching matching
COPY ingest ingest
# Editable: templates, scripts, fonts and tables are used where they lie, none can be left out.
RUN pip install -c constraints.txt --no-deps -e . \
    && python -m compileall -q registry matching ingest
ENV REGISTRY_DATA_FOLDER=/srv/registry
# Written out and loaded once here: a container starts with it, and its file system is read-only.
RUN python -c "from matching.encoder import load_encoder; from registry.config import Settings; s = Settings(); load_encoder(s.model, s.models_folder)"

FROM python:3.11-slim
# A number and a name that stay the same, because the volume of the indexes belongs to them.
RUN groupadd --gid 10001 registry \
    && useradd --uid 10001 --gid registry --no-create-home --home-dir /tmp \
       --shell /usr/sbin/nologin registry \
    && install -d -m 755 /srv/registry \
    && install -d -m 700 -o registry -g registry /srv/registry/index
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/registry/models /srv/registry/models
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    REGISTRY_DATA_FOLDER=/srv/registry
WORKDIR /app
USER 10001:10001
VOLUME /srv/registry/index
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=2m --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health', timeout=4)"]
# Without the variable the service would start an embedded database in the container, and lose it
# with the container. `exec`, so that signals reach the service and not the shell.
ENTRYPOINT ["/bin/sh", "-c", ": \"${DATABASE_URL:?name the PostgreSQL server in DATABASE_URL}\"; exec registry \"$@\"", "registry"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
