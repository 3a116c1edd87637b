FROM python:3.13-slim

# Celery would otherwise fall back to the settings of one machine.
ENV DJANGO_SETTINGS_MODULE=chongqing_dte.settings.production \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /srv/portal

# What certificates are set in.
RUN apt-get update && apt-get install -y --no-install-recommends fonts-noto-cjk && rm -rf /var/lib/apt/lists/*

COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes --requirement requirements.txt

COPY . .
# Collecting files needs settings and no secret: these values end with this line.
RUN DJANGO_SECRET_KEY=none FIELD_KEYS=none HASH_KEY=none BANK_REFERENCE_KEY=none CREDENTIAL_KEYS=none \
    PORTAL_ORIGIN=none ALLOWED_HOSTS=none \
    DATABASE_URL=postgres://none/none REDIS_URL=redis://none/0 \
    python manage.py collectstatic --no-input

# The named volumes take over the owner of these folders.
RUN useradd --system --uid 10001 portal && mkdir -p /srv/bank/outbox /srv/bank/inbox /srv/messages/sms /srv/messages/mail \
    && chown -R portal /srv/bank /srv/messages
USER portal

EXPOSE 8000
CMD ["gunicorn", "chongqing_dte.wsgi", "--bind", "0.0.0.0:8000"]
