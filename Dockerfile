# One image for every service of docker-compose.yml, which says what each runs.
FROM python:3.11-slim AS build
RUN pip install --no-cache-dir uv==0.13.9
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /opt/loopmart
COPY pyproject.toml uv.lock README.md ./
# the packages alone first: this layer stays until the lock changes
RUN uv sync --locked --no-default-groups --group pull --no-install-project
COPY src ./src
RUN uv sync --locked --no-default-groups --group pull

FROM python:3.11-slim
RUN useradd --uid 10001 --create-home loopmart \
 && install --directory --owner=loopmart --group=loopmart --mode=0755 /var/lib/loopmart \
 && install --directory --owner=loopmart --group=loopmart --mode=0700 /var/lib/loopmart-keys
COPY --from=build /opt/loopmart /opt/loopmart
WORKDIR /opt/loopmart
COPY audiences ./audiences
COPY config ./config
COPY contracts ./contracts
COPY dags ./dags
COPY dbt_project ./dbt_project
COPY expectations ./expectations
COPY scripts ./scripts
ENV PATH=/opt/loopmart/.venv/bin:$PATH \
    PYTHONPATH=/opt/loopmart/config \
    PYTHONUNBUFFERED=1 \
    LOOPMART_PROJECT=/opt/loopmart \
    LOOPMART_HOME=/var/lib/loopmart \
    LOOPMART_TOKEN_KEY_FILE=/var/lib/loopmart-keys/token.key \
    AIRFLOW_HOME=/var/lib/loopmart/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/loopmart/dags
USER loopmart
VOLUME ["/var/lib/loopmart", "/var/lib/loopmart-keys"]
