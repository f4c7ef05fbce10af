# Wismo in a container. Not run by the project's own tests (no engine there); tests/test_deploy.py checks it by reading.
FROM python:3.11.14-slim-bookworm AS build

# PyTorch's CPU index: its default build brings over 2 GB of CUDA libraries that Wismo does not use.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/wismo \
 && /opt/wismo/bin/pip install --index-url "$TORCH_INDEX" torch==2.13.0
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY agent agent
COPY api api
COPY connectors connectors
COPY eval eval
COPY knowledge knowledge
COPY tools tools
RUN /opt/wismo/bin/pip install -c constraints.txt . \
 && WISMO_HOME=/tmp/home /opt/wismo/bin/wismo setup \
 && rm -rf /tmp/home

FROM python:3.11.14-slim-bookworm

RUN groupadd --system --gid 10001 wismo \
 && useradd --system --uid 10001 --gid wismo --no-create-home --shell /usr/sbin/nologin wismo \
 && install -d -o wismo -g wismo -m 0700 /var/lib/wismo
COPY --from=build /opt/wismo /opt/wismo
ENV PATH=/opt/wismo/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    WISMO_HOME=/var/lib/wismo \
    WISMO_HOST=0.0.0.0
USER 10001:10001
WORKDIR /var/lib/wismo
VOLUME /var/lib/wismo
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["wismo"]
CMD ["serve"]
